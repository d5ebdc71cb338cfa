"""What is measured, from the outside, as Home Assistant would: over Wyoming, with audio in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.info import Describe
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
)

RATE_HZ = 16_000
CHUNK_S = 0.032
"""Home Assistant passes a satellite's audio on in pieces of 10 to 64 ms."""
HOME_ASSISTANT_SILENCE_S = 0.7
"""After which Home Assistant ends the audio of a server that leaves endpointing to it (assist_pipeline, default)."""
GIVE_UP_S = 30.0


async def transcript_delay_s(port: int, speech: bytes, *, stops: bool) -> float:
    """Return the seconds from the end of speech to the transcript.

    `speech` (16 kHz, 16-bit, mono) ends with its last sound; silence follows in real time. `stops`: the client
    ends the audio after Home Assistant's silence, for a server that does not find the end itself.
    """
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(RATE_HZ, 2, 1).event())
        started = monotonic()
        end_of_speech = started + len(speech) / 2 / RATE_HZ
        sending = asyncio.create_task(_send_in_real_time(client, speech, started, stops=stops))
        try:
            while (event := await client.read_event()) is not None:
                if Transcript.is_type(event.type):
                    return monotonic() - end_of_speech
                if Error.is_type(event.type):
                    raise RuntimeError(Error.from_event(event).text)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    raise RuntimeError("The connection was closed without a transcript.")


async def _send_in_real_time(client: AsyncTcpClient, speech: bytes, started: float, *, stops: bool) -> None:
    silence_s = HOME_ASSISTANT_SILENCE_S if stops else GIVE_UP_S
    audio = speech + bytes(2 * int(silence_s * RATE_HZ))
    step = 2 * int(CHUNK_S * RATE_HZ)
    for start in range(0, len(audio), step):
        await asyncio.sleep(max(0.0, started + start / 2 / RATE_HZ - monotonic()))
        await client.write_event(AudioChunk(RATE_HZ, 2, 1, audio[start : start + step]).event())
    if stops:
        await client.write_event(AudioStop().event())


async def first_audio_s(port: int, text: str) -> float:
    """Return the seconds from the reply's first words to its first audio, streamed as Home Assistant streams."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        started = monotonic()
        sending = asyncio.create_task(_send_reply(client, text))
        first: float | None = None
        while (event := await client.read_event()) is not None:
            if AudioChunk.is_type(event.type) and first is None:
                first = monotonic() - started
            if SynthesizeStopped.is_type(event.type):
                break
        await sending
    if first is None:
        raise RuntimeError("No audio came.")
    return first


async def _send_reply(client: AsyncTcpClient, text: str) -> None:
    await client.write_event(SynthesizeStart().event())
    for start in range(0, len(text), 5):
        await client.write_event(SynthesizeChunk(text=text[start : start + 5]).event())
    await client.write_event(Synthesize(text=text).event())
    await client.write_event(SynthesizeStop().event())


async def describe_s(port: int) -> float:
    """Return the seconds that `describe` takes, on a connection of its own."""
    started = monotonic()
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        await client.read_event()
    return monotonic() - started


@asynccontextmanager
async def busy_speaking(port: int, make_text: Callable[[], str]) -> AsyncIterator[None]:
    """Keep the server synthesising while entered, one text after the other."""

    async def speak() -> None:
        while True:
            await first_audio_s(port, make_text())

    task = asyncio.create_task(speak())
    try:
        await asyncio.sleep(0.2)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
