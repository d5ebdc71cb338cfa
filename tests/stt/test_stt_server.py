"""The speech-to-text stage over real sockets, with Home Assistant's order of events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from tests.stand_ins import MakeSpeech
from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.model import HomeSnapshot
from wyoming_servers.protocol.service import Stage
from wyoming_servers.registry import find
from wyoming_servers.settings import Settings, build
from wyoming_servers.stt.engine import Recognition, SttCapabilities, SttEngine, SttRequest, SttSession
from wyoming_servers.stt.server import SttService
from wyoming_servers.worker import Cancellation

RATE_HZ = 16_000
SENTENCE = "turn on the kitchen light"
LIMIT_S = 20.0

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]


# --- A recogniser that can be watched -------------------------------------------------------------------------------


class StubEngine(SttEngine):
    """Hears the loudest sample of what it was fed, unless it is told what to hear."""

    def __init__(self, name: str = "stub") -> None:
        self.name = name
        self.text: str | None = None
        self.complete = False
        self.requests: list[SttRequest] = []
        self.fed: list[bytearray] = []
        self.homes: list[HomeSnapshot] = []
        self.recognitions = 0
        self.closed = 0
        self.on_load: Callable[[], None] = lambda: None
        self.on_recognize: Callable[[Cancellation], None] = lambda _: None

    @property
    def capabilities(self) -> SttCapabilities:
        return SttCapabilities(self.name, "small", "A stub", ("en", "zh", "de"), ("Nobody", "https://x.invalid"), "1")

    def load(self) -> None:
        self.on_load()

    def set_home(self, home: HomeSnapshot) -> None:
        self.homes.append(home)

    def start_session(self, request: SttRequest) -> SttSession:
        self.requests.append(request)
        return StubSession(self)


class StubSpec:
    """As in the registry."""

    name = "stub"

    def create(self, _: Settings) -> SttEngine:
        return StubEngine()


class StubSession(SttSession):
    def __init__(self, engine: StubEngine) -> None:
        self._engine = engine
        self._pcm = bytearray()
        engine.fed.append(self._pcm)

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm

    def recognize(self, cancellation: Cancellation) -> Recognition:
        engine = self._engine
        engine.recognitions += 1
        engine.on_recognize(cancellation)
        loudest = str(np.abs(np.frombuffer(bytes(self._pcm), "<i2").astype(int)).max())
        return Recognition(loudest if engine.text is None else engine.text, "en", complete=engine.complete)

    def close(self) -> None:
        self._engine.closed += 1


# --- A client -------------------------------------------------------------------------------------------------------


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE_HZ))


def loudest(pcm: bytes, peak: int) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    return bytes((samples * (peak / np.abs(samples).max())).round().astype("<i2").tobytes())


def chunks(pcm: bytes, samples: int = 1024, rate: int = RATE_HZ, width: int = 2, channels: int = 1) -> Iterator[Event]:
    step = samples * width * channels
    for start in range(0, len(pcm), step):
        yield AudioChunk(rate, width, channels, pcm[start : start + step]).event()


async def answer(client: AsyncTcpClient) -> Event:
    async with asyncio.timeout(LIMIT_S):
        event = await client.read_event()
    assert event is not None, "the connection was closed without an answer"
    return event


async def transcript(client: AsyncTcpClient) -> str:
    event = await answer(client)
    assert Transcript.is_type(event.type), event
    return Transcript.from_event(event).text


async def error(client: AsyncTcpClient) -> Error:
    event = await answer(client)
    assert Error.is_type(event.type), event
    return Error.from_event(event)


async def begin(client: AsyncTcpClient, request: Transcribe | None = None) -> None:
    await client.write_event((request or Transcribe(language="en")).event())
    await client.write_event(AudioStart(RATE_HZ, 2, 1).event())


async def send(client: AsyncTcpClient, pcm: bytes, samples: int = 1024) -> None:
    for event in chunks(pcm, samples):
        await client.write_event(event)


async def say(client: AsyncTcpClient, pcm: bytes, request: Transcribe | None = None) -> str:
    """Transcribe as a client that decides the end itself."""
    await begin(client, request)
    await send(client, pcm)
    await client.write_event(AudioStop().event())
    return await transcript(client)


async def ask_like_home_assistant(client: AsyncTcpClient, pcm: bytes) -> str:
    """Upload, 10 ms at a time, and read side by side; the first transcript wins. There is never an audio-stop."""
    await begin(client)
    uploading = asyncio.create_task(send(client, pcm, samples=160))
    try:
        return await transcript(client)
    finally:
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)


# --- Fixtures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def engine() -> StubEngine:
    return StubEngine()


@pytest.fixture
def service(engine: StubEngine) -> SttService:
    return make_service(engine)


def make_service(*engines: SttEngine, **settings: Any) -> SttService:
    is_command = settings.pop("is_command", None)
    values = {f"stt_{key}": value for key, value in settings.items()}
    return SttService(build(values), DemoHome(), engines or None, is_command)


@pytest.fixture
def whisper(whisper_models: Path) -> SttService:
    return SttService(build({"stt": "whisper", "stt_dir": whisper_models, "stt_model": "nano"}), DemoHome())


@pytest.fixture(scope="session")
def speech(make_speech: MakeSpeech) -> bytes:
    return make_speech(SENTENCE)


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
    assert len(fed) <= len(silence(0.7) + speech + silence(0.1))


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
    assert (program.name, model.name, model.installed) == ("whisper", "nano", True)
    assert not program.requires_external_vad
    assert {"en", "zh", "de", "jv"} <= set(model.languages)
    assert "yue" not in model.languages, "only the newest models know Cantonese"


# --- Engines --------------------------------------------------------------------------------------------------------


def fail_to_load() -> None:
    raise EngineUnavailableError("The model is corrupt.", remedy="Fetch it again.")


def test_auto_takes_whisper_where_its_model_is_on_disk(whisper_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.stt.server.engines_of", lambda _: (find(Stage.STT, "whisper"), StubSpec()))
    with_model = SttService(build({"stt_dir": whisper_models}), DemoHome())
    without = SttService(build({"stt_dir": "/nowhere"}), DemoHome())
    assert [service.info.asr[0].name for service in (with_model, without)] == ["whisper", "stub"]


def test_without_any_engine_it_says_what_the_last_one_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.stt.server.engines_of", lambda _: (find(Stage.STT, "whisper"),))
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
    assert service.info.asr[0].name == "stub"


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


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110 - what is waited for happens on a thread
            await asyncio.sleep(0)


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
    waits = []
    for _ in range(200):
        started = perf_counter()
        await client.write_event(Describe().event())
        assert Info.is_type((await answer(client)).type)
        waits.append(perf_counter() - started)
    loaded.set()
    assert await asyncio.gather(*speakers) == [SENTENCE] * 8
    assert np.percentile(waits, 99) < 0.05


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
