"""`/api/events`: the status as it changes, and what else is happening, for whoever keeps it on a screen."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from .stream import SIGN_OF_LIFE_S, EventStream

LOOK_EVERY_S = 0.5
"""At the status, which is in memory: what it tells of does not tell when it changes, and no more than this is sent."""
MOST_WAITING = 64
"""Events that wait for a client to take them; one that is slower than they come misses the oldest."""


class Events:
    """Streams of one door."""

    def __init__(self, status: Callable[[web.Request], dict[str, Any]]) -> None:
        """`status(request)`: what there is to say to a client now."""
        self._status = status
        self._closing = asyncio.Event()
        self._streams: set[_Waiting] = set()

    def publish(self, name: str, data: Any) -> None:
        """Send an event to everybody who follows. To be called on the event loop."""
        for waiting in self._streams:
            waiting.put(name, data)

    def close(self) -> None:
        """Let all streams come to their end."""
        self._closing.set()
        for waiting in self._streams:
            waiting.changed.set()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Answer `GET /api/events`, until the client leaves or the door is closed."""
        stream = EventStream(request)
        waiting = _Waiting()
        self._streams.add(waiting)
        try:
            with suppress(ConnectionError):
                await self._send(stream, request, waiting)
        finally:
            self._streams.discard(waiting)
        return stream.response

    async def _send(self, stream: EventStream, request: web.Request, waiting: _Waiting) -> None:
        loop = asyncio.get_running_loop()
        known: dict[str, Any] = {}
        sent_s = loop.time()
        while not self._closing.is_set():
            for name, data in waiting.take():
                await stream.send(data, name)
                sent_s = loop.time()
            status = self._status(request)
            if known != (known := _lasting(status)):
                await stream.send(status, "status")
                sent_s = loop.time()
            elif loop.time() - sent_s >= SIGN_OF_LIFE_S:
                await stream.comment()
                sent_s = loop.time()
            await waiting.until_changed(LOOK_EVERY_S)


class _Waiting:
    """Events that one client has not been sent yet."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._events: deque[tuple[str, Any]] = deque(maxlen=MOST_WAITING)

    def put(self, name: str, data: Any) -> None:
        """Add one."""
        self._events.append((name, data))
        self.changed.set()

    def take(self) -> list[tuple[str, Any]]:
        """Return them all, the oldest first."""
        taken = list(self._events)
        self._events.clear()
        self.changed.clear()
        return taken

    async def until_changed(self, timeout_s: float) -> None:
        """Return when there is one, or after this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.changed.wait()


def _lasting(status: dict[str, Any]) -> dict[str, Any]:
    """Return what is worth an event when it changes."""
    return {name: value for name, value in status.items() if name != "uptime_s"}
