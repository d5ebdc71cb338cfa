"""A microphone for a satellite program: silence in real time, and each recording that is laid into a folder.

Run as `python microphone.py FOLDER`; writes 16 kHz, 16-bit mono samples. A recording is taken as `now.wav`; move it
there when it is whole.
"""

from __future__ import annotations

import sys
import time
import wave
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

RATE_HZ = 16_000
CHUNK_BYTES = 640
"""20 ms."""


def _samples(recording: Path) -> bytes:
    with wave.open(str(recording)) as file:
        pcm: bytes = file.readframes(file.getnframes())
    recording.unlink()
    return pcm + bytes(-len(pcm) % CHUNK_BYTES)


def _heard(folder: Path) -> Iterator[bytes]:
    pcm = b""
    while True:
        if not pcm and (recording := folder / "now.wav").exists():
            pcm = _samples(recording)
        yield pcm[:CHUNK_BYTES] or bytes(CHUNK_BYTES)
        pcm = pcm[CHUNK_BYTES:]


def main(folder: Path) -> None:
    """Play until the listener is gone."""
    due = time.monotonic()
    for chunk in _heard(folder):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        due += CHUNK_BYTES / 2 / RATE_HZ
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(Path(sys.argv[1]))
