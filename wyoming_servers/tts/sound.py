"""The audio of one reply on the wire: one format, one start, one stop, whatever the voices' own rates are."""

from __future__ import annotations

import asyncio

import numpy as np
from wyoming.audio import AudioChunk, AudioStart, AudioStop

from ..protocol.audio import AudioConverter
from ..protocol.connection import Connection
from .engine import Speech

CHUNK_SAMPLES = 2048
"""93 ms at 22,050 Hz. With half of it a reply takes twice the events and arrives no earlier."""
SILENT_RATE_HZ = 22_050
SILENT_S = 0.1
"""For a text without anything to say: a WAV file without samples is an error to Home Assistant's converter."""
_QUIET = 300
"""Of 32767, -41 dBFS: the breath after a sentence."""


class AudioStream:
    """Sends speech to a client; the first one's rate is the whole stream's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rate_hz = 0
        self._samples_sent = 0
        self._quiet_samples = 0
        """At the end of the piece of text that is being sent."""
        self._pause_samples = 0
        self._converter: AudioConverter | None = None
        """For the rest of a piece whose rate is not the stream's."""

    async def write(self, speech: Speech, pause_s: float) -> None:
        """Send a portion. Before what follows there will be `pause_s` of silence, of which some may be in this one."""
        await self._start(speech.rate_hz)
        pcm = speech.pcm if speech.rate_hz == self._rate_hz else await asyncio.to_thread(self._resample, speech)
        await self._send(bytes(2 * self._pause_samples) + pcm)
        quiet = trailing_silence(pcm)
        self._quiet_samples = quiet + (self._quiet_samples if 2 * quiet == len(pcm) else 0)
        self._pause_samples = max(0, round(pause_s * self._rate_hz) - self._quiet_samples)
        if speech.ends:
            self._quiet_samples = 0

    async def end(self) -> None:
        """Send the end; a reply without any speech becomes a moment of silence."""
        if not self._rate_hz:
            await self._start(SILENT_RATE_HZ)
            await self._send(bytes(2 * round(SILENT_S * SILENT_RATE_HZ)))
        await self._connection.write(AudioStop(timestamp=self._timestamp_ms).event())

    async def _start(self, rate_hz: int) -> None:
        if not self._rate_hz:
            self._rate_hz = rate_hz
            await self._connection.write(AudioStart(rate=rate_hz, width=2, channels=1, timestamp=0).event())

    async def _send(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), 2 * CHUNK_SAMPLES):
            audio = pcm[start : start + 2 * CHUNK_SAMPLES]
            chunk = AudioChunk(rate=self._rate_hz, width=2, channels=1, audio=audio, timestamp=self._timestamp_ms)
            await self._connection.write(chunk.event())
            self._samples_sent += len(audio) // 2

    def _resample(self, speech: Speech) -> bytes:
        if self._converter is None:
            self._converter = AudioConverter(rate_hz=speech.rate_hz, width=2, channels=1, to_rate_hz=self._rate_hz)
        pcm = self._converter.convert(speech.pcm, last=speech.ends)
        if speech.ends:
            self._converter = None
        return pcm

    @property
    def _timestamp_ms(self) -> int:
        return self._samples_sent * 1000 // self._rate_hz


def trailing_silence(pcm: bytes) -> int:
    """Return how many samples at the end of 16-bit PCM are quiet, at most half a second's."""
    samples = np.frombuffer(pcm[-SILENT_RATE_HZ:], "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _QUIET)
    return len(samples) - (int(loud[-1]) + 1 if loud.size else 0)
