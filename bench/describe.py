"""How long `describe` takes while a model loads for five seconds and eight clients are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import numpy as np
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.wake import Detect

from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.front.server import Server
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.protocol.service import Service, Stage
from wyoming_servers.settings import build
from wyoming_servers.stt.engines.whisper import WhisperEngine, create
from wyoming_servers.stt.server import SttService
from wyoming_servers.tts.server import TtsService
from wyoming_servers.wake.server import WakeService

from .measure import CHUNK_S, RATE_HZ, describe_s, first_audio_s

LOADS_FOR_S = 5.0


class _LoadsLong:
    """A real Whisper engine that reads its model again and again for five seconds."""

    def __init__(self, engine: WhisperEngine) -> None:
        self._engine = engine
        self.until = 0.0

    def load(self) -> None:
        self.until = monotonic() + LOADS_FOR_S
        while monotonic() < self.until:
            self._engine.load()

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


async def describe_under_load(whisper: Path) -> list[float]:
    """Return the seconds of every `describe` during the load, 20 a second."""
    settings = build({"stt": "whisper", "stt_model": str(whisper), "tts": "espeak"})
    home = DemoHome()
    engine = _LoadsLong(create(settings))  # type: ignore[arg-type]
    services: dict[Stage, Service] = {
        Stage.WAKE: WakeService(settings),
        Stage.STT: SttService(settings, home, engines=[engine]),  # type: ignore[list-item]
        Stage.CONVERSATION: ConversationService(settings, home),
        Stage.TTS: TtsService(settings),
    }
    times = []
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server("tcp://127.0.0.1:0", services))
        port = server.port or 0
        for client in (_wakes, _speaks, _asks, _wakes):
            for _ in range(2):
                await stack.enter_async_context(_kept_busy(client, port))
        ends = monotonic() + LOADS_FOR_S
        while monotonic() < ends:
            times.append(await describe_s(port))
            await asyncio.sleep(0.05)
    return times


def percentile(times: list[float], percent: float) -> float:
    """Return the percentile, in seconds."""
    return float(np.percentile(times, percent))


@asynccontextmanager
async def _kept_busy(client: Callable[[int], Awaitable[None]], port: int) -> AsyncIterator[None]:
    task: asyncio.Task[None] = asyncio.create_task(client(port))  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _wakes(port: int) -> None:
    """Listen for every wake word, in real time."""
    noise = np.random.default_rng(0).normal(0, 500, int(CHUNK_S * RATE_HZ)).astype("<i2").tobytes()
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Detect().event())
        await client.write_event(AudioStart(RATE_HZ, 2, 1).event())
        while True:
            await client.write_event(AudioChunk(RATE_HZ, 2, 1, noise).event())
            await asyncio.sleep(CHUNK_S)


async def _speaks(port: int) -> None:
    number = 0
    while True:
        number += 1
        await first_audio_s(port, f"Good evening. The {number} washing machines have finished. It is raining.")


async def _asks(port: int) -> None:
    while True:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Transcript(text="turn on the kitchen light", language="en").event())
            await client.read_event()
        await asyncio.sleep(0.1)
