"""Speech-to-text takes up a model that arrives while it serves: nobody waits for it, and nobody is refused."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

import pytest
from wyoming.audio import AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

from tests.stt_stage import SENTENCE, Connect, Serve, StubEngine, begin, make_service, say, send, transcript, until
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build
from wyoming_servers.stt.server import SttService


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def without_model(folder: Path) -> SttService:
    return SttService(build({"stt_dir": folder}), DemoHome())


@pytest.fixture
def with_nano(whisper_models: Path, folder: Path) -> SttService:
    shutil.copytree(whisper_models / "nano", folder / "nano")
    return SttService(build({"stt_dir": folder}), DemoHome())


async def model_of(client: AsyncTcpClient) -> str:
    await client.write_event(Describe().event())
    event = await client.read_event()
    assert event is not None
    return Info.from_event(event).asr[0].models[0].name


async def test_a_model_that_arrives_is_used_and_info_says_so(
    serve: Serve, connect: Connect, without_model: SttService, whisper_models: Path, folder: Path, speech: bytes
) -> None:
    service = without_model
    client = await connect(await serve(service))
    assert await model_of(client) == "pocketsphinx-en-us"
    await asyncio.to_thread(shutil.copytree, whisper_models / "nano", folder / "nano")
    await service.reload()
    assert await model_of(client) == "nano"
    assert await say(client, speech) == SENTENCE
    used = service._host.engine
    await service.reload()
    assert service._host.engine is used, "what is in use already is not loaded again"


async def test_a_model_that_is_broken_leaves_everything_as_it_is(
    serve: Serve, connect: Connect, with_nano: SttService, folder: Path, speech: bytes
) -> None:
    client = await connect(await serve(with_nano))
    assert await say(client, speech) == SENTENCE
    larger = await asyncio.to_thread(shutil.copytree, folder / "nano", folder / "larger")
    (larger / "model.bin").write_bytes(bytes(2 * (larger / "model.bin").stat().st_size))
    await with_nano.reload()
    assert await model_of(client) == "nano"
    assert await say(client, speech) == SENTENCE


async def test_an_utterance_ends_on_the_engine_that_it_began_with(
    serve: Serve, connect: Connect, engine: StubEngine, speech: bytes
) -> None:
    old, new = engine, StubEngine("new")
    old.text, new.text = "the old one", "the new one"
    service = make_service(old)
    port = await serve(service)
    speaking, other = await connect(port), await connect(port)
    await begin(speaking)
    await send(speaking, speech)
    await until(lambda: bool(old.fed))
    await service.replace(lambda _: [new])
    assert await say(other, speech) == "the new one"
    await speaking.write_event(AudioStop().event())
    assert await transcript(speaking) == "the old one"
    await until(lambda: old.closed == 1)


async def test_the_new_engine_knows_the_home_before_it_hears_anybody(serve: Serve, engine: StubEngine) -> None:
    new, home = StubEngine("new"), DemoHome()
    gate = threading.Event()

    def load() -> None:
        gate.wait(10)

    new.on_load = load
    service = make_service(engine)
    await serve(service)
    replacing = asyncio.create_task(service.replace(lambda _: [new]))
    await until(lambda: bool(new.homes))
    assert new.homes[0].naming == home.snapshot.naming
    gate.set()
    assert await replacing
