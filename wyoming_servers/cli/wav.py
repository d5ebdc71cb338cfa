"""WAV files in and out of the command line."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

from ..errors import BadRequestError
from .assistant import Audio

MAX_S = 600
"""How much of an endless stream, such as a microphone's, is read."""


def read_wav(name: str) -> Audio:
    """Return the audio of a WAV file, or of standard input for `-`.

    Raises BadRequestError for what is no WAV file with PCM samples.
    """
    source = sys.stdin.buffer if name == "-" else name
    try:
        with wave.open(source, "rb") as file:
            rate = file.getframerate()
            return Audio(file.readframes(rate * MAX_S), rate, file.getsampwidth(), file.getnchannels())
    except OSError as err:
        raise BadRequestError(f"{name} cannot be read: {err.strerror}.") from None
    except (wave.Error, EOFError) as err:
        raise BadRequestError(
            f"{name} is not a WAV file with PCM samples ({err}).",
            remedy="Convert it, for example with: sox IN -b 16 OUT.wav",
        ) from None


def write_wav(path: Path, audio: Audio) -> None:
    """Write the audio; raises BadRequestError if the file cannot be written."""
    try:
        with wave.open(str(path), "wb") as file:
            file.setframerate(audio.rate)
            file.setsampwidth(audio.width)
            file.setnchannels(audio.channels)
            file.writeframes(audio.pcm)
    except OSError as err:
        raise BadRequestError(f"{path} cannot be written: {err.strerror}.") from None
