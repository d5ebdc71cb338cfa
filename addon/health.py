"""Whether the servers answer: what Docker's HEALTHCHECK asks, and what discovery waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wyoming_servers.addresses import reached
from wyoming_servers.errors import RemoteError
from wyoming_servers.pipeline.assistant import Assistant
from wyoming_servers.settings import Settings

ASK_EVERY_S = 1.0

Sleep = Callable[[float], Awaitable[None]]


async def check(settings: Settings) -> None:
    """Return if `describe` is answered, with something to offer; raises RemoteError if not."""
    uri = reached(settings.server.uri)
    info = await Assistant(uri).describe()
    if not (info.wake or info.asr or info.tts or info.intent or info.handle):
        raise RemoteError(f"The server at {uri} offers nothing yet.")


async def answers(settings: Settings, sleep: Sleep = asyncio.sleep) -> None:
    """Return when `check` is passed for the first time."""
    while True:
        try:
            return await check(settings)
        except RemoteError:
            await sleep(ASK_EVERY_S)
