"""WAV files in and out of the command line."""

from __future__ import annotations

import asyncio
import os
import stat
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from ..errors import BadRequestError
from ..pipeline.audio import Audio, AudioFormat
from ..pipeline.recording import Recording

_PCM = 1
_EXTENSIBLE = 0xFFFE
_ENDLESS = 0x7FFF0000
"""A header written before the length was known has 0, or from 2 GiB on some number such as arecord's."""


@asynccontextmanager
async def open_wav(name: str) -> AsyncIterator[Recording]:
    """Open a WAV file, or standard input for `-`, which is played as it arrives.

    Raises BadRequestError for what is no WAV file with PCM samples.
    """
    source = asyncio.StreamReader()
    transport = await _connect(name, source)
    try:
        yield await _read_header(name, source)
    finally:
        if transport is not None:
            transport.close()


async def _connect(name: str, source: asyncio.StreamReader) -> asyncio.BaseTransport | None:
    """Let the source have the bytes: a file's at once, a pipe's or terminal's as they come."""
    if name == "-" and sys.stdin is None:
        raise BadRequestError("Standard input is closed.", remedy="Name a WAV file, or pipe one in.")
    try:
        if name == "-" and _comes_bit_by_bit(sys.stdin.buffer):
            loop = asyncio.get_running_loop()
            transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(source), sys.stdin.buffer)
            return transport
        source.feed_data(await asyncio.to_thread(sys.stdin.buffer.read if name == "-" else Path(name).read_bytes))
    except OSError as err:
        raise BadRequestError(f"{name} cannot be read: {err.strerror}.") from None
    source.feed_eof()
    return None


def _comes_bit_by_bit(file: IO[bytes]) -> bool:
    mode = os.fstat(file.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or file.isatty()


async def _read_header(name: str, source: asyncio.StreamReader) -> Recording:
    """Read up to the first sample: RIFF, then chunks with a name and a length each, of which `data` is the last."""
    try:
        riff, _, kind = struct.unpack("<4sI4s", await source.readexactly(12))
        audio_format = None
        while (riff, kind) == (b"RIFF", b"WAVE"):
            chunk, length = struct.unpack("<4sI", await source.readexactly(8))
            if chunk == b"data" and audio_format is not None:
                return Recording.of(source, audio_format, length if 0 < length < _ENDLESS else None)
            body = await source.readexactly(length + length % 2)
            if chunk == b"fmt ":
                audio_format = _format(body)
    except (asyncio.IncompleteReadError, struct.error, ValueError):
        pass
    raise BadRequestError(
        f"{name} is not a WAV file with PCM samples.", remedy="Convert it, for example with: sox IN -b 16 OUT.wav"
    )


def _format(body: bytes) -> AudioFormat:
    """Read the chunk `fmt`; raises struct.error or ValueError for what is no PCM."""
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE:
        (tag,) = struct.unpack_from("<H", body, 24)
    if tag != _PCM or bits % 8 or 0 in {channels, rate, bits}:
        raise ValueError
    return AudioFormat(rate, bits // 8, channels)


def write_wav(path: Path, audio: Audio) -> None:
    """Write the audio; raises BadRequestError if the file cannot be written."""
    try:
        path.write_bytes(audio.wav())
    except OSError as err:
        raise BadRequestError(f"{path} cannot be written: {err.strerror}.") from None
