"""Audio that has arrived and waits to be computed, taken in pieces of a bounded length."""

from __future__ import annotations

from collections import deque

from ..protocol.audio import AudioConverter


class Backlog:
    """A queue of raw audio, each part with the converter that understands its format."""

    def __init__(self, piece_s: float) -> None:
        """`piece_s` is the length of the longest piece, in seconds."""
        self._piece_s = piece_s
        self._parts: deque[tuple[AudioConverter, memoryview]] = deque()
        self._seconds = 0.0

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def full(self) -> bool:
        """Whether there is enough for a piece, so that no more should be read before it is computed."""
        return self._seconds >= self._piece_s

    def add(self, converter: AudioConverter, pcm: bytes) -> None:
        """Put audio at the end."""
        if pcm:
            self._parts.append((converter, memoryview(pcm)))
            self._seconds += len(pcm) / _bytes_per_s(converter)

    def take(self) -> tuple[AudioConverter, bytes]:
        """Take the next piece, of one format; raises IndexError if there is none."""
        converter = self._parts[0][0]
        room = max(1, int(self._piece_s * _bytes_per_s(converter)))
        piece = bytearray()
        while len(piece) < room and self._parts and self._parts[0][0] is converter:
            _, part = self._parts.popleft()
            fits = room - len(piece)
            piece += part[:fits]
            if len(part) > fits:
                self._parts.appendleft((converter, part[fits:]))
        self._seconds = self._seconds - len(piece) / _bytes_per_s(converter) if self._parts else 0.0
        return converter, bytes(piece)


def _bytes_per_s(converter: AudioConverter) -> int:
    rate_hz, width, channels = converter.format
    return rate_hz * width * channels
