"""What a wake word engine is: loaded once and shared; a session is one stream of audio."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UnknownModelError

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
    """One stream of audio."""

    @abstractmethod
    def feed(self, pcm: bytes) -> list[Heard]:
        """Take the next samples, any number of them, and return the words that they complete, in their order.

        Runs on the engine's worker.
        """

    def close(self) -> None:
        """End the session and free what it holds.

        On any thread, any number of times, and also while `feed` runs: it then returns at its next step.
        """


class WakeEngine(ABC):
    """A detector. The constructor is cheap; `load` and `start_session` run on the engine's worker."""

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
        """Look again at the folder of custom words; True if the words changed.

        Runs on a thread of its own, beside sessions: a new model may take seconds to load. Sessions that have
        begun keep the words that they began with.
        """

    @abstractmethod
    def start_session(self, names: Sequence[str] | None) -> WakeSession:
        """Begin to listen for these words, None for all there are; raises UnknownModelError for an unknown one."""


def unknown_word(name: str, known: Iterable[str]) -> UnknownModelError:
    """Return the error for a word that does not exist, which lists those that do."""
    return UnknownModelError(f"There is no wake word {name}.", remedy=f"Choose one of: {', '.join(known)}.")
