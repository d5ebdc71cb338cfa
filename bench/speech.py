"""A spoken command to measure with, made by Sotto's own eSpeak engine."""

from __future__ import annotations

import numpy as np

from wyoming_servers.protocol.audio import AudioConverter
from wyoming_servers.settings import build
from wyoming_servers.tts.engines.espeak import create
from wyoming_servers.worker import Cancellation

COMMAND = "turn on the kitchen light"
LOUD = 300
"""Samples above this belong to the speech; eSpeak's silence is zero."""


def speak_command() -> bytes:
    """Return the command as 16 kHz, 16-bit mono samples, from a little before its first sound to its last."""
    engine = create(build({}))
    engine.load()
    voice = next(voice for voice in engine.voices if voice.language.startswith("en"))
    (speech,) = engine.synthesize(COMMAND, voice, None, Cancellation())
    converter = AudioConverter(rate_hz=speech.rate_hz, width=2, channels=1)
    samples = np.frombuffer(converter.convert(speech.pcm, last=True), "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
    lead = np.zeros(8000, "<i2")
    return np.concatenate([lead, samples[loud[0] : loud[-1] + 1]]).tobytes()
