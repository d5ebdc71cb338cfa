"""The Whisper engine: which model, how it is asked, and when it is believed."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ctranslate2 as _ctranslate2
import numpy as np
import pytest

from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build
from wyoming_servers.stt.engine import RATE_HZ, Recognition, SttRequest
from wyoming_servers.stt.engines.whisper import WhisperEngine, create
from wyoming_servers.stt.whisper.model import find_model
from wyoming_servers.worker import Cancellation

ctranslate2: Any = _ctranslate2  # its stubs export nothing

SENTENCE = "turn on the kitchen light"
NOISE = np.random.default_rng(3).normal(0, 1000, 2 * RATE_HZ).astype("<i2").tobytes()


def make_engine(folder: Path, model: str = "nano", **settings: Any) -> WhisperEngine:
    engine = create(build({"stt_dir": folder, "stt_model": model, **settings}))
    assert isinstance(engine, WhisperEngine)
    return engine


@pytest.fixture(scope="session")
def loaded(whisper_models: Path) -> WhisperEngine:
    engine = make_engine(whisper_models)
    engine.load()
    return engine


def recognize(engine: WhisperEngine, pcm: bytes, request: SttRequest | None = None) -> Recognition:
    session = engine.start_session(request or SttRequest("en"))
    session.feed(pcm)
    return session.recognize(Cancellation())


# --- Recognition ------------------------------------------------------------------------------------------------------


def test_it_hears_the_sentence(loaded: WhisperEngine) -> None:
    assert recognize(loaded, NOISE) == Recognition(SENTENCE, "en")


def test_it_can_be_asked_again_when_there_is_more(loaded: WhisperEngine) -> None:
    session = loaded.start_session(SttRequest("zh-TW"))
    for _ in range(3):
        session.feed(NOISE)
        assert session.recognize(Cancellation()) == Recognition(SENTENCE, "zh")
    session.close()
    session.close()


def test_nothing_is_heard_in_nothing(loaded: WhisperEngine) -> None:
    assert loaded.start_session(SttRequest()).recognize(Cancellation()).text == ""


def test_the_homes_names_are_in_the_prompt_and_change_nothing_here(loaded: WhisperEngine) -> None:
    loaded.set_home(DemoHome().snapshot)
    assert recognize(loaded, NOISE, SttRequest("en", ("Nabu",))).text == SENTENCE


def test_what_is_longer_than_a_window_is_cut_and_what_is_settled_stays(loaded: WhisperEngine) -> None:
    session = loaded.start_session(SttRequest("en"))
    session.feed(NOISE * 20)
    assert session.recognize(Cancellation()).text == f"{SENTENCE} {SENTENCE}"
    session.feed(NOISE * 10)
    assert session.recognize(Cancellation()).text == " ".join([SENTENCE] * 3)


def test_a_cancelled_job_ends_at_the_next_window(loaded: WhisperEngine) -> None:
    cancelled = Cancellation()
    cancelled.cancel()
    session = loaded.start_session(SttRequest("en"))
    session.feed(NOISE * 200)
    assert session.recognize(cancelled).text == ""


def test_an_english_model_says_so(whisper_models: Path) -> None:
    engine = make_engine(whisper_models, "nano.en")
    assert engine.capabilities.languages == ("en",)
    engine.load()
    assert recognize(engine, NOISE).text == SENTENCE


def test_a_beam_may_be_wider(whisper_models: Path) -> None:
    engine = make_engine(whisper_models, stt_beam_size=5)
    engine.load()
    # So small a stand-in has short and unlikely hypotheses that end first and end the search.
    assert recognize(engine, NOISE).text.endswith("light")


class ScriptedModel:
    """Answers with the given results, one after the other, and notes the windows that it is asked to read."""

    device = "cpu"
    is_multilingual = True

    def __init__(self, engine: WhisperEngine, *results: tuple[str, float, float]) -> None:
        self.windows_s: list[float] = []
        self.temperatures: list[float] = []
        self._results = [
            SimpleNamespace(
                sequences_ids=[engine._tokenizer_file.encode(text, add_special_tokens=False).ids],
                scores=[logprob],
                no_speech_prob=no_speech,
            )
            for text, logprob, no_speech in results
        ]

    def encode(self, features: Any) -> Any:
        self.windows_s.append(features.shape[2] / 100)
        return features

    def generate(self, *_: Any, sampling_temperature: float, **__: Any) -> list[Any]:
        self.temperatures.append(sampling_temperature)
        return [self._results.pop(0)]


def scripted(whisper_models: Path, *results: tuple[str, float, float]) -> tuple[WhisperEngine, ScriptedModel]:
    engine = make_engine(whisper_models)
    engine.load()
    model = ScriptedModel(engine, *results)
    engine._model = model
    return engine, model


LOOP = "and so on " * 8


@pytest.mark.parametrize("doubtful", [("well", -1.5, 0.1), (LOOP, -0.1, 0.1)])
def test_doubt_is_resolved_by_the_full_window(whisper_models: Path, doubtful: tuple[str, float, float]) -> None:
    engine, model = scripted(whisper_models, doubtful, ("stop", -0.2, 0.1))
    assert recognize(engine, NOISE * 2).text == "stop"
    assert model.windows_s == [10.0, 30.0]
    assert model.temperatures == [1.0, 1.0], "the likeliest text both times"


def test_doubt_about_the_full_window_is_resolved_by_one_draw(whisper_models: Path) -> None:
    engine, model = scripted(whisper_models, ("well", -1.5, 0.1), ("still", -1.2, 0.1))
    assert recognize(engine, NOISE * 14).text == "still"
    assert model.windows_s == [30.0, 30.0]
    assert model.temperatures[1] < 1.0


def test_without_doubt_there_is_one_run(whisper_models: Path) -> None:
    engine, model = scripted(whisper_models, ("stop", -0.2, 0.1))
    assert recognize(engine, NOISE * 5).text == "stop"
    assert model.windows_s == [12.0]


def test_a_gpu_reads_the_full_window_always(whisper_models: Path) -> None:
    engine, model = scripted(whisper_models, ("stop", -0.2, 0.1))
    model.device = "cuda"
    recognize(engine, NOISE)
    assert model.windows_s == [30.0]


@pytest.mark.parametrize(
    "results",
    [
        [("you", -1.5, 0.9)],
        [(LOOP, -0.1, 0.1), (LOOP, -0.1, 0.1)],
        [(" . . .", -0.3, 0.2)],
        [("At home: Kitchen, Bedroom, Garage.", -0.1, 0.1)],
    ],
    ids=["silence", "loop", "no words", "the prompt"],
)
def test_what_noise_makes_of_whisper_is_not_a_transcript(
    whisper_models: Path, results: list[tuple[str, float, float]]
) -> None:
    engine, _ = scripted(whisper_models, *results)
    engine._names = ("Kitchen", "Bedroom", "Garage")
    assert recognize(engine, NOISE).text == ""


# --- Models on disk ---------------------------------------------------------------------------------------------------


def make_folder(path: Path, size: int = 10, tokens: int = 51_865) -> Path:
    path.mkdir(parents=True)
    (path / "model.bin").write_bytes(bytes(size))
    (path / "config.json").write_text("{}")
    (path / "tokenizer.json").write_text("{}")
    (path / "vocabulary.txt").write_text("\n".join(["<|en|>", "<|jw|>", *map(str, range(tokens - 2))]))
    return path


def test_a_name_is_a_folder_with_or_without_its_makers_prefix(tmp_path: Path) -> None:
    small = make_folder(tmp_path / "faster-whisper-small")
    base = make_folder(tmp_path / "base")
    assert find_model(tmp_path, "small", cuda=False).path == small
    assert find_model(tmp_path, "base", cuda=False).path == base
    assert find_model(Path("/nowhere"), str(base), cuda=False).path == base


def test_auto_takes_the_largest_that_the_device_can_bear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"tiny": 10, "small": 30, "medium": 70, "large": 90}.items():
        make_folder(tmp_path / name, size)
    monkeypatch.setattr("wyoming_servers.stt.whisper.model.CPU_MAX_BYTES", 40)
    monkeypatch.setattr("wyoming_servers.stt.whisper.model.CUDA_MAX_BYTES", 80)
    assert find_model(tmp_path, "auto", cuda=False).name == "small"
    assert find_model(tmp_path, "auto", cuda=True).name == "medium"
    monkeypatch.setattr("wyoming_servers.stt.whisper.model.CPU_MAX_BYTES", 1)
    assert find_model(tmp_path, "auto", cuda=False).name == "tiny"


def test_languages_are_read_from_the_model(tmp_path: Path) -> None:
    assert find_model(make_folder(tmp_path / "base"), ".", cuda=False).languages == ("en", "jv")
    assert find_model(make_folder(tmp_path / "base.en", tokens=51_864), ".", cuda=False).languages == ("en",)
    make_folder(tmp_path / "distil-large-v3")
    assert find_model(tmp_path, "distil-large-v3", cuda=False).languages == ("en",)


@pytest.mark.parametrize("wanted", ["auto", "base", "/nowhere/base"])
def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(EngineUnavailableError, match=r"There is no Whisper model") as told:
        create(build({"stt_dir": tmp_path, "stt_model": wanted}))
    assert "CTranslate2" in told.value.remedy


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_model_without_one_of_its_files_is_an_error(whisper_models: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(whisper_models / "nano", tmp_path / "nano")
    (tmp_path / "nano" / name).unlink()
    with pytest.raises(EngineUnavailableError):
        make_engine(tmp_path)


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_model_is_an_error_and_no_crash(whisper_models: Path, tmp_path: Path, name: str, damage: str) -> None:
    shutil.copytree(whisper_models / "nano", tmp_path / "nano")
    path = tmp_path / "nano" / name
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "garbage": b"\xff\x00" * 5000, "empty": b""}[damage])
    with pytest.raises(EngineUnavailableError) as told:
        make_engine(tmp_path).load()
    assert told.value.remedy


# --- Devices ----------------------------------------------------------------------------------------------------------


def pretend_cuda(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let CTranslate2 find a GPU whose libraries are missing; returns the devices on which a model was opened."""
    devices: list[str] = []
    real = ctranslate2.models.Whisper

    def open_model(path: str, *, device: str, **options: Any) -> Any:
        devices.append(device)
        if device == "cuda":
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")
        return real(path, device=device, **options)

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2.models, "Whisper", open_model)
    return devices


def test_without_the_gpus_libraries_it_computes_on_the_cpu(
    whisper_models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    devices = pretend_cuda(monkeypatch)
    engine = make_engine(whisper_models)
    engine.load()
    assert devices == ["cuda", "cpu"]
    assert "libcublas" in caplog.text
    assert recognize(engine, NOISE).text == SENTENCE


def test_a_gpu_that_was_asked_for_and_cannot_be_used_is_an_error(
    whisper_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = pretend_cuda(monkeypatch)
    with pytest.raises(EngineUnavailableError, match="libcublas"):
        make_engine(whisper_models, stt_device="cuda").load()
    assert devices == ["cuda"]


def test_a_cpu_that_was_asked_for_is_used(whisper_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = pretend_cuda(monkeypatch)
    make_engine(whisper_models, stt_device="cpu").load()
    assert devices == ["cpu"]


def test_the_tokenizer_is_read_before_anybody_is_served(whisper_models: Path) -> None:
    engine = make_engine(whisper_models)  # reading it holds Python's lock, and `describe` would wait
    read = engine._tokenizer_file
    assert read is not None
    engine.load()
    assert engine._tokenizer_file is read
