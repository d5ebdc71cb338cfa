"""Which calls a JSON value is, in any of the shapes in which models write calls. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine import ToolCall
from .offered import Offered, is_telling
from .reader import Arguments, CutError, MalformedError, Reader

_NAMES = ("name", "tool", "tool_name", "function", "function_name", "action", "recipient_name")
_ARGUMENTS = ("arguments", "parameters", "args", "params", "input", "action_input", "tool_input", "kwargs")
_WRAPPERS = ("tool_calls", "tool_call", "function_call", "function", "calls", "actions", "tool_uses")
_ABOUT = frozenset({"id", "type", "index", "call_id", "thought", "reasoning", *_NAMES[1:], *_ARGUMENTS})


@dataclass
class Found:
    """Calls, and the names of those that nobody can execute."""

    calls: list[ToolCall] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.calls or self.broken)

    def add(self, offered: Offered, written: str, arguments: Arguments) -> None:
        """Add the call of a tool, or its name if it was not offered or a value fits nowhere."""
        tool = offered.find(written)
        try:
            if tool is None:
                raise MalformedError
            self.calls.append(offered.call(tool, arguments))
        except MalformedError:
            self.broken.append(written or "?")


def calls_in(value: Any, offered: Offered) -> Found:
    """Return the calls that a value is; nothing if it is something else."""
    found = Found()
    for name, arguments in _written(value, offered):
        found.add(offered, name, arguments)
    return found


def _written(value: Any, offered: Offered) -> Iterator[tuple[str, Arguments]]:
    if isinstance(value, list):
        for each in value:
            yield from _written(each, offered)
    elif isinstance(value, Mapping):
        yield from _in_object(value, offered)


def _in_object(value: Mapping[str, Any], offered: Offered) -> Iterator[tuple[str, Arguments]]:
    if inner := next((value[key] for key in _WRAPPERS if isinstance(value.get(key), Mapping | list)), None):
        yield from _written(inner, offered)
        return
    if value and all(map(offered.find, value)):
        for name, inner in value.items():
            yield name, _arguments(inner)
        return
    keys = [key for key in _NAMES if isinstance(value.get(key), str)]
    key = next((key for key in keys if offered.find(value[key])), keys[0] if keys else None)
    given = next((name for name in _ARGUMENTS if name in value), None)
    if key is not None and (given or offered.find(value[key]) or is_telling(value[key])):
        yield value[key], _arguments(value[given] if given else _others(value, key))
    elif value and offered.knows_one_of(value):
        yield "", Arguments()


def _others(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name != key and name not in _ABOUT}


def _arguments(written: Any) -> Arguments:
    if isinstance(written, str):
        written = _in_text(written)
    if isinstance(written, Mapping):
        return Arguments(dict(written))
    return Arguments(bare=tuple(written) if isinstance(written, list) else () if written is None else (written,))


def _in_text(text: str) -> Any:
    """Return the object that is written in a text, as OpenAI has it; else the text, or nothing."""
    try:
        return Reader(text, 0, final=True).value() if text.lstrip()[:1] in {"{", "["} else text.strip() or None
    except (CutError, MalformedError):
        return text
