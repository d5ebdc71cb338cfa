"""Server-sent events out of bytes, as far as OpenAI's protocol uses them. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

MAX_EVENT_BYTES = 2**20
"""No piece of an answer is as long."""

_DATA_FIELDS = (b"data:", b"error:")  # llama-server of old has the second


class EventReader:
    """Puts events together."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the data of the events that are complete now; raises ValueError for what is no event."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            yield from self._read(line.removesuffix(b"\r"))
        if self._size + len(self._buffer) > MAX_EVENT_BYTES:
            raise ValueError("an event is longer than any may be")

    def end(self) -> Iterator[str]:
        """Yield the event that nothing ended."""
        rest, self._buffer = self._buffer, b""
        yield from self._read(rest.removesuffix(b"\r"))
        yield from self._read(b"")

    def _read(self, line: bytes) -> Iterator[str]:
        if line.startswith(_DATA_FIELDS):
            self._lines.append(line.partition(b":")[2].removeprefix(b" "))
            self._size += len(line)
        elif not line and self._lines:
            data = b"\n".join(self._lines).decode()
            self._lines, self._size = [], 0
            if data.strip():
                yield data


def parse_object(data: str | bytes) -> Mapping[str, Any]:
    """Return a JSON object; raises ValueError for anything else."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - what came is bad data, not a wrong type of ours
    return value
