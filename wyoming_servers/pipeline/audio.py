"""Raw PCM that is played to a server, or that it spoke."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Of raw PCM."""

    rate: int
    width: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """One sample of every channel."""
        return self.width * self.channels

    def bytes_of(self, seconds: float) -> int:
        """Return how many whole frames last so long, in bytes."""
        return int(seconds * self.rate) * self.frame_bytes


MONO = AudioFormat(16_000, 2, 1)
"""What Home Assistant sends."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Samples in one format."""

    pcm: bytes
    format: AudioFormat

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / (self.format.rate * self.format.frame_bytes)

    def wav(self) -> bytes:
        """Return it as a WAV file."""
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setframerate(self.format.rate)
            wav.setsampwidth(self.format.width)
            wav.setnchannels(self.format.channels)
            wav.writeframes(self.pcm)
        return file.getvalue()


def joined(pieces: Sequence[Audio]) -> Audio:
    """Return the pieces of one stream, which all have its format, as one."""
    return Audio(b"".join(piece.pcm for piece in pieces), pieces[-1].format if pieces else MONO)
