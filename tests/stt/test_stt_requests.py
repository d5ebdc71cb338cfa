"""What a client may ask of speech-to-text, with bad input, and what it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from wyoming.asr import Transcribe
from wyoming.audio import AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Describe, Info

from tests.stt_stage import (
    RATE_HZ,
    SENTENCE,
    Connect,
    Serve,
    StubEngine,
    answer,
    ask_like_home_assistant,
    begin,
    chunks,
    error,
    loudest,
    make_service,
    say,
    send,
    silence,
    transcript,
)
from wyoming_servers.stt.engine import SttRequest
from wyoming_servers.stt.server import SttService

# --- Requests -------------------------------------------------------------------------------------------------------


async def test_names_and_language_reach_the_engine(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    client = await connect(await serve(service))
    request = Transcribe(language="zh-TW", transcript_names=["Nabu"], transcript_terms=["Zeitschaltuhr"])
    await say(client, speech, request)
    assert engine.requests == [SttRequest("zh-TW", ("Nabu", "Zeitschaltuhr"))]


@pytest.mark.parametrize("name", ["stub", "small"])
async def test_the_model_may_be_asked_for_by_name(
    serve: Serve, connect: Connect, service: SttService, speech: bytes, name: str
) -> None:
    client = await connect(await serve(service))
    assert await say(client, speech, Transcribe(name=name))


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        ({"name": "large-v9"}, "unknown-model", "small"),
        ({"name": ["small"]}, "unknown-model", "small"),
        ({"language": "tlh"}, "bad-request", "en, zh, de"),
        ({"language": 7}, "bad-request", "en, zh, de"),
        ({"transcript_names": "Nabu"}, "bad-request", "lists"),
        ({"transcript_terms": [1]}, "bad-request", "lists"),
    ],
)
async def test_what_cannot_be_asked_for_is_an_error_that_says_what_can(
    serve: Serve, connect: Connect, service: SttService, speech: bytes, data: dict[str, Any], code: str, says: str
) -> None:
    client = await connect(await serve(service))
    await client.write_event(Event("transcribe", data))
    told = await error(client)
    assert told.code == code
    assert says in told.text
    assert await say(client, speech), "the next request is served"


async def test_info_says_what_is_true(serve: Serve, connect: Connect, whisper: SttService) -> None:
    client = await connect(await serve(whisper))
    await client.write_event(Describe().event())
    (program,) = Info.from_event(await answer(client)).asr
    (model,) = program.models
    assert (program.name, model.name, model.installed) == ("sotto", "nano", True)
    assert not program.requires_external_vad
    assert {"en", "zh", "de", "jv"} <= set(model.languages)
    assert "yue" not in model.languages, "only the newest models know Cantonese"


# --- Bad input ------------------------------------------------------------------------------------------------------


async def test_a_chunk_without_a_start_is_taken_as_it_says_of_itself(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await client.write_event(Transcribe().event())
    await send(client, loudest(speech, 7_000))
    await client.write_event(AudioStop().event())
    assert await transcript(client) == "7000"


async def test_audio_may_come_without_transcribe_where_there_is_no_other_stage(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await client.write_event(AudioStart(RATE_HZ, 2, 1).event())
    await send(client, loudest(speech, 7_000))
    await client.write_event(AudioStop().event())
    assert await transcript(client) == "7000"


async def test_audio_stop_without_audio_is_an_empty_transcript(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await client.write_event(Transcribe().event())
    await client.write_event(AudioStop().event())
    assert await transcript(client) == ""
    assert await say(client, speech)


async def test_a_second_transcribe_in_an_utterance_is_an_error(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await begin(client)
    await client.write_event(Transcribe().event())
    assert (await error(client)).code == "unexpected-event"
    assert await say(client, speech)


async def test_ten_minutes_of_speech_are_cut_and_answered(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    client = await connect(await serve(make_service(engine, max_utterance_s=3.0)))
    ten_minutes = speech * (600 * 2 * RATE_HZ // len(speech))
    assert await ask_like_home_assistant(client, ten_minutes)
    assert len(engine.fed[0]) <= len(silence(4.0))
    assert await say(client, speech)


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(48_000, 2, 2), (44_100, 2, 1), (8_000, 2, 1), (22_050, 4, 1), (16_000, 1, 1)]
)
async def test_other_formats_are_converted(
    serve: Serve, connect: Connect, whisper: SttService, speech: bytes, rate: int, width: int, channels: int
) -> None:
    samples = np.frombuffer(silence(0.2) + speech + silence(0.2), "<i2").astype(float) / 32768
    there = np.interp(np.arange(0, len(samples), RATE_HZ / rate), np.arange(len(samples)), samples)
    kinds: dict[int, tuple[float, float, str]] = {1: (127, 128, "u1"), 2: (32767, 0, "<i2"), 4: (2**31 - 1, 0, "<i4")}
    scale, offset, kind = kinds[width]
    pcm = np.repeat(there * scale + offset, channels).astype(kind).tobytes()
    client = await connect(await serve(whisper))
    await client.write_event(Transcribe().event())
    await client.write_event(AudioStart(rate, width, channels).event())
    for event in chunks(pcm, 1001, rate, width, channels):
        await client.write_event(event)
    await client.write_event(AudioStop().event())
    assert await transcript(client) == SENTENCE


@pytest.mark.parametrize(
    "format_",
    [{"rate": 0}, {"rate": -1}, {"rate": 10**9}, {"width": 7}, {"channels": 0}, {"rate": "fast"}, {"rate": None}],
)
@pytest.mark.parametrize("kind", ["audio-start", "audio-chunk"])
async def test_a_format_that_is_none_is_an_error(
    serve: Serve, connect: Connect, service: SttService, speech: bytes, format_: dict[str, Any], kind: str
) -> None:
    client = await connect(await serve(service))
    await client.write_event(Transcribe().event())
    data = {"rate": RATE_HZ, "width": 2, "channels": 1, **format_}
    await client.write_event(Event(kind, data, b"1234" if kind == "audio-chunk" else None))
    assert (await error(client)).code == "bad-request"
    assert await say(client, speech)


async def test_strange_events_in_an_utterance_are_let_pass(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await begin(client)
    await client.write_event(Event("whatever", {"a": 1}))
    await send(client, loudest(speech, 7_000))
    await client.write_event(AudioStop().event())
    assert await transcript(client) == "7000"
