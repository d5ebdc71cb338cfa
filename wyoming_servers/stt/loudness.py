"""How loud speech came in, and whether it was too loud to be recorded. Pure logic."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Self

import numpy as np

_FULL_SCALE = 32768.0
_CLIPPED_FROM = 32700
"""Samples at the end of their range; some microphones stop a little before."""
SILENT_DBFS = -96.0
"""What 16 bits have left for silence."""
MOST_UTTERANCES = 20


@dataclass(frozen=True, slots=True)
class Loudness:
    """Of some audio; sums, so that those of two stretches can be added."""

    samples: int = 0
    energy: float = 0.0
    clipped_samples: int = 0

    @classmethod
    def of(cls, pcm: bytes) -> Self:
        """Measure 16-bit mono samples."""
        samples = np.frombuffer(pcm, dtype="<i2")
        energy = float(np.square(samples.astype(np.float64) / _FULL_SCALE).sum())
        return cls(len(samples), energy, int((np.abs(samples.astype(np.int32)) >= _CLIPPED_FROM).sum()))

    def __add__(self, other: Loudness) -> Loudness:
        return Loudness(
            self.samples + other.samples, self.energy + other.energy, self.clipped_samples + other.clipped_samples
        )

    @property
    def dbfs(self) -> float:
        """The level in decibels below full scale; SILENT_DBFS where there is nothing."""
        if not self.samples or not self.energy:
            return SILENT_DBFS
        return max(SILENT_DBFS, 10 * math.log10(self.energy / self.samples))

    @property
    def clipped(self) -> float:
        """The share of the samples that were too loud, 0 to 1."""
        return self.clipped_samples / self.samples if self.samples else 0.0


class Loudnesses:
    """The last utterances' loudness."""

    def __init__(self) -> None:
        self._last: deque[Loudness] = deque(maxlen=MOST_UTTERANCES)

    def add(self, loudness: Loudness) -> None:
        """Note one utterance; one without speech says nothing."""
        if loudness.samples:
            self._last.append(loudness)

    def report(self) -> dict[str, float] | None:
        """Return how many there are, their middle level in dBFS and the share of clipped samples; None of none."""
        if not self._last:
            return None
        levels = sorted(each.dbfs for each in self._last)
        samples = sum(each.samples for each in self._last)
        clipped = sum(each.clipped_samples for each in self._last) / samples
        return {"turns": len(levels), "level_dbfs": round(levels[len(levels) // 2], 1), "clipped": round(clipped, 4)}
