"""A client's tools as a prompt shows them: Assist's in our words, whatever stands before their names. Pure logic.

Home Assistant puts the integration before a tool's name, and the API too where there are several: `intent__HassTurnOn`,
`assist__intent__HassTurnOn`. Rules, examples and the resolver speak of `HassTurnOn`, and so does the prompt; on the way
out a call gets the client's name again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..conversation.engine import Tool, ToolCall
from ..conversation.prompt.tools import ASSIST

TELLS_TIME = "GetDateTime"
"""Not shown: the time is in every prompt, and a small model would look it up all the same."""
_ASSIST_API = "assist__"


class ToolNames:
    """The names of the tools that came with a request: the client's, and those in the prompt."""

    def __init__(self, sent: Iterable[Tool]) -> None:
        by_shown: dict[str, Tool] = {}
        for tool in sorted(sent, key=_rank):
            suffix = suffix_of(tool.name)
            if suffix != TELLS_TIME:
                by_shown.setdefault(suffix if suffix in ASSIST and suffix not in by_shown else tool.name, tool)
        self._sent = by_shown
        self._shown = {tool.name: shown for shown, tool in by_shown.items()}

    @property
    def shown(self) -> frozenset[str]:
        """The names in the prompt of what may be called."""
        return frozenset(self._sent)

    def in_prompt(self, name: str) -> str:
        """Return the prompt's name of a tool, also of one that did not come with the request."""
        suffix = suffix_of(name)
        return self._shown.get(name) or (suffix if suffix in ASSIST else name)

    def outward(self, call: ToolCall) -> str:
        """Return the client's name of what is called."""
        tool = self._sent.get(call.name)
        return call.name if tool is None else tool.name

    def described(self, own: Sequence[Tool], seen: Iterable[Tool]) -> tuple[Tool, ...]:
        """Return the tools of the prompt, sorted by name; none if none came with the request.

        Args:
            own: All of Assist's that the home has a use for, as we describe them. The prompt has all of them as soon
                as the client uses Assist: which of them a satellite has does not change it.
            seen: Tools that were ever sent; those that are not Assist's are described as they came.
        """
        if not self._sent:
            return ()
        others: Mapping[str, Tool] = {
            **{tool.name: tool for tool in seen if suffix_of(tool.name) not in {*ASSIST, TELLS_TIME}},
            **{shown: tool for shown, tool in self._sent.items() if shown not in ASSIST},
        }
        assist = own if any(name in ASSIST for name in self._sent) else ()
        return tuple(sorted((*assist, *others.values()), key=lambda tool: tool.name))


def suffix_of(name: str) -> str:
    """Return a tool's name without what Home Assistant puts before it."""
    return name.rpartition("__")[2]


def _rank(tool: Tool) -> tuple[bool, int, str]:
    """Put first what is Assist's own, where another API has tools of the same names: a second Home Assistant's."""
    return not tool.name.startswith(_ASSIST_API), tool.name.count("__"), tool.name
