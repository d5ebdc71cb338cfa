"""Calls out of the pieces in which servers send them, each in its own way. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..engine import ToolCall


@dataclass
class _Call:
    name: str
    index: int | None
    call_id: str
    text: str = ""
    given: bool = False
    parsed: Mapping[str, Any] | None = field(default=None)
    """Arguments that came as an object."""

    @property
    def arguments(self) -> Mapping[str, Any] | None:
        return self.parsed if self.parsed is not None else parse_arguments(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether nothing can follow: `{}` may still be a placeholder."""
        return bool(self.arguments)


class CallAssembler:
    """Puts calls together.

    A delta belongs to the call with its index, or its id where there is no index, or the last one. It begins
    another call if it brings another id or name, or the same name again after arguments that were complete.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    @property
    def broken(self) -> bool:
        """Whether a call has arguments that are none, or no name."""
        return any(not call.name or call.arguments is None for call in self._calls)

    def feed(self, deltas: Sequence[Mapping[str, Any]]) -> Iterator[ToolCall]:
        """Yield the calls that are complete because others follow."""
        for delta in deltas:
            self._add(delta)
        for call in self._calls[:-1]:
            if not call.given and not (call.name and call.is_whole):
                return
            yield from self._give(call)

    def end(self) -> Iterator[ToolCall]:
        """Yield the rest of the calls; those that are broken are none."""
        for call in self._calls:
            yield from self._give(call)

    def _give(self, call: _Call) -> Iterator[ToolCall]:
        arguments = call.arguments
        if not call.given and call.name and arguments is not None:
            call.given = True
            yield ToolCall(call.name, arguments, call.call_id)

    def _add(self, delta: Mapping[str, Any]) -> None:
        function = delta.get("function")
        function = function if isinstance(function, dict) else {}
        index, call_id, name = _index(delta.get("index")), _text(delta.get("id")), _text(function.get("name")).strip()
        call = self._find(index, call_id)
        if call is None or _begins_another(call, call_id, name):
            call = _Call(name, index, call_id)
            self._calls.append(call)
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            call.parsed = arguments
        else:
            call.text += _text(arguments)

    def _find(self, index: int | None, call_id: str) -> _Call | None:
        if index is not None:
            return next((call for call in reversed(self._calls) if call.index == index), None)
        same = (call for call in self._calls if call_id and call.call_id == call_id)
        return next(same, self._calls[-1] if self._calls else None)


def _begins_another(call: _Call, call_id: str, name: str) -> bool:
    if not name:
        return False
    if call_id and call.call_id:
        return call_id != call.call_id
    return name != call.name or call.parsed is not None or (bool(call.text) and call.arguments is not None)


def _index(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def parse_arguments(text: str) -> dict[str, Any] | None:
    """Return the arguments of a call; nothing is none of them, and None what is no object.

    Some servers write JSON into a JSON string, and some `{}` before they write what they mean.
    """
    value = _parse(text)
    if isinstance(value, str):
        value = _parse(value)
    if value is _BROKEN and text.lstrip().startswith("{}"):
        value = _parse(text.lstrip().removeprefix("{}"))
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


_BROKEN = object()


def _parse(text: str) -> Any:
    if not text.strip():
        return None
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half characters, no NaN
    except (ValueError, RecursionError):
        return _BROKEN
    return value
