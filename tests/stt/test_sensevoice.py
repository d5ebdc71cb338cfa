"""The SenseVoice engine on sherpa-onnx, with a model of the real format that hears one sentence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from wyoming.asr import Transcribe, Transcript

from tests.stand_in_sensevoice import FULL_STOP
from tests.stt_stage import Connect, Serve, answer, ask_like_home_assistant, begin, error, say, send, silence
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.model import Area, HomeSnapshot
from wyoming_servers.protocol.service import Stage
from wyoming_servers.registry import create_engines
from wyoming_servers.settings import build
from wyoming_servers.stt.engine import RATE_HZ, Recognition, SttRequest
from wyoming_servers.stt.engines.sensevoice import SenseVoiceEngine, create
from wyoming_servers.stt.sensevoice.model import folder_of
from wyoming_servers.stt.server import SttService
from wyoming_servers.worker import Cancellation

SENTENCE = f"打开厨房灯{FULL_STOP}"
NOISE = np.random.default_rng(3).normal(0, 1000, 2 * RATE_HZ).astype("<i2").tobytes()
FILES = ("model.int8.onnx", "tokens.txt")


def make_engine(folder: Path, model: str = "nano", **settings: Any) -> SenseVoiceEngine:
    engine = create(build({"stt_dir": folder, "stt_model": model, **settings}))
    assert isinstance(engine, SenseVoiceEngine)
    return engine


@pytest.fixture(scope="module")
def loaded(sensevoice_models: Path) -> SenseVoiceEngine:
    engine = make_engine(sensevoice_models)
    engine.load()
    return engine


@pytest.fixture
def service(sensevoice_models: Path) -> SttService:
    settings = build({"stt": "sensevoice", "stt_dir": sensevoice_models, "stt_model": "nano", "language": "zh-CN"})
    return SttService(settings, DemoHome())


def recognize(engine: SenseVoiceEngine, pcm: bytes, request: SttRequest | None = None) -> Recognition:
    session = engine.start_session(request or SttRequest("zh-CN"))
    session.feed(pcm)
    return session.recognize(Cancellation())


# --- Over a socket ----------------------------------------------------------------------------------------------------


async def test_it_transcribes_in_home_assistants_order_of_events(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    assert await ask_like_home_assistant(client, silence(0.3) + speech + silence(60)) == SENTENCE
    assert await say(client, speech) == SENTENCE


async def test_the_transcript_says_its_language(
    serve: Serve, connect: Connect, service: SttService, speech: bytes
) -> None:
    client = await connect(await serve(service))
    await begin(client, Transcribe(language="ja-JP"))
    await send(client, silence(0.3) + speech + silence(0.8))
    assert Transcript.from_event(await answer(client)) == Transcript(SENTENCE, language="ja")


async def test_info_says_what_it_can_do(service: SttService) -> None:
    (program,) = service.info.asr
    (model,) = program.models
    assert (model.name, model.languages) == ("nano", ["zh", "yue", "en", "ja", "ko"])
    assert model.attribution.url == "https://github.com/FunAudioLLM/SenseVoice"


@pytest.fixture
def corrupt(sensevoice_models: Path, tmp_path: Path) -> SttService:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "nano")
    (tmp_path / "nano" / "model.int8.onnx").write_bytes(b"\xff\x00" * 5000)
    return SttService(build({"stt": "sensevoice", "stt_dir": tmp_path}), DemoHome())


async def test_a_corrupt_model_is_told_with_what_to_do(
    serve: Serve, connect: Connect, corrupt: SttService, speech: bytes
) -> None:
    client = await connect(await serve(corrupt))
    await begin(client)
    await send(client, speech + silence(1.0))
    told = await error(client)
    assert told.code == "engine-unavailable"
    assert "fetch the model again" in told.text


# --- Recognition ------------------------------------------------------------------------------------------------------


def test_it_hears_the_sentence_with_its_full_stop_and_without_tags(loaded: SenseVoiceEngine) -> None:
    raw = loaded._run(np.zeros(2 * RATE_HZ, np.float32), "zh")
    assert raw.text.endswith("<|Laughter|>"), "the model wrote a tag, which sherpa-onnx leaves"
    assert recognize(loaded, NOISE) == Recognition(SENTENCE, "zh")


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh"), ("zh-HK", "yue"), ("en-US", "en"), ("ja", "ja"), ("ko-KR", "ko"), ("de", "zh"), (None, "zh")],
)
def test_each_utterance_is_heard_in_its_own_language(
    loaded: SenseVoiceEngine, monkeypatch: pytest.MonkeyPatch, tag: str | None, language: str
) -> None:
    told: list[str] = []
    run = loaded._run

    def note(samples: Any, wanted: str) -> Any:
        result = run(samples, wanted)
        told.append(result.lang)
        return result

    monkeypatch.setattr(loaded, "_run", note)
    monkeypatch.setattr(loaded, "_default_language", "zh")
    assert recognize(loaded, NOISE, SttRequest(tag)).language == language
    assert told == [f"<|{language}|>"], "the model itself was asked for it"


def test_it_can_be_asked_again_when_there_is_more(loaded: SenseVoiceEngine) -> None:
    session = loaded.start_session(SttRequest("zh"))
    for _ in range(3):
        session.feed(NOISE)
        assert session.recognize(Cancellation()).text == SENTENCE
    session.close()
    session.close()


@pytest.mark.parametrize("samples", [1, 100, 399, 400, 1000, 1359])
def test_a_moment_of_audio_is_no_error(loaded: SenseVoiceEngine, samples: int) -> None:
    assert SENTENCE.startswith(recognize(loaded, bytes(2 * samples)).text)


def test_nothing_is_heard_in_nothing(loaded: SenseVoiceEngine) -> None:
    assert recognize(loaded, b"").text == ""


def test_where_nobody_spoke_nothing_is_heard(loaded: SenseVoiceEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    result = SimpleNamespace(text=SENTENCE, lang="<|nospeech|>")
    monkeypatch.setattr(loaded, "_run", lambda *_: result)
    assert recognize(loaded, NOISE).text == ""


def test_what_is_longer_than_a_window_is_cut_and_joined_as_its_language_is_written(loaded: SenseVoiceEngine) -> None:
    assert recognize(loaded, NOISE * 20).text == SENTENCE * 2
    assert recognize(loaded, NOISE * 20, SttRequest("ko")).text == f"{SENTENCE} {SENTENCE}"


def test_a_cancelled_job_ends_at_the_next_window(loaded: SenseVoiceEngine) -> None:
    cancelled = Cancellation()
    cancelled.cancel()
    session = loaded.start_session(SttRequest("zh"))
    session.feed(NOISE * 200)
    assert session.recognize(cancelled).text == ""


def test_words_have_spaces_where_the_language_has_them(sensevoice_models: Path) -> None:
    engine = make_engine(sensevoice_models, "english")
    engine.load()
    assert recognize(engine, NOISE, SttRequest("en")).text == f"turn on the kitchen light{FULL_STOP}"


def test_the_homes_names_are_written_as_the_home_writes_them(sensevoice_models: Path) -> None:
    engine = make_engine(sensevoice_models)
    kitchen = HomeSnapshot(areas=(Area("kitchen", "橱房"),))
    engine.set_home(kitchen)
    engine.load()
    assert recognize(engine, NOISE).text == f"打开橱房灯{FULL_STOP}", "a name that it learnt before it was loaded"
    engine.set_home(HomeSnapshot())
    assert recognize(engine, NOISE).text == SENTENCE
    engine.set_home(kitchen)
    assert recognize(engine, NOISE).text == f"打开橱房灯{FULL_STOP}", "and after"
    assert recognize(engine, NOISE, SttRequest("yue")).text == SENTENCE, "it sounds otherwise in Cantonese"
    assert recognize(engine, NOISE, SttRequest("zh", ("厨房灯",))).text == SENTENCE, "what a request names counts"


# --- Models on disk ---------------------------------------------------------------------------------------------------


def test_a_model_is_a_folder_under_the_data_folder_or_the_one_that_is_named(
    sensevoice_models: Path, tmp_path: Path
) -> None:
    assert folder_of(build({"data_dir": tmp_path})) == tmp_path / "sensevoice"
    shutil.copytree(sensevoice_models / "nano", tmp_path / "sensevoice" / "mine")
    assert create(build({"data_dir": tmp_path})).capabilities.model == "mine"
    named = create(build({"data_dir": tmp_path, "stt_model": str(sensevoice_models / "english")}))
    assert named.capabilities.model == "english"


@pytest.mark.parametrize("wanted", ["auto", "base", "/nowhere/base"])
def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(EngineUnavailableError, match=r"There is no SenseVoice model") as told:
        create(build({"stt_dir": tmp_path, "stt_model": wanted}))
    assert "sotto models fetch sensevoice-small" in told.value.remedy


@pytest.mark.parametrize("name", FILES)
def test_a_model_without_one_of_its_files_is_an_error(sensevoice_models: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "nano")
    (tmp_path / "nano" / name).unlink()
    with pytest.raises(EngineUnavailableError, match=f"has no {name}"):
        make_engine(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_model_is_an_error_and_no_crash(
    sensevoice_models: Path, tmp_path: Path, name: str, damage: str
) -> None:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "nano")
    path = tmp_path / "nano" / name
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "garbage": b"\xff\x00" * 5000, "empty": b""}[damage])
    with pytest.raises(EngineUnavailableError) as told:
        make_engine(tmp_path).load()
    assert told.value.remedy


@pytest.mark.parametrize("key", ["vocab_size", "lfr_window_size", "with_itn", "lang_yue", "neg_mean"])
def test_another_kind_of_model_is_an_error_where_sherpa_onnx_would_end_the_process(
    sensevoice_models: Path, tmp_path: Path, key: str
) -> None:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "nano")
    path = tmp_path / "nano" / "model.int8.onnx"
    model = onnx.load(path)
    kept = [prop for prop in model.metadata_props if prop.key != key]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, path)
    with pytest.raises(EngineUnavailableError):
        make_engine(tmp_path).load()


def test_a_model_that_cannot_compute_is_an_error_where_sherpa_onnx_would_hear_nothing(
    sensevoice_models: Path, tmp_path: Path
) -> None:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "nano")
    path = tmp_path / "nano" / "model.int8.onnx"
    model = onnx.load(path)
    inputs = [*model.graph.input]
    del model.graph.input[:]
    model.graph.input.extend(reversed(inputs))
    onnx.save(model, path)
    with pytest.raises(EngineUnavailableError, match="it computes nothing"):
        make_engine(tmp_path).load()


# --- Which engine is used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "first"), [("zh-CN", "sensevoice"), ("ko", "sensevoice"), ("zh-TW", "whisper"), ("en", "whisper")]
)
def test_auto_takes_it_first_where_its_languages_are_spoken(
    sensevoice_models: Path, whisper_models: Path, tmp_path: Path, language: str, first: str
) -> None:
    shutil.copytree(sensevoice_models / "nano", tmp_path / "sensevoice" / "nano")
    without = [each.capabilities.name for each in create_engines(Stage.STT, _household(tmp_path, language))]
    shutil.copytree(whisper_models / "nano", tmp_path / "whisper" / "nano")
    both = [each.capabilities.name for each in create_engines(Stage.STT, _household(tmp_path, language))]
    assert without == ["sensevoice", "phrases"], "of those that have a model"
    assert both[0] == first
    assert sorted(both) == ["phrases", "sensevoice", "whisper"]


def _household(folder: Path, language: str) -> Any:
    return build({"data_dir": folder, "language": language})


def test_without_its_package_the_error_is_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.registry.find_spec", lambda name: None if name == "sherpa_onnx" else name)
    with pytest.raises(EngineUnavailableError, match="needs the package sherpa_onnx") as told:
        SttService(build({"stt": "sensevoice"}), DemoHome())
    assert "pip install 'sotto[sensevoice]'" in told.value.remedy


def test_it_computes_beside_the_onnxruntime_of_other_engines(sensevoice_models: Path) -> None:
    """sherpa-onnx brings one of its own."""
    script = f"""
import onnxruntime
from pathlib import Path
from tests.stt.test_sensevoice import NOISE, make_engine, recognize
model = Path({str(sensevoice_models)!r}) / "nano" / "model.int8.onnx"
engine = make_engine(model.parents[1])
engine.load()
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
print(recognize(engine, NOISE).text, [each.name for each in session.get_inputs()])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False)
    assert done.stdout.strip() == f"{SENTENCE} ['x', 'x_length', 'language', 'text_norm']", done.stderr
