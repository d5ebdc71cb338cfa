"""The speech-to-text stage over real sockets, with Home Assistant's order of events."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioStop

from tests.stand_ins import MakeSpeech
from tests.stt_stage import (
    LIMIT_S,
    RATE_HZ,
    SENTENCE,
    Connect,
    Serve,
    StubEngine,
    answer,
    ask_like_home_assistant,
    begin,
    loudest,
    make_service,
    say,
    send,
    silence,
    transcript,
)
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build
from wyoming_servers.stt.server import SttService
from wyoming_servers.worker import Cancellation

# --- The transcript -------------------------------------------------------------------------------------------------


async def test_whisper_transcribes_over_a_socket(
    serve: Serve, connect: Connect, whisper: SttService, speech: bytes
) -> None:
    client = await connect(await serve(whisper))
    assert await say(client, silence(0.3) + speech + silence(0.3)) == SENTENCE


async def test_the_transcript_comes_before_audio_stop_and_says_its_language(
    serve: Serve, connect: Connect, whisper: SttService, speech: bytes
) -> None:
    client = await connect(await serve(whisper))
    await begin(client, Transcribe(language="de-CH"))
    await send(client, silence(0.3) + speech + silence(0.8))
    event = await answer(client)
    assert Transcript.from_event(event) == Transcript(SENTENCE, language="de")


async def test_home_assistants_order_of_events(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    engine.text = "hello"
    client = await connect(await serve(service))
    assert await ask_like_home_assistant(client, silence(0.3) + speech + silence(60)) == "hello"
    assert await say(client, speech) == "hello", "late audio of the first request does not disturb the second"


async def test_a_language_model_is_told_when_somebody_begins_to_speak(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    told: list[str] = []
    service = SttService(build({}), DemoHome(), [engine], prepare=told.append)
    client = await connect(await serve(service))
    await begin(client, Transcribe(language="zh-CN"))
    await send(client, speech + silence(1))
    await answer(client)
    assert told == ["zh-CN"]


@pytest.mark.parametrize("samples", [1, 160, 511, 1024, 200_000])
async def test_chunks_may_have_any_size(
    serve: Serve, connect: Connect, service: SttService, make_speech: MakeSpeech, samples: int
) -> None:
    client = await connect(await serve(service))
    await begin(client)
    await send(client, loudest(make_speech("stop"), 12_345), samples)
    await client.write_event(AudioStop().event())
    assert await transcript(client) == "12345"


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        silence(1.0),
        np.random.default_rng(1).normal(0, 1500, 2 * RATE_HZ).astype("<i2").tobytes(),
        (8000 * np.sin(np.arange(2 * RATE_HZ) * 2 * np.pi * 50 / RATE_HZ)).astype("<i2").tobytes(),
    ],
    ids=["nothing", "silence", "noise", "hum"],
)
async def test_silence_and_noise_are_an_empty_transcript_that_costs_no_recognition(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, pcm: bytes
) -> None:
    client = await connect(await serve(service))
    assert await say(client, pcm) == ""
    assert engine.recognitions == 0


async def test_without_speech_and_without_audio_stop_the_answer_comes_all_the_same(
    serve: Serve, connect: Connect, engine: StubEngine
) -> None:
    client = await connect(await serve(make_service(engine, no_speech_s=2.0)))
    assert await ask_like_home_assistant(client, silence(10)) == ""


async def test_leading_silence_is_not_given_to_the_engine_but_the_first_syllable_is(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await say(client, silence(6.0) + speech + silence(0.1))
    (fed,) = engine.fed
    assert speech in fed
    assert len(fed) <= len(silence(1.2) + speech + silence(0.1))


async def test_after_audio_stop_in_mid_word_everything_is_recognised(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await say(client, speech)
    assert engine.fed[0].endswith(speech[-3000:])
    assert engine.recognitions == 1


# --- Recognition on trial -------------------------------------------------------------------------------------------


async def test_the_words_are_ready_when_the_end_is_decided(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    recognised = threading.Event()
    engine.on_recognize = lambda _: recognised.set()
    client = await connect(await serve(service))
    await begin(client)
    await send(client, speech + silence(0.4))
    assert await asyncio.to_thread(recognised.wait, LIMIT_S), "recognition begins at the pause"
    await send(client, silence(0.5))
    await transcript(client)
    assert engine.recognitions == 1, "and is not done again"


async def test_a_trial_is_thrown_away_when_speech_goes_on(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    tried = threading.Event()
    dropped = threading.Event()

    def recognize(cancellation: Cancellation) -> None:
        if engine.recognitions == 1:
            tried.set()
            while not cancellation.cancelled:
                dropped.wait(0.001)
            dropped.set()

    engine.on_recognize = recognize
    client = await connect(await serve(service))
    await begin(client)
    await send(client, loudest(speech, 5_000) + silence(0.4))
    await asyncio.to_thread(tried.wait, LIMIT_S)
    await send(client, loudest(speech, 20_000) + silence(0.9))
    assert await transcript(client) == "20000"
    assert dropped.is_set()


@pytest.mark.parametrize("from_engine", [True, False])
async def test_a_whole_command_is_answered_after_less_silence(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes, *, from_engine: bool
) -> None:
    engine.text, engine.complete = SENTENCE, from_engine
    service = make_service(
        engine, silence_s=5.0, is_command=lambda text, language: (text, language) == (SENTENCE, "en")
    )
    client = await connect(await serve(service))
    await begin(client)
    await send(client, speech + silence(0.6))
    assert await transcript(client) == SENTENCE


async def test_what_is_no_command_waits_for_the_whole_silence(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    client = await connect(await serve(make_service(engine, silence_s=2.0, is_command=lambda *_: False)))
    await begin(client)
    await send(client, loudest(speech, 5_000) + silence(1.5) + loudest(speech, 20_000) + silence(2.5))
    assert await transcript(client) == "20000"


async def test_a_trial_that_fails_is_done_again_at_the_end(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    def fail_once(_: Cancellation) -> None:
        if engine.recognitions == 1:
            raise RuntimeError("native")

    engine.on_recognize = fail_once
    client = await connect(await serve(service))
    assert await say(client, loudest(speech, 9_000) + silence(0.5)) == "9000"


@pytest.mark.parametrize(
    ("sensitivity", "pause_s", "heard"),
    [("aggressive", 0.5, "5000"), ("default", 0.5, "20000"), ("default", 1.0, "5000"), ("relaxed", 1.0, "20000")],
)
async def test_a_client_chooses_how_patient_we_are(
    serve: Serve, connect: Connect, service: SttService, speech: bytes, sensitivity: str, pause_s: float, heard: str
) -> None:
    client = await connect(await serve(service))
    await begin(client, Transcribe(vad_sensitivity=sensitivity))
    await send(client, loudest(speech, 5_000) + silence(pause_s) + loudest(speech, 20_000) + silence(2))
    assert await transcript(client) == heard
