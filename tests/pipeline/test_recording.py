"""Audio that is played as it arrives, and again from any moment."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from wyoming.audio import AudioChunk, AudioStop

from wyoming_servers.cli.wav import open_wav
from wyoming_servers.errors import BadRequestError
from wyoming_servers.pipeline.audio import MONO
from wyoming_servers.pipeline.recording import CHUNK_S, Recording

CHUNK = MONO.bytes_of(CHUNK_S)


def wav(pcm: bytes, *, length: int | None = None, fmt: bytes | None = None) -> bytes:
    about = fmt or struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
    size = len(pcm) if length is None else length
    return (
        b"RIFF\0\0\0\0WAVELIST"
        + struct.pack("<I", 3) + b"odd\0"
        + b"fmt " + struct.pack("<I", len(about)) + about
        + b"data" + struct.pack("<I", size) + pcm
    )  # fmt: skip


async def played(recording: Recording) -> bytes:
    events = [event async for event in recording.events()]
    assert AudioStop.is_type(events[-1].type)
    return b"".join(event.payload or b"" for event in events[1:])


async def test_audio_is_played_before_the_rest_has_come() -> None:
    source = asyncio.StreamReader()
    events = Recording.of(source, MONO, None).events()
    await anext(events)
    for number in range(3):
        source.feed_data(bytes([number]) * CHUNK)
        event = await anext(events)
        assert AudioChunk.from_event(event).audio == bytes([number]) * CHUNK
    source.feed_eof()
    assert AudioStop.is_type((await anext(events)).type)


async def test_it_is_played_again_from_a_moment_on_and_goes_on_where_it_comes_from() -> None:
    source = asyncio.StreamReader()
    recording = Recording.of(source, MONO, None)
    first, second = recording.events(), recording.after(CHUNK_S / 2).events()
    source.feed_data(b"a" * CHUNK)
    for events in (first, second):
        await anext(events)
    assert (await anext(first)).payload == b"a" * CHUNK
    assert (await anext(second)).payload == b"a" * (CHUNK // 2)
    source.feed_data(b"b" * CHUNK)
    assert (await anext(second)).payload == b"b" * CHUNK


async def test_of_a_stream_without_end_the_last_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.pipeline.recording.KEPT_S", 2 * CHUNK_S)
    source = asyncio.StreamReader()
    recording = Recording.of(source, MONO, None)
    source.feed_data(b"".join(bytes([number]) * CHUNK for number in range(5)))
    source.feed_eof()
    assert len(await played(recording)) == 5 * CHUNK
    assert await played(recording) == bytes([3]) * CHUNK + bytes([4]) * CHUNK


@pytest.mark.parametrize(
    ("content", "pcm"),
    [
        (wav(b"1234"), b"1234"),
        (wav(b"1234") + b"LIST\x04\0\0\0junk", b"1234"),
        (wav(b"1234", length=0), b"1234"),
        (wav(b"1234", length=0x80000000), b"1234"),
        (wav(b"12345", length=0xFFFFFFFF), b"1234"),
        (wav(b"1234", fmt=struct.pack("<HHIIHHHHIH14x", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4, 1)), b"1234"),
    ],
    ids=["plain", "with a tail", "of unknown length", "arecord's", "ffmpeg's, cut off", "extensible"],
)
async def test_a_wav_file_is_read_to_the_end_of_its_samples(tmp_path: Path, content: bytes, pcm: bytes) -> None:
    path = tmp_path / "some.wav"
    path.write_bytes(content)
    async with open_wav(str(path)) as recording:
        assert await played(recording) == pcm


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ID3 an mp3 file, not a wave",
        wav(b"")[:30],
        b"RIFF\0\0\0\0WAVEdata\x04\0\0\x001234",
        wav(b"1234", fmt=struct.pack("<HHIIHH", 3, 1, 16_000, 64_000, 4, 32)),
        wav(b"1234", fmt=struct.pack("<HHIIHH", 1, 0, 16_000, 64_000, 4, 32)),
    ],
    ids=["empty", "no RIFF", "cut off", "without a format", "of floats", "without channels"],
)
async def test_what_is_no_wav_file_with_pcm_samples_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.wav"
    path.write_bytes(content)
    with pytest.raises(BadRequestError, match="not a WAV file"):
        async with open_wav(str(path)):
            pass
