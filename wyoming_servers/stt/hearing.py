"""A client's audio, in whatever format and chunks it comes, as samples with the probability of speech in them."""

from __future__ import annotations

from dataclasses import dataclass

from wyoming.audio import AudioChunk

from ..protocol.audio import AudioConverter
from ..worker import Cancellation, Worker
from .engine import RATE_HZ
from .loudness import Loudness
from .voice_activity import WINDOW_S, VoiceActivity, VoiceActivityPool

PIECE_S = 0.5
"""Most audio in one job (16 ms of computation): what a client that sends faster than real time may take before it is
another's turn."""

NOTHING = Loudness()
_SPEECH = 0.5
"""Probability from which a stretch counts as speech where its loudness is measured."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of audio."""

    pcm: bytes
    """16 kHz, 16-bit mono."""
    probabilities: list[float]
    """Of speech, for each window that this stretch completed."""
    loudness: Loudness = NOTHING
    """Of the stretch, if there is speech in it."""


class Hearing:
    """One stream. Converts and computes on the worker, as soon as there is audio for a window."""

    def __init__(self, worker: Worker, pool: VoiceActivityPool) -> None:
        self._worker = worker
        self._pool = pool
        self._stream: VoiceActivity | None = None
        self._converter: AudioConverter | None = None
        self._raw = bytearray()
        self._computing = False

    @property
    def started(self) -> bool:
        """Whether any audio came."""
        return self._converter is not None

    def expect(self, rate_hz: int, width: int, channels: int) -> None:
        """Note the format of what follows; raises BadRequestError for a format that cannot be audio.

        Where the format changes in mid-stream, what was not yet a whole window (32 ms) is lost.
        """
        if self._converter is None or self._converter.format != (rate_hz, width, channels):
            self._converter = AudioConverter(rate_hz=rate_hz, width=width, channels=channels)
            self._raw.clear()

    def add(self, chunk: AudioChunk) -> None:
        """Take a chunk. Raises BadRequestError for a format that cannot be audio."""
        self.expect(chunk.rate, chunk.width, chunk.channels)
        self._raw += chunk.audio

    async def next(self) -> Heard | None:
        """Return the next stretch that can be computed, at most `PIECE_S` long; None if that needs more audio."""
        if self._converter is None:
            return None
        rate_hz, width, channels = self._converter.format
        bytes_per_s = rate_hz * width * channels
        if len(self._raw) < bytes_per_s * WINDOW_S:
            return None
        piece = bytes(self._raw[: int(bytes_per_s * PIECE_S)])
        del self._raw[: len(piece)]
        return await self._compute(piece)

    async def finish(self) -> Heard:
        """Return what is left when the stream ends: less than a window, and what the resampler holds."""
        if self._converter is None:
            return Heard(b"", [])
        rest = bytes(self._raw)
        self._raw.clear()
        return await self._compute(rest, last=True)

    def close(self) -> None:
        """Give back the detector, unless a cancelled computation may still use it."""
        if self._stream is not None and not self._computing:
            self._pool.close(self._stream)
        self._stream = None

    async def _compute(self, raw: bytes, *, last: bool = False) -> Heard:
        converter = self._converter
        assert converter is not None  # noqa: S101 - `expect` came first

        def compute(_: Cancellation) -> Heard:
            pcm = converter.convert(raw, last=last)
            if self._stream is None:
                self._stream = self._pool.open()
            probabilities = self._stream.hear(pcm)
            loudness = Loudness.of(pcm) if max(probabilities, default=0.0) >= _SPEECH else NOTHING
            return Heard(pcm, probabilities, loudness)

        self._computing = True
        heard = await self._worker.run(compute)
        self._computing = False
        return heard


def seconds_of(pcm: bytes) -> float:
    """Return the length of 16 kHz, 16-bit mono samples."""
    return len(pcm) / 2 / RATE_HZ
