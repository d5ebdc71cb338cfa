"""Gemma 2 and 3, which learnt no form of calls: the tools and the form are described to them. Pure logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine import Message, Role, Tool
from .llama3 import FENCE, BareCalls
from .turns import Scribe, as_json, function_of

_TOOLS = (
    "You can call functions. To call one, answer with nothing but "
    '{"name": function name, "parameters": dictionary of argument name and its value}, '
    "one line for each call. Otherwise answer in plain words. The functions:\n"
)
_USER = "<start_of_turn>user\n"
_MODEL = "<start_of_turn>model\n"
_END = "<end_of_turn>\n"


class Gemma3(BareCalls):
    """Turns of a user and of the model; there is none for a system message, nor for the results of calls."""

    name = "gemma3"
    opens_turn = True
    between = "\n"
    silent = ("<start_of_turn>", "<end_of_turn>")
    unwritten = (FENCE,)

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        self._open_turn(scribe)
        scribe.words(system).marks("\n\n" * bool(system))
        if tools:
            scribe.marks(_TOOLS)
            for tool in tools:
                scribe.words(as_json(function_of(tool)) + "\n")
            scribe.marks("\n")

    def _open_turn(self, scribe: Scribe) -> None:
        scribe.marks(_USER)

    def _user(self, scribe: Scribe, message: Message) -> None:
        if message.role is Role.USER:
            scribe.begin_content()
        else:
            scribe.marks(_USER)
        scribe.words(message.content).marks(_END)

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        del current
        between = "\n" if message.content and message.calls else ""
        scribe.marks(_MODEL).words(message.content + between + self._written(message)).marks(_END)

    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        scribe.marks(_USER)
        for message in messages:
            scribe.words(f"{calls.get(message.call_id, 'function')} returned {message.content}\n")
        scribe.marks(_END)

    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        del messages
        scribe.marks(_MODEL)
