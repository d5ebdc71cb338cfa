"""Engines change several times while four clients keep asking: nobody is refused, and Info says what there is."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize

from tests.memory.limited import limited
from tests.stand_ins import MakeSpeech
from tests.stt_stage import SENTENCE, begin, send
from wyoming_servers.arrivals import Arrivals
from wyoming_servers.assembly import make_arrivals, make_mind, make_services
from wyoming_servers.front.server import Server
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import Settings, build

ANSWER_S = 60.0
"""Four clients, a model that loads and a test machine's two cores."""
UNCLEAR = "please tell me something about the colour of a quiet afternoon"


@dataclass
class Asking:
    """What clients got so far."""

    port: int
    speech: bytes
    heard: list[str] = field(default_factory=list)
    spoken_bytes: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    rounds: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    went_round: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def keep_asking(self) -> None:
        while not self.done.is_set():
            for ask in (self._describe, self._transcribe, self._synthesize):
                await self._ask(ask)
            async with self.went_round:
                self.rounds += 1
                self.went_round.notify_all()

    async def keep_thinking(self) -> None:
        while not self.done.is_set():
            await self._ask(self._converse)
            await asyncio.sleep(0.1)

    async def more_rounds(self, count: int) -> None:
        wanted = self.rounds + count
        async with self.went_round:
            await self.went_round.wait_for(lambda: self.rounds >= wanted)

    async def _ask(self, ask: Callable[[AsyncTcpClient], Awaitable[None]]) -> None:
        async with AsyncTcpClient("127.0.0.1", self.port) as client:
            try:
                async with asyncio.timeout(ANSWER_S):
                    await ask(client)
            except (OSError, TimeoutError) as err:
                self.failures.append(repr(err))

    async def _describe(self, client: AsyncTcpClient) -> None:
        await client.write_event(Describe().event())
        event = await self._next(client)
        if event is not None:
            self.models.append(Info.from_event(event).asr[0].models[0].name)

    async def _transcribe(self, client: AsyncTcpClient) -> None:
        await begin(client)
        await send(client, self.speech)
        await client.write_event(AudioStop().event())
        event = await self._next(client)
        if event is not None:
            self.heard.append(Transcript.from_event(event).text)

    async def _synthesize(self, client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text=f"Sentence number {len(self.spoken_bytes)} is new.").event())
        size = 0
        while (event := await self._next(client)) is not None and event.type != "audio-stop":
            size += len(AudioChunk.from_event(event).audio) if AudioChunk.is_type(event.type) else 0
        self.spoken_bytes.append(size)

    async def _converse(self, client: AsyncTcpClient) -> None:
        await client.write_event(Transcript(text=UNCLEAR, language="en").event())
        event = await self._next(client)
        if event is not None:
            answer = Handled.from_event(event) if Handled.is_type(event.type) else NotHandled.from_event(event)
            self.thought.append(answer.text or "")

    async def _next(self, client: AsyncTcpClient) -> Event | None:
        event = await client.read_event()
        if event is None or event.type == "error":
            self.failures.append("closed" if event is None else str(event.data))
            return None
        return event


@pytest.fixture(scope="session")
def speech(make_speech: MakeSpeech) -> bytes:
    return make_speech(SENTENCE)


@dataclass(frozen=True)
class Models:
    """Folders of stand-ins, and one language model that is larger than another by nothing but zeros."""

    whisper: Path
    piper: Path
    gguf: Path
    padded: Path


@pytest.fixture
def models(
    whisper_models: Path, piper_voices: Path, gguf_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Models:
    padded = tmp_path_factory.mktemp("padded") / "larger.gguf"
    padded.write_bytes((gguf_models / "nano.gguf").read_bytes() + bytes(1024))
    return Models(whisper_models, piper_voices, gguf_models, padded)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build({"data_dir": tmp_path, "llm_threads": 1, "llm_context": 8192, "llm_max_tokens": 16})


@dataclass
class Running:
    port: int
    arrivals: Arrivals
    taken: asyncio.Queue[str]


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    home = DemoHome()
    mind = await asyncio.to_thread(make_mind, settings)
    services = await asyncio.to_thread(make_services, settings, home, mind=mind)
    taken: asyncio.Queue[str] = asyncio.Queue()
    arrivals = make_arrivals(settings, services, None)
    for kind, (folder, reload) in arrivals._watched.items():
        arrivals._watched[kind] = folder, _told(kind, reload, taken)
    async with Server("tcp://127.0.0.1:0", services) as server:
        arrivals.start()
        try:
            assert server.port is not None
            yield Running(server.port, arrivals, taken)
        finally:
            await arrivals.stop()


def _told(kind: str, reload: Callable[[], Awaitable[None]], taken: asyncio.Queue[str]) -> Callable[[], Awaitable[None]]:
    async def reload_and_tell() -> None:
        await reload()
        taken.put_nowait(kind)

    return reload_and_tell


def put(source: Path, target: Path) -> None:
    """Have a model appear, whole, at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    coming = target.parent.parent / "coming"
    if source.is_dir():
        shutil.copytree(source, coming)
    else:
        shutil.copyfile(source, coming)
    coming.rename(target)


@pytest.mark.timeout(300)
async def test_engines_change_while_four_clients_keep_asking_and_no_request_fails(
    settings: Settings, tmp_path: Path, models: Models, speech: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    async def install(kind: str, source: Path, target: Path) -> None:
        """Put a model where it belongs, as the store does, and wait until it is taken up."""
        await asyncio.to_thread(put, source, target)
        at_work.arrivals.arrived(kind)
        async with asyncio.timeout(ANSWER_S):
            while await at_work.taken.get() != kind:
                pass
        await asking.more_rounds(4)

    async with running(settings) as at_work:
        asking = Asking(at_work.port, speech)
        clients = [asyncio.create_task(asking.keep_asking()) for _ in range(3)]
        clients.append(asyncio.create_task(asking.keep_thinking()))
        await asking.more_rounds(3)
        silent, first = max(asking.spoken_bytes), asking.models[-1]
        await install("stt", models.whisper / "nano.en", tmp_path / "whisper" / "first")
        voice = "en_US-noise-low.onnx"
        await install("tts", models.piper / f"{voice}.json", tmp_path / "piper" / f"{voice}.json")
        await install("tts", models.piper / voice, tmp_path / "piper" / voice)
        refused = asking.thought[-1]
        await install("llm", models.gguf / "nano.gguf", tmp_path / "llm" / "nano.gguf")
        answered = len(asking.thought)
        await install("stt", models.whisper / "nano", tmp_path / "whisper" / "second")
        heard = len(asking.heard)
        await install("llm", models.padded, tmp_path / "llm" / "larger.gguf")
        asking.done.set()
        await asyncio.gather(*clients)
    assert asking.failures == []
    assert first == "pocketsphinx-en-us"
    assert list(dict.fromkeys(asking.models)) == ["pocketsphinx-en-us", "first", "second"]
    assert set(asking.heard[heard:]) == {SENTENCE}
    assert all(asking.spoken_bytes)
    assert silent
    assert asking.thought[0] == refused
    assert refused not in asking.thought[answered + 1 :]
    assert "The language model is larger now, nano before" in caplog.text


@pytest.mark.timeout(300)
async def test_a_server_that_has_no_model_thinks_as_soon_as_somebody_copies_one_into_its_folder(
    tmp_path: Path, models: Models
) -> None:
    async with limited(tmp_path, lambda *command: command) as server:
        assert (await server.status())["model"] is None
        await asyncio.to_thread(put, models.gguf / "nano.gguf", tmp_path / "llm" / "nano.gguf")
        status = await server.until(lambda status: status["model"] is not None)
        assert (status["model"]["model"], status["model"]["state"]) == ("nano", "ready")
        await asyncio.to_thread((tmp_path / "llm" / "nano.gguf").unlink)
        await server.until(lambda status: status["model"] is None)
