"""An answer that takes long: waited for, or followed as events that tell how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any, TypeVar

from aiohttp import web

from .failures import told
from .stream import SIGN_OF_LIFE_S, EventStream

T = TypeVar("T")

LOOK_EVERY_S = 0.2
"""At how far it is: no more is sent."""


class Latest:
    """How far it is."""

    def __init__(self) -> None:
        self.progress: Any = None
        """A dataclass, or nothing yet."""

    def told(self, progress: Any) -> None:
        """Be told, on any thread."""
        self.progress = progress


async def answered(
    request: web.Request,
    work: Coroutine[Any, Any, T],
    latest: Latest,
    name: str,
    as_object: Callable[[T], dict[str, Any]],
) -> web.StreamResponse:
    """Do the work and answer with its result, where events are accepted as the last one, of this name.

    The work ends when the client leaves. Raises what it raises, before the first event.
    """
    doing = asyncio.create_task(work)
    try:
        if "text/event-stream" in request.headers.get("Accept", ""):
            return await _followed(request, doing, latest, name, as_object)
        return web.json_response(as_object(await doing))
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def _followed(
    request: web.Request,
    doing: asyncio.Task[T],
    latest: Latest,
    name: str,
    as_object: Callable[[T], dict[str, Any]],
) -> web.StreamResponse:
    """Send how far it is, then what became of it; what fails before the first event has its status."""
    stream = EventStream(request)
    loop = asyncio.get_running_loop()
    sent, sent_s = None, loop.time()
    while not (await asyncio.wait({doing}, timeout=LOOK_EVERY_S))[0]:
        if latest.progress is not None and latest.progress != sent:
            sent, sent_s = latest.progress, loop.time()
            await stream.send(asdict(sent), "progress")
        elif stream.begun and loop.time() - sent_s >= SIGN_OF_LIFE_S:
            sent_s = loop.time()
            await stream.comment()
    try:
        result = doing.result()
    except Exception as err:
        if not stream.begun:
            raise
        await stream.fail(told(err))
    else:
        await stream.send(as_object(result), name)
    return stream.response
