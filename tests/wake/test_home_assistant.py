"""The whole stage, driven event by event as Home Assistant's integration does it."""

from __future__ import annotations

import asyncio
import shutil
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pyopen_wakeword
import pytest
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.wake import Detect, Detection

from wyoming_servers.settings import Settings
from wyoming_servers.wake.server import WakeService

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]
SettingsFactory = Callable[..., Settings]

CHUNK_BYTES = 2_048
SILENCE = bytes(32_000)
RECORDED = ("alexa", "hey_jarvis", "okay_nabu")
SPOKEN = ("hey_jarvis", "hey_rhasspy", "okay_nabu")


async def microphone(pcm: bytes) -> AsyncIterator[tuple[bytes, int]]:
    """Yield chunks with their times, and never an end."""
    for start in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[start : start + CHUNK_BYTES], start // 32
    while True:
        await asyncio.sleep(0.02)  # what a microphone does between two chunks
        yield bytes(CHUNK_BYTES), 0


async def listen(client: AsyncTcpClient, pcm: bytes, word: str | None) -> Detection:
    """Send and read side by side until a detection, with no audio-stop, as `wake_word.py` of 2026.10.4 does."""
    await client.write_event(Detect(names=[word] if word else None).event())
    await client.write_event(AudioStart(rate=16_000, width=2, channels=1).event())

    async def talk() -> None:
        async for audio, at_ms in microphone(pcm):
            chunk = AudioChunk(rate=16_000, width=2, channels=1, audio=audio, timestamp=at_ms)
            await client.write_event(chunk.event())

    talking = asyncio.create_task(talk())
    try:
        async with asyncio.timeout(30):
            event: Event | None = await client.read_event()
        assert event is not None
        assert Detection.is_type(event.type), event
        return Detection.from_event(event)
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


@pytest.mark.parametrize("word", SPOKEN)
async def test_a_spoken_word_is_detected(
    settings_with: SettingsFactory, serve: Serve, connect: Connect, spoken: Callable[[str], bytes], word: str
) -> None:
    client = await connect(await serve(WakeService(settings_with())))
    pcm = SILENCE + spoken(word.replace("_", " ")) + SILENCE
    detection = await listen(client, pcm, word)
    assert detection.name == word
    assert detection.timestamp is not None
    assert 1_000 < detection.timestamp < len(pcm) // 32


async def test_any_word_is_detected_when_none_is_named(
    settings_with: SettingsFactory, serve: Serve, connect: Connect, spoken: Callable[[str], bytes]
) -> None:
    client = await connect(await serve(WakeService(settings_with())))
    assert (await listen(client, spoken("hey rhasspy") + SILENCE, None)).name == "hey_rhasspy"


async def test_the_words_of_others_are_passed_over(
    settings_with: SettingsFactory, serve: Serve, connect: Connect, spoken: Callable[[str], bytes]
) -> None:
    client = await connect(await serve(WakeService(settings_with())))
    before = spoken("hey jarvis") + SILENCE + spoken("hey rhasspy") + SILENCE
    detection = await listen(client, before + spoken("okay nabu") + SILENCE, "okay_nabu")
    assert detection.name == "okay_nabu"
    assert detection.timestamp is not None
    assert detection.timestamp > len(before) // 32


@pytest.mark.parametrize("word", RECORDED)
async def test_a_recorded_word_is_detected(
    settings_with: SettingsFactory, serve: Serve, connect: Connect, shared: Path, word: str
) -> None:
    with wave.open(str(shared / "audio" / "wake" / f"{word}.wav")) as recording:
        pcm = recording.readframes(recording.getnframes())
    client = await connect(await serve(WakeService(settings_with())))
    assert (await listen(client, pcm, None)).name == word


async def test_a_custom_word_is_detected_by_the_name_of_its_file(
    settings_with: SettingsFactory, serve: Serve, connect: Connect, spoken: Callable[[str], bytes], tmp_path: Path
) -> None:
    (tmp_path / "wake").mkdir()
    model = Path(pyopen_wakeword.__file__).parent / "models" / "hey_jarvis.tflite"
    shutil.copy(model, tmp_path / "wake" / "my_butler_v2.tflite")
    client = await connect(await serve(WakeService(settings_with())))
    assert (await listen(client, spoken("hey jarvis") + SILENCE, "my_butler_v2")).name == "my_butler_v2"
