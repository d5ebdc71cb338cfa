"""What the wake tests share: an engine that hears marked samples, the real one, and spoken wake words."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soxr

from wyoming_servers.settings import ServerSettings, Settings, WakeSettings
from wyoming_servers.wake.engine import (
    Heard,
    WakeCapabilities,
    WakeEngine,
    WakeSession,
    WakeWord,
    unknown_word,
)

WAIT_S = 10.0

_SAY = """
import ctypes, sys, espeakng_loader
espeak = ctypes.CDLL(str(espeakng_loader.get_library_path()))
rate = espeak.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0)
samples = bytearray()
kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def take(wave, count, _):
    samples.extend(ctypes.string_at(wave, 2 * count) if wave else b"")
    return 0
callback = kind(take)
espeak.espeak_SetSynthCallback(callback)
espeak.espeak_SetVoiceByName(b"en-us")
espeak.espeak_SetParameter(1, 150, 0)
text = sys.argv[1].encode()
espeak.espeak_Synth(text, len(text) + 1, 0, 1, 0, 1, None, None)
sys.stdout.buffer.write(rate.to_bytes(4, "little") + samples)
"""


@dataclass
class MarkEngine(WakeEngine):
    """Hears its first word in a sample of value 1, its second in one of value 2, and so on.

    `loading` and `feeding` hold up what they are named after until they are set.
    """

    names: tuple[str, ...] = ("one", "two", "three")
    failure: Exception | None = None
    loading: threading.Event = field(default_factory=threading.Event)
    feeding: threading.Event = field(default_factory=threading.Event)
    fed: threading.Event = field(default_factory=threading.Event)
    """Set when a feed begins."""
    idle: threading.Event = field(default_factory=threading.Event)
    """Set when the last open session is closed."""
    pieces: list[int] = field(default_factory=list)
    """Samples of every feed."""
    sessions: int = 0
    """How many are open."""
    found: tuple[str, ...] | None = None
    """What the next refresh finds."""

    def __post_init__(self) -> None:
        self.loading.set()
        self.feeding.set()

    @property
    def capabilities(self) -> WakeCapabilities:
        return WakeCapabilities("mark", "Hears marks", ("Nobody", "https://example.org"), "1.0")

    @property
    def words(self) -> tuple[WakeWord, ...]:
        return tuple(WakeWord(name, name, ("en",), ("Nobody", ""), "") for name in self.names)

    def load(self) -> None:
        assert self.loading.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure

    def refresh(self) -> bool:
        if self.found is None:
            raise ValueError("nothing is to be found")
        self.names = self.found
        return True

    def start_session(self, names: Sequence[str] | None) -> WakeSession:
        for name in names or ():
            if name not in self.names:
                raise unknown_word(name, self.names)
        assert names is None or len(set(names)) == len(names)
        self.sessions += 1
        self.idle.clear()
        return MarkSession(self, self.names if names is None else names)


class MarkSession(WakeSession):
    def __init__(self, engine: MarkEngine, names: Sequence[str]) -> None:
        self._engine = engine
        self._marks = {engine.names.index(name) + 1: name for name in names}
        self._samples = 0
        self._open = True

    def feed(self, pcm: bytes) -> list[Heard]:
        self._engine.fed.set()
        assert self._engine.feeding.wait(WAIT_S)
        samples = np.frombuffer(pcm, "<i2")
        self._engine.pieces.append(len(samples))
        heard = [
            Heard(self._marks[samples[index]], (self._samples + int(index)) // 16)
            for index in np.flatnonzero(samples)
            if samples[index] in self._marks
        ]
        self._samples += len(samples)
        return heard

    def close(self) -> None:
        if self._open:
            self._open = False
            self._engine.sessions -= 1
            if self._engine.sessions == 0:
                self._engine.idle.set()


@pytest.fixture
def engine() -> Iterator[MarkEngine]:
    """Return an engine that hears marks; whatever it is held up by is let go at the end."""
    engine = MarkEngine()
    yield engine
    engine.loading.set()
    engine.feeding.set()


Marked = Callable[[int, Mapping[int, int]], bytes]


@pytest.fixture
def marked() -> Marked:
    """Make silence with marks: `marked(milliseconds, {at_ms: mark})`."""

    def make(length_ms: int, marks: Mapping[int, int]) -> bytes:
        samples = np.zeros(length_ms * 16, "<i2")
        for at_ms, mark in marks.items():
            samples[at_ms * 16] = mark
        return samples.tobytes()

    return make


SettingsFactory = Callable[..., Settings]


@pytest.fixture
def settings_with(tmp_path: Path) -> SettingsFactory:
    """Make settings whose custom words lie in `tmp_path / "wake"`."""

    def make(**wake: object) -> Settings:
        return Settings(server=ServerSettings(data_dir=tmp_path), wake=WakeSettings(**wake))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def spoken() -> Callable[[str], bytes]:
    """Speak words by eSpeak NG, in a process of its own since it has one state for all."""
    pytest.importorskip("espeakng_loader")
    cache: dict[str, bytes] = {}

    def say(text: str) -> bytes:
        if text not in cache:
            done = subprocess.run([sys.executable, "-c", _SAY, text], capture_output=True, check=True)
            rate, pcm = int.from_bytes(done.stdout[:4], "little"), np.frombuffer(done.stdout[4:], "<i2")
            samples = soxr.resample(pcm.astype(np.float32), rate, 16_000) * 0.7
            cache[text] = samples.astype("<i2").tobytes()
        return cache[text]

    return say
