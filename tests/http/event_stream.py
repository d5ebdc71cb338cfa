"""What a client of `/api/events` reads, event by event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass
class Events:
    """An open stream."""

    response: aiohttp.ClientResponse
    comments: int = 0
    """That came between the events so far."""
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def next(self) -> dict[str, Any]:
        """Return the status in the next event."""
        while (line := await self._line()).startswith(":"):
            self.comments += 1
            assert await self._line() == ""
        assert line == "event: status"
        data = await self._line()
        assert await self._line() == ""
        self.seen.append(json.loads(data.removeprefix("data: ")))
        return self.seen[-1]

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first status from here for which this holds."""
        while not holds(status := await self.next()):
            pass
        return status

    async def rest(self) -> bytes:
        """Read to the end."""
        return await self.response.read()

    async def _line(self) -> str:
        line = await self.response.content.readline()
        assert line, "the stream is over"
        return line.decode().rstrip("\n")


@asynccontextmanager
async def following(http: aiohttp.ClientSession) -> AsyncIterator[Events]:
    """Open a stream."""
    async with http.get("/api/events") as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Events(response)
