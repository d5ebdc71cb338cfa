"""What the text-to-speech tests share: an engine whose audio is the text itself, and Home Assistant's way to ask."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from wyoming_servers.errors import EngineError
from wyoming_servers.settings import Settings
from wyoming_servers.tts.engine import Speech, TtsCapabilities, TtsEngine, Voice
from wyoming_servers.tts.server import TtsService
from wyoming_servers.worker import Cancellation

WAIT_S = 10.0
REPLY = "The light is on. The door is closed. Good night."
DELTAS = ["The li", "ght is", " on. T", "he door is cl", "osed", ". ", "Good", " night", "."]
LOUD = 1000
"""Added to every character's code, so that no letter is silence."""


def to_pcm(text: str) -> bytes:
    return (np.frombuffer(text.encode("utf-16-le"), "<u2") + np.uint16(LOUD)).astype("<u2").tobytes()


def to_text(pcm: bytes) -> str:
    samples = np.frombuffer(pcm, "<u2")
    return np.where(samples == 0, samples, samples - np.uint16(LOUD)).astype("<u2").tobytes().decode("utf-16-le")


@dataclass
class TextEngine(TtsEngine):
    """Makes audio in which every sample is a character of the text, so that tests read what was said."""

    name: str = "text"
    languages: Sequence[str] = ("en-US", "zh-CN")
    rate_hz: int = 16_000
    broken: set[str] = field(default_factory=set)
    """Voices that cannot speak."""
    fails_midway: bool = False
    """Every voice fails after the first portion of a piece."""
    spoken: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Text, voice and speaker of every piece, in the order in which they were begun."""
    portion_chars: int = 0
    """Characters in a portion of a piece; 0 for the whole piece at once."""
    made: list[str] = field(default_factory=list)
    """The portions, in the order in which they were made."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Pieces wait for it."""
    next_gate: threading.Event = field(default_factory=threading.Event)
    """The portions of a piece that follow the first ones wait for it."""
    ungated: int = 1
    """How many portions of a piece do not."""
    held: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Counts the portions that came to that gate."""
    until_cancelled: bool = False
    """Pieces end only when they are cancelled; in portions, all but the first."""
    padding: int = 0
    """Silent samples after every portion."""
    cancellations: list[Cancellation] = field(default_factory=list)
    """One for every piece."""
    loading: threading.Event = field(default_factory=threading.Event)
    """Loading waits for it."""
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Counts the pieces that were begun."""
    changed: bool = False
    extra: tuple[Voice, ...] = ()

    def __post_init__(self) -> None:
        self.gate.set()
        self.next_gate.set()
        self.loading.set()

    @property
    def capabilities(self) -> TtsCapabilities:
        return TtsCapabilities(self.name, self.name, ("Tests", ""), "1")

    @property
    def voices(self) -> tuple[Voice, ...]:
        made = (
            Voice(f"{self.name}-{language}", language, "", ("Tests", ""), "1", ("anna", "bernd"))
            for language in self.languages
        )
        return (*made, *self.extra)

    def load(self) -> None:
        assert self.loading.wait(WAIT_S)
        if "load" in self.broken:
            raise EngineError("It does not load.")

    def refresh(self) -> bool:
        changed, self.changed = self.changed, False
        return changed

    def synthesize(self, text: str, voice: Voice, speaker: str | None, cancellation: Cancellation) -> Iterator[Speech]:
        self.spoken.append((text, voice.name, speaker))
        self.cancellations.append(cancellation)
        self.begun.release()
        assert self.gate.wait(WAIT_S)
        if self.until_cancelled and not self.portion_chars:
            assert cancellation._event.wait(WAIT_S)
        if voice.name in self.broken:
            raise EngineError(f"{voice.name} is broken.")
        portions = list(_cut(text, self.portion_chars or len(text)))
        for number, portion in enumerate(portions, 1):
            if number > self.ungated:
                self.held.release()
                assert self.next_gate.wait(WAIT_S)
                if self.until_cancelled:
                    assert cancellation._event.wait(WAIT_S)
                if self.fails_midway:
                    raise EngineError(f"{voice.name} broke down.")
            self.made.append(portion)
            yield Speech(to_pcm(portion) + bytes(2 * self.padding), self.rate_hz, ends=number == len(portions))


def _cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def spoken(portions: Iterable[Speech]) -> Speech:
    """Return a piece of text whole."""
    made = list(portions)
    assert [portion.ends for portion in made] == [False] * (len(made) - 1) + [True]
    assert len({portion.rate_hz for portion in made}) == 1
    return Speech(b"".join(portion.pcm for portion in made), made[0].rate_hz)


@dataclass
class Heard:
    """What came back from the server, up to the end of a reply."""

    events: list[Event]

    @property
    def types(self) -> list[str]:
        """The events' types, repeated ones once."""
        types = [event.type for event in self.events]
        return [kind for index, kind in enumerate(types) if index == 0 or types[index - 1] != kind]

    @property
    def pcm(self) -> bytes:
        return b"".join(AudioChunk.from_event(event).audio for event in self.events if AudioChunk.is_type(event.type))

    @property
    def text(self) -> str:
        """What a TextEngine said, pauses as spaces."""
        return " ".join(part for part in to_text(self.pcm).split("\0") if part)

    @property
    def rate_hz(self) -> int:
        return next(AudioStart.from_event(event).rate for event in self.events if AudioStart.is_type(event.type))

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / self.rate_hz

    @property
    def error(self) -> dict[str, Any]:
        return next(event.data for event in self.events if event.type == "error")


def service(*engines: TtsEngine, settings: Settings | None = None) -> TtsService:
    return TtsService(settings or Settings(), engines or (TextEngine(),))


async def wait_for_begun(engine: TextEngine) -> None:
    """Wait until one more piece was begun."""
    assert await asyncio.to_thread(engine.begun.acquire, timeout=WAIT_S)


async def wait_for_held(engine: TextEngine) -> None:
    """Wait until one more portion came to the gate before it."""
    assert await asyncio.to_thread(engine.held.acquire, timeout=WAIT_S)


async def listen(client: AsyncTcpClient, *last: str) -> Heard:
    """Read events up to and including the first of these types."""
    events = []
    while (event := await client.read_event()) is not None:
        events.append(event)
        if event.type in last:
            break
    return Heard(events)


async def send_stream(client: AsyncTcpClient, deltas: Sequence[str], voice: SynthesizeVoice | None = None) -> None:
    """Send a stream as Home Assistant 2026.10 does: with the whole text once more before the stop."""
    await client.write_event(SynthesizeStart(voice=voice).event())
    for delta in deltas:
        await client.write_event(SynthesizeChunk(text=delta).event())
    await client.write_event(Synthesize(text="".join(deltas), voice=voice).event())
    await client.write_event(SynthesizeStop().event())


async def send_text(client: AsyncTcpClient, parts: Sequence[str]) -> None:
    await client.write_event(Synthesize(text="".join(parts)).event())


Connect = Callable[[int], Awaitable[AsyncTcpClient]]
Say = Callable[..., Coroutine[Any, Any, Heard]]


@pytest.fixture
def say(connect: Connect) -> Say:
    """Ask for a whole text, and listen to the end as Home Assistant does: `await say(port, text, voice=...)`."""

    async def ask(port: int, text: str, voice: SynthesizeVoice | None = None, **more: Any) -> Heard:
        client = await connect(port)
        await client.write_event(Synthesize(text=text, voice=voice, **more).event())
        return await listen(client, "audio-stop", "error")

    return ask


@pytest.fixture
def stream(connect: Connect) -> Say:
    """Stream a text, and listen until synthesize-stopped: `await stream(port, deltas, voice=...)`."""

    async def ask(port: int, deltas: Sequence[str], voice: SynthesizeVoice | None = None) -> Heard:
        client = await connect(port)
        await send_stream(client, deltas, voice)
        return await listen(client, "synthesize-stopped")

    return ask
