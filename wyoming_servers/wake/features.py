"""What openWakeWord's words look at: one stream of audio as a row of embeddings, one per 80 ms.

The shapes are those of openWakeWord's models (https://github.com/dscripka/openWakeWord): a mel spectrogram of
10 ms frames with 32 bands; an embedding of 96 numbers over 76 frames, moved by 8; a word looks at the last
few embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

STEP_SAMPLES = 1_280
STEP_MS = 80
STEP_BYTES = 2 * STEP_SAMPLES
OVERLAP_SAMPLES = 480
"""Samples of the step before that the first of a step's eight frames needs."""
SPECTROGRAM_SHAPE = (1, OVERLAP_SAMPLES + STEP_SAMPLES)
FRAMES = 76
BANDS = 32
EMBEDDING_SHAPE = (1, FRAMES, BANDS, 1)
EMBEDDING_SIZE = 96

Values = npt.NDArray[np.float32]


class Runnable(Protocol):
    """A network: float32 values in, float32 values out."""

    def run(self, values: bytes) -> bytes:
        """Return the output for one input."""


@dataclass(frozen=True, slots=True)
class FeatureModel:
    """The two networks that all words share, and what they say of silence."""

    spectrogram: Runnable
    """From samples as they are, of SPECTROGRAM_SHAPE, to 8 frames."""
    embedding: Runnable
    """From frames, of EMBEDDING_SHAPE, to an embedding."""

    def frames(self, samples: Values) -> Values:
        """Return the frames (8, BANDS) of one step."""
        raw = np.frombuffer(self.spectrogram.run(samples.tobytes()), np.float32).reshape(-1, BANDS)
        return raw / 10.0 + 2.0  # the scale that the embedding was trained with

    def embed(self, frames: Values) -> Values:
        """Return the embedding (EMBEDDING_SIZE,) of the frames (FRAMES, BANDS)."""
        return np.frombuffer(self.embedding.run(frames.tobytes()), np.float32)

    def silence(self) -> Silence:
        """Return what these networks make of silence: two runs, where feeding 8 s of it would take 200."""
        frame = self.frames(np.zeros(SPECTROGRAM_SHAPE[1], np.float32))[-1]
        frames = np.tile(frame, (FRAMES, 1))
        return Silence(frames, self.embed(frames))


@dataclass(frozen=True, slots=True)
class Silence:
    """The state of a stream before its first sample; shared by all streams, changed by none."""

    frames: Values
    embedding: Values


class FeatureStream:
    """The embeddings of one stream, preceded by silence."""

    def __init__(self, model: FeatureModel, silence: Silence, *, windows: int) -> None:
        """`windows` is how many embeddings the word looks at that looks at the most of them."""
        self._model = model
        self._waiting = bytearray()
        self._samples = np.zeros(SPECTROGRAM_SHAPE[1], np.float32)
        self._frames = silence.frames.copy()
        self._embeddings = np.tile(silence.embedding, (windows, 1))
        self._steps = 0

    @property
    def at_ms(self) -> int:
        """The end of the last step, since the stream's first sample."""
        return self._steps * STEP_MS

    def last(self, windows: int) -> Values:
        """Return the last embeddings (windows, EMBEDDING_SIZE), the newest at the end."""
        return self._embeddings[-windows:]

    def feed(self, pcm: bytes) -> Iterator[int]:
        """Take any number of bytes of 16-bit mono samples at 16 kHz; yields `at_ms` after each step.

        What is not taken from the iterator comes with the next call.
        """
        self._waiting += pcm
        while len(self._waiting) >= STEP_BYTES:
            step = bytes(self._waiting[:STEP_BYTES])
            del self._waiting[:STEP_BYTES]
            self._advance(np.frombuffer(step, "<i2"))
            yield self.at_ms

    def _advance(self, samples: npt.NDArray[np.int16]) -> None:
        self._samples[:OVERLAP_SAMPLES] = self._samples[-OVERLAP_SAMPLES:]
        self._samples[OVERLAP_SAMPLES:] = samples
        _push(self._frames, self._model.frames(self._samples))
        _push(self._embeddings, self._model.embed(self._frames)[np.newaxis])
        self._steps += 1


def _push(rows: Values, new: Values) -> None:
    """Move the rows up and put the new ones at the end."""
    rows[: -len(new)] = rows[len(new) :].copy()
    rows[-len(new) :] = new
