"""What a wake word engine is: loaded once and shared; a session is one stream of audio."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

RATE_HZ = 16_000
"""Every session is fed 16-bit mono samples at this rate."""


@dataclass(frozen=True, slots=True)
class WakeWord:
    """A word that can be listened for."""

    name: str
    """As clients ask for it and as detections carry it."""
    phrase: str
    """What to say."""
    languages: tuple[str, ...]
    attribution: tuple[str, str]
    """Who made the model, and their URL."""
    version: str


@dataclass(frozen=True, slots=True)
class WakeCapabilities:
    """What an engine is, as Info publishes it."""

    name: str
    description: str
    attribution: tuple[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A wake word in a stream."""

    name: str
    at_ms: int
    """Since the stream's first sample."""


class WakeSession(ABC):
    """One stream of audio. Runs on the engine's worker."""

    @abstractmethod
    def feed(self, pcm: bytes) -> list[Heard]:
        """Take the next samples, any number of them, and return the words that they complete."""

    def close(self) -> None:
        """Free what the session holds. May be called more than once."""


class WakeEngine(ABC):
    """A detector. The constructor is cheap; `load` and what follows run on the engine's worker."""

    @property
    @abstractmethod
    def capabilities(self) -> WakeCapabilities:
        """What Info says; known before `load`."""

    @property
    @abstractmethod
    def words(self) -> tuple[WakeWord, ...]:
        """The words that can be asked for now, from memory."""

    @abstractmethod
    def load(self) -> None:
        """Read the models; raises EngineUnavailableError if that is impossible."""

    @abstractmethod
    def refresh(self) -> bool:
        """Look again at the folder of custom words; True if the words changed."""

    @abstractmethod
    def start_session(self, names: Sequence[str]) -> WakeSession:
        """Begin to listen for these words; raises UnknownModelError for one that does not exist."""
