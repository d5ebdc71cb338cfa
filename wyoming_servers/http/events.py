"""`/api/events`: the status as it changes, for whoever keeps it on a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from .stream import SIGN_OF_LIFE_S, EventStream

LOOK_EVERY_S = 0.5
"""At the status, which is in memory: what it tells of does not tell when it changes, and no more than this is sent."""


class Events:
    """Streams of one door."""

    def __init__(self, status: Callable[[web.Request], dict[str, Any]]) -> None:
        """`status(request)`: what there is to say to a client now."""
        self._status = status
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let all streams come to their end."""
        self._closing.set()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Answer `GET /api/events`, until the client leaves or the door is closed."""
        stream = EventStream(request)
        with suppress(ConnectionError):
            await self._send(stream, request)
        return stream.response

    async def _send(self, stream: EventStream, request: web.Request) -> None:
        loop = asyncio.get_running_loop()
        known: dict[str, Any] = {}
        sent_s = loop.time()
        while not self._closing.is_set():
            status = self._status(request)
            if known != (known := _lasting(status)):
                await stream.send(status, "status")
                sent_s = loop.time()
            elif loop.time() - sent_s >= SIGN_OF_LIFE_S:
                await stream.comment()
                sent_s = loop.time()
            await self._pause()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._closing.wait()


def _lasting(status: dict[str, Any]) -> dict[str, Any]:
    """Return what is worth an event when it changes."""
    return {name: value for name, value in status.items() if name != "uptime_s"}
