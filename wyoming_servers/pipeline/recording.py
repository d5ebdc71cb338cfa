"""What is played to the server: a recording, or a microphone whose audio is still arriving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from .audio import AudioFormat

CHUNK_S = 0.064
KEPT_S = 600
"""How much of what was played is kept to be played again; of a microphone that waits for its wake word, the last."""


@dataclass
class _Tape:
    """What has been read of the source so far, less what is older than KEPT_S."""

    source: asyncio.StreamReader
    format: AudioFormat
    left: int | None
    """Bytes that the source still has; None for as many as come."""
    pcm: bytearray
    dropped: int = 0
    """Bytes at the beginning that are kept no longer."""

    async def read(self, start: int) -> bytes:
        """Return a chunk from this byte on, or from the first that is kept; nothing at the end."""
        if start >= self.dropped + len(self.pcm):
            await self._read_more()
        at = max(0, start - self.dropped)
        return bytes(self.pcm[at : at + self.format.bytes_of(CHUNK_S)])

    async def _read_more(self) -> None:
        wanted = self.format.bytes_of(CHUNK_S)
        try:
            chunk = await self.source.readexactly(wanted if self.left is None else min(wanted, self.left))
        except asyncio.IncompleteReadError as err:
            chunk = err.partial[: len(err.partial) - len(err.partial) % self.format.frame_bytes]
        if self.left is not None:
            self.left -= len(chunk)
        self.pcm += chunk
        if (old := len(self.pcm) - self.format.bytes_of(KEPT_S)) > 0:
            del self.pcm[:old]
            self.dropped += old


@dataclass(frozen=True)
class Recording:
    """Audio from some moment on; may be played several times, by one at a time."""

    _tape: _Tape
    _start: int = 0

    @classmethod
    def of(cls, source: asyncio.StreamReader, audio_format: AudioFormat, length: int | None) -> Recording:
        """Return the samples that the source has, `length` bytes of them or, with None, as many as come."""
        return cls(_Tape(source, audio_format, length, bytearray()))

    def after(self, start_s: float) -> Recording:
        """Return what follows that moment."""
        return replace(self, _start=self._start + self._tape.format.bytes_of(start_s))

    async def events(self) -> AsyncIterator[Event]:
        """Return the stream as events, each as soon as its audio is there: start, chunks, stop."""
        about = self._tape.format
        yield AudioStart(about.rate, about.width, about.channels, timestamp=0).event()
        at = max(self._start, self._tape.dropped)
        while pcm := await self._tape.read(at):
            at += len(pcm)
            yield AudioChunk(about.rate, about.width, about.channels, pcm).event()
        yield AudioStop().event()
