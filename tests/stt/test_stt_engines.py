"""The speech-to-text stage's engines, and many clients on one of them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from wyoming.audio import AudioStop
from wyoming.info import Describe, Info

from tests.stt_stage import (
    LIMIT_S,
    SENTENCE,
    Connect,
    Serve,
    StubEngine,
    StubSpec,
    answer,
    ask_like_home_assistant,
    begin,
    error,
    loudest,
    make_service,
    say,
    send,
    silence,
    transcript,
    until,
)
from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.protocol.service import Stage
from wyoming_servers.registry import find
from wyoming_servers.settings import build
from wyoming_servers.stt.server import SttService
from wyoming_servers.worker import Cancellation

# --- Engines --------------------------------------------------------------------------------------------------------


def fail_to_load() -> None:
    raise EngineUnavailableError("The model is corrupt.", remedy="Fetch it again.")


def test_auto_takes_whisper_where_its_model_is_on_disk(whisper_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = (find(Stage.STT, "whisper"), StubSpec())
    monkeypatch.setattr("wyoming_servers.registry.engines_of", lambda _: specs)
    with_model = SttService(build({"stt_dir": whisper_models}), DemoHome())
    without = SttService(build({"stt_dir": "/nowhere"}), DemoHome())
    assert [service.info.asr[0].models[0].name for service in (with_model, without)] == ["nano", "small"]


def test_without_any_engine_it_says_what_the_last_one_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = (find(Stage.STT, "whisper"),)
    monkeypatch.setattr("wyoming_servers.registry.engines_of", lambda _: specs)
    with pytest.raises(EngineUnavailableError, match="no Whisper model"):
        SttService(build({"stt_dir": "/nowhere"}), DemoHome())
    with pytest.raises(SettingsError, match="no engine sphinx"):
        SttService(build({"stt": "sphinx"}), DemoHome())


async def test_the_next_engine_takes_over_where_one_cannot_be_loaded(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    broken = StubEngine("broken")
    broken.on_load = fail_to_load
    service = make_service(broken, engine)
    client = await connect(await serve(service))
    assert await say(client, speech)
    assert service._host.engine is engine


async def test_without_any_engine_the_answer_is_why(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    engine.on_load = fail_to_load
    service = make_service(engine)
    client = await connect(await serve(service))
    await begin(client)
    await send(client, speech + silence(1.0))
    told = await error(client)
    assert (told.code, told.text) == ("engine-unavailable", "The model is corrupt. Fetch it again.")
    assert not service.info.asr[0].models[0].installed


async def test_an_engine_that_fails_is_an_error_and_not_a_transcript(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    def fail(_: Cancellation) -> None:
        raise RuntimeError("native")

    engine.on_recognize = fail
    client = await connect(await serve(service))
    await begin(client)
    await send(client, speech + silence(1.0))
    assert (await error(client)).code == "engine-failed"
    engine.on_recognize = lambda _: None
    assert await say(client, speech)


async def test_the_homes_names_reach_the_engine_and_are_refreshed(serve: Serve, engine: StubEngine) -> None:
    home = DemoHome()
    service = SttService(build({}), home, [engine])
    await serve(service)
    await until(lambda: len(engine.homes) == 1)
    home._publish()
    home._publish()
    await until(lambda: len(engine.homes) >= 2)
    assert engine.homes[-1] is home.snapshot
    await service.stop()
    assert not home._listeners


# --- Many clients, and clients that leave ---------------------------------------------------------------------------


async def test_twenty_sessions_at_once_do_not_mix(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    port = await serve(service)
    peaks = [6_000 + 100 * number for number in range(20)]
    clients = [await connect(port) for _ in peaks]
    spoken = [silence(0.3) + loudest(speech, peak) + silence(1.0) for peak in peaks]
    heard = await asyncio.gather(*map(ask_like_home_assistant, clients, spoken))
    assert heard == [str(peak) for peak in peaks]


@pytest.mark.parametrize("stopped", [True, False], ids=["at the end", "in a trial"])
async def test_a_client_that_vanishes_frees_its_job(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes, *, stopped: bool
) -> None:
    working, freed = threading.Event(), threading.Event()

    def segments(cancellation: Cancellation) -> None:
        if engine.recognitions > 1:
            return
        working.set()
        while not cancellation.cancelled:
            freed.wait(0.001)
        freed.set()

    engine.on_recognize = segments
    port = await serve(service)
    leaving = await connect(port)
    await begin(leaving)
    await send(leaving, speech + silence(0.4))
    if stopped:
        await leaving.write_event(AudioStop().event())
    await asyncio.to_thread(working.wait, LIMIT_S)
    await leaving.disconnect()
    assert await asyncio.to_thread(freed.wait, LIMIT_S)
    assert await say(await connect(port), loudest(speech, 7_000)) == "7000"
    await until(lambda: engine.closed == 2)


async def test_a_client_that_stalls_gets_the_transcript_of_what_there_is(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    service.stall_s = 0.05
    client = await connect(await serve(service))
    await begin(client)
    await send(client, loudest(speech, 7_000))
    assert await transcript(client) == "7000"


async def test_describe_is_answered_while_a_model_loads_and_clients_speak(
    serve: Serve, connect: Connect, service: SttService, engine: StubEngine, speech: bytes
) -> None:
    loaded = threading.Event()
    engine.on_load = lambda: (loaded.wait(LIMIT_S), None)[1]
    engine.text = SENTENCE
    port = await serve(service)
    speakers = [asyncio.create_task(say(await connect(port), silence(1) + speech + silence(1))) for _ in range(8)]
    client = await connect(port)
    for _ in range(200):
        await client.write_event(Describe().event())
        assert Info.is_type((await answer(client)).type)
    loaded.set()
    assert await asyncio.gather(*speakers) == [SENTENCE] * 8
