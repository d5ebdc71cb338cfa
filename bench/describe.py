"""How long `describe` takes while a model loads for five seconds and eight clients are served."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import numpy as np
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.wake import Detect

from .loading import LOADS_FOR_S
from .measure import CHUNK_S, RATE_HZ, describe_s, first_audio_s
from .servers import free_port, until_ready

SPEAKS_EVERY_S = 1.0
ASKS_EVERY_S = 0.5
"""Livelier than a house of people, and not a flood: that would measure the queue."""


async def describe_under_load(whisper: Path) -> list[float]:
    """Return the seconds of every `describe` during the load, some 20 a second."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "bench.loading", f"tcp://127.0.0.1:{port}", str(whisper)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with AsyncExitStack() as stack:
            await until_ready(port, process)
            ends = monotonic() + LOADS_FOR_S
            for client in (_wakes, _speaks, _asks, _wakes):
                for _ in range(2):
                    await stack.enter_async_context(_kept_busy(client, port))
            times = []
            while monotonic() < ends:
                times.append(await describe_s(port))
                await asyncio.sleep(0.05)
            return times
    finally:
        process.terminate()
        await process.wait()


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
        await asyncio.sleep(SPEAKS_EVERY_S)


async def _asks(port: int) -> None:
    while True:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Transcript(text="turn on the kitchen light", language="en").event())
            await client.read_event()
        await asyncio.sleep(ASKS_EVERY_S)
