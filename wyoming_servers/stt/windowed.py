"""An utterance for a recogniser that hears a window of audio at once: what is longer is cut where it is quiet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..worker import Cancellation
from .engine import Recognition, SttSession
from .whisper.windows import first_cut

Samples = npt.NDArray[np.float32]
"""From -1 to 1, 16 kHz."""


class WindowedSession(SttSession):
    """The samples of one utterance, and the text of what is too far back to change."""

    def __init__(
        self, language: str, decode: Callable[[Samples, Cancellation], str], join: Callable[[list[str]], str]
    ) -> None:
        """`decode` reads one window, and may return "" when it is cancelled; `join` makes one text of theirs."""
        self._language = language
        self._read = decode
        self._join = join
        self._pcm = bytearray()
        self._settled: list[str] = []

    def feed(self, pcm: bytes) -> None:
        """See the base class."""
        self._pcm += pcm

    def recognize(self, cancellation: Cancellation) -> Recognition:
        """See the base class."""
        samples = np.frombuffer(bytes(self._pcm), "<i2").astype(np.float32) / 32768.0
        while (cut := first_cut(samples)) is not None and not cancellation.cancelled:
            self._settled.append(self._decode(samples[:cut], cancellation))
            samples = samples[cut:]
            del self._pcm[: 2 * cut]
        last = "" if cancellation.cancelled else self._decode(samples, cancellation)
        return Recognition(self._join([*self._settled, last]), self._language)

    def close(self) -> None:
        """See the base class."""
        self._pcm.clear()

    def _decode(self, samples: Samples, cancellation: Cancellation) -> str:
        return self._read(samples, cancellation) if len(samples) else ""
