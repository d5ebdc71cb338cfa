"""What a speech-to-text engine is: loaded once and shared; a session is one utterance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass

from ..home.model import HomeSnapshot
from ..worker import Cancellation

RATE_HZ = 16_000
"""Every session is fed 16-bit mono samples at this rate."""


@dataclass(frozen=True, slots=True)
class SttCapabilities:
    """What an engine can do, as Info publishes it."""

    name: str
    """Of the engine, such as `whisper`."""
    model: str
    description: str
    languages: tuple[str, ...]
    """BCP 47, in the spelling that Home Assistant uses."""
    attribution: tuple[str, str]
    """Who made the model, and their URL."""
    version: str


@dataclass(frozen=True, slots=True)
class SttRequest:
    """What a client asks of one utterance."""

    language: str | None = None
    names: tuple[str, ...] = ()
    """Names that this utterance may contain, beside those of the home."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an engine heard in the audio so far. Silence, noise and refused speech have the text ""."""

    text: str
    language: str
    complete: bool = False
    """The text is a whole command of this home, so that less silence need follow it."""


class SttSession(ABC):
    """One utterance. All methods run on the engine's worker, never at the same time."""

    @abstractmethod
    def feed(self, pcm: bytes) -> None:
        """Take the next samples (16 kHz, 16-bit, mono)."""

    @abstractmethod
    def recognize(self, cancellation: Cancellation) -> Recognition:
        """Return what was said in all the audio fed so far. More audio may follow, and another call."""

    def close(self) -> None:
        """Free what the session holds. May be called more than once."""


class SttEngine(ABC):
    """A recogniser. The constructor is cheap; `load` and what follows run on the engine's worker."""

    @property
    @abstractmethod
    def capabilities(self) -> SttCapabilities:
        """What Info says; known before `load`."""

    @property
    def source(self) -> Hashable:
        """What it is made from; equal for two engines of which one need not take the other's place."""
        return self.capabilities.name, self.capabilities.model

    @property
    def needs_bytes(self) -> int:
        """Memory that it takes once it is loaded, about; 0: too little to matter. Known before `load`."""
        return 0

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    @abstractmethod
    def load(self) -> None:
        """Read the model.

        Raises EngineUnavailableError if it is missing or unreadable.
        """

    def set_home(self, home: HomeSnapshot) -> None:
        """Learn the names and sentences of this home, for the sessions that start from now on."""

    @abstractmethod
    def start_session(self, request: SttRequest) -> SttSession:
        """Begin an utterance."""
