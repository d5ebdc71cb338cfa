"""What a text-to-speech engine is: several voices, and one short piece of text made into audio at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from ..worker import Cancellation


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that can be asked for."""

    name: str
    """As clients ask for it."""
    language: str
    """BCP 47, such as en-GB, zh-CN or de."""
    description: str
    attribution: tuple[str, str]
    """Who made the voice, and their URL."""
    version: str
    speakers: tuple[str, ...] = ()
    """Names of the speakers of a voice that has several."""


@dataclass(frozen=True, slots=True)
class TtsCapabilities:
    """What an engine is, as Info publishes it."""

    name: str
    description: str
    attribution: tuple[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Audio of one piece of text, or of a portion of it: 16-bit mono samples."""

    pcm: bytes
    rate_hz: int
    ends: bool = True
    """Whether the piece of text ends with it; if not, another portion follows without a pause."""


@dataclass(frozen=True, slots=True)
class VoiceNeed:
    """A voice that is not in memory, and what it would take."""

    name: str
    size_bytes: int


class TtsEngine(ABC):
    """A synthesiser. The constructor is cheap; `load` and what follows run on the engine's worker."""

    may_preload = True
    """Whether `load` and `refresh` may load the likely voice; else it is loaded when somebody asks for it."""

    @property
    @abstractmethod
    def capabilities(self) -> TtsCapabilities:
        """What Info says; known before `load`."""

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    @property
    @abstractmethod
    def voices(self) -> tuple[Voice, ...]:
        """The voices that can be asked for now, from memory, the preferred of each language first."""

    @abstractmethod
    def load(self) -> None:
        """Prepare the engine; raises EngineUnavailableError if it cannot speak at all."""

    @property
    def resident(self) -> int:
        """How many voices are in memory that can be freed and loaded again."""
        return 0

    @property
    def used_bytes(self) -> int:
        """Memory that these take, about."""
        return 0

    def likely_need(self) -> VoiceNeed | None:
        """Return the voice that `load` or `refresh` would load now; None for none. Looks at the folder of voices."""
        return None

    def need_of(self, voice: Voice) -> VoiceNeed | None:
        """Return what must be loaded to speak with a voice; None for nothing. From memory, on any thread."""
        del voice
        return None

    def free(self) -> bool:
        """Free what can be loaded again, but for the voice that spoke last; returns whether that was anything."""
        return False

    def refresh(self) -> bool:
        """Look again at the folder of voices; True if the voices changed."""
        return False

    @abstractmethod
    def synthesize(self, text: str, voice: Voice, speaker: str | None, cancellation: Cancellation) -> Iterator[Speech]:
        """Speak one sentence or clause of speakable text: yield its audio in portions, each as soon as it is made.

        All portions have one rate. Nothing is done until the first one is asked for. Between two of them the worker may
        have the same engine speak another text, so no lock may be held across a yield.

        Raises EngineError if the voice cannot speak, UnknownModelError for a speaker it does not have.
        """
