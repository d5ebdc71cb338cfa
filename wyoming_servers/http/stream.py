"""Server-sent events, and an answer that is waited for without a silence in which a proxy would give up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

from aiohttp import web

from ..errors import SottoError
from .errors import error_object

T = TypeVar("T")

SIGN_OF_LIFE_S = 2.0
"""Without an event for so long, a stream sends a comment. The integration gives up when three are missing: so long
somebody waits in silence for a server that hangs (`custom_components/sotto/client.py`)."""
WRITE_WITHIN_S = 60.0
"""For a client to take what was sent."""
CANCELLED_WITHIN_S = 0.05
"""For aiohttp to cancel the handler of a connection that was lost."""
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # nginx would keep events until a buffer is full
}


async def with_pauses(items: AsyncGenerator[T, None], every_s: float) -> AsyncGenerator[T | None, None]:
    """Yield the items, and None whenever there was none for so long. Closing it closes `items` at once."""
    async with aclosing(items):
        while True:
            following = asyncio.ensure_future(anext(items))
            try:
                while not (await asyncio.wait({following}, timeout=every_s))[0]:
                    yield None
                item = following.result()
            except StopAsyncIteration:
                return
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            yield item


class EventStream:
    """The answer to one request as server-sent events. It begins with the first event: before it, a status can tell
    what went wrong. When the client left or takes nothing, writing is cancelled or raises ConnectionError.
    """  # noqa: D205 - one sentence

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.response = web.StreamResponse(headers=_HEADERS)

    @property
    def begun(self) -> bool:
        """Whether the status was sent."""
        return self.response.prepared

    async def send(self, data: dict[str, Any], event: str = "") -> None:
        """Send an event, with its name if it has one."""
        name = f"event: {event}\n" if event else ""
        await self._write(f"{name}data: {json.dumps(data, ensure_ascii=False)}\n\n")

    async def comment(self) -> None:
        """Send what clients pass over, to show that the connection lives."""
        await self._write(": still working\n\n")

    async def fail(self, error: SottoError) -> None:
        """Send an error as the last event."""
        await self._write(f"event: error\ndata: {json.dumps(error_object(error), ensure_ascii=False)}\n\n")

    async def done(self) -> None:
        """Send the mark after which no event comes."""
        await self._write("data: [DONE]\n\n")

    async def _write(self, event: str) -> None:
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                if not self.begun:
                    await self.response.prepare(self._request)
                await self.response.write(event.encode())
        except (TimeoutError, ConnectionError):
            if self._request.transport is not None:
                self._request.transport.abort()
            await asyncio.sleep(CANCELLED_WITHIN_S)  # or it would come while the model is being stopped
            raise ConnectionAbortedError("The client takes nothing.") from None
