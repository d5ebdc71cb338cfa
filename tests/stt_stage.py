"""The speech-to-text stage for tests: a recogniser that can be watched, and a client with every habit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event

from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.model import HomeSnapshot
from wyoming_servers.settings import Settings, build
from wyoming_servers.stt.engine import Recognition, SttCapabilities, SttEngine, SttRequest, SttSession
from wyoming_servers.stt.server import SttService
from wyoming_servers.worker import Cancellation

RATE_HZ = 16_000
SENTENCE = "turn on the kitchen light"
LIMIT_S = 20.0

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]


# --- A recogniser that can be watched -------------------------------------------------------------------------------


class StubEngine(SttEngine):
    """Hears the loudest sample of what it was fed, unless it is told what to hear."""

    def __init__(self, name: str = "stub") -> None:
        self.name = name
        self.text: str | None = None
        self.complete = False
        self.requests: list[SttRequest] = []
        self.fed: list[bytearray] = []
        self.homes: list[HomeSnapshot] = []
        self.recognitions = 0
        self.closed = 0
        self.on_load: Callable[[], None] = lambda: None
        self.on_recognize: Callable[[Cancellation], None] = lambda _: None

    @property
    def capabilities(self) -> SttCapabilities:
        return SttCapabilities(self.name, "small", "A stub", ("en", "zh", "de"), ("Nobody", "https://x.invalid"), "1")

    def load(self) -> None:
        self.on_load()

    def set_home(self, home: HomeSnapshot) -> None:
        self.homes.append(home)

    def start_session(self, request: SttRequest) -> SttSession:
        self.requests.append(request)
        return StubSession(self)


class StubSpec:
    """As in the registry."""

    name = "stub"

    @staticmethod
    def first_for(_: str) -> bool:
        return False

    def create_each(self, _: Settings) -> list[SttEngine]:
        return [StubEngine()]


class StubSession(SttSession):
    def __init__(self, engine: StubEngine) -> None:
        self._engine = engine
        self._pcm = bytearray()
        engine.fed.append(self._pcm)

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm

    def recognize(self, cancellation: Cancellation) -> Recognition:
        engine = self._engine
        engine.recognitions += 1
        engine.on_recognize(cancellation)
        loudest = str(np.abs(np.frombuffer(bytes(self._pcm), "<i2").astype(int)).max())
        return Recognition(loudest if engine.text is None else engine.text, "en", complete=engine.complete)

    def close(self) -> None:
        self._engine.closed += 1


# --- A client -------------------------------------------------------------------------------------------------------


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE_HZ))


def loudest(pcm: bytes, peak: int) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    return bytes((samples * (peak / np.abs(samples).max())).round().astype("<i2").tobytes())


def chunks(pcm: bytes, samples: int = 1024, rate: int = RATE_HZ, width: int = 2, channels: int = 1) -> Iterator[Event]:
    step = samples * width * channels
    for start in range(0, len(pcm), step):
        yield AudioChunk(rate, width, channels, pcm[start : start + step]).event()


async def answer(client: AsyncTcpClient) -> Event:
    async with asyncio.timeout(LIMIT_S):
        event = await client.read_event()
    assert event is not None, "the connection was closed without an answer"
    return event


async def transcript(client: AsyncTcpClient) -> str:
    event = await answer(client)
    assert Transcript.is_type(event.type), event
    return Transcript.from_event(event).text


async def error(client: AsyncTcpClient) -> Error:
    event = await answer(client)
    assert Error.is_type(event.type), event
    return Error.from_event(event)


async def begin(client: AsyncTcpClient, request: Transcribe | None = None) -> None:
    await client.write_event((request or Transcribe(language="en")).event())
    await client.write_event(AudioStart(RATE_HZ, 2, 1).event())


async def send(client: AsyncTcpClient, pcm: bytes, samples: int = 1024) -> None:
    for event in chunks(pcm, samples):
        await client.write_event(event)


async def say(client: AsyncTcpClient, pcm: bytes, request: Transcribe | None = None) -> str:
    """Transcribe as a client that decides the end itself."""
    await begin(client, request)
    await send(client, pcm)
    await client.write_event(AudioStop().event())
    return await transcript(client)


async def ask_like_home_assistant(client: AsyncTcpClient, pcm: bytes) -> str:
    """Upload, 10 ms at a time, and read side by side; the first transcript wins. There is never an audio-stop."""
    await begin(client)
    uploading = asyncio.create_task(send(client, pcm, samples=160))
    try:
        return await transcript(client)
    finally:
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)


def make_service(*engines: SttEngine, **settings: Any) -> SttService:
    is_command = settings.pop("is_command", None)
    values = {f"stt_{key}": value for key, value in settings.items()}
    return SttService(build(values), DemoHome(), engines or None, is_command)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110 - what is waited for happens on a thread
            await asyncio.sleep(0)
