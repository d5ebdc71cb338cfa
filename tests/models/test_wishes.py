"""What an installation wants models for, by its settings, its packages and its machine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wyoming_servers.memory.measured import Limit, Measured
from wyoming_servers.models import wishes
from wyoming_servers.models.catalogue import Kind, catalogue
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.wishes import Wishes, models_mb, named_in, needed
from wyoming_servers.protocol.service import Stage
from wyoming_servers.settings import build

EVERY_STAGE = tuple(Stage)
MODELS = catalogue()


@pytest.fixture(autouse=True)
def _everything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "_can", lambda stage, engine: True)
    monkeypatch.setattr(wishes, "missing_for_documents", list)


def kinds(stages: tuple[Stage, ...] = EVERY_STAGE, **settings: Any) -> set[Kind]:
    return set(needed(build(settings), stages))


def test_by_default_everything_is_done_here() -> None:
    assert kinds() == set(Kind)


@pytest.mark.parametrize(
    ("settings", "unneeded"),
    [
        ({"stt": "tcp://gpu-box:10300"}, Kind.STT),
        ({"stt": "phrases"}, Kind.STT),
        ({"stt_model": "base"}, Kind.STT),
        ({"tts": "espeak"}, Kind.TTS),
        ({"llm_url": "http://gpu-box:8000/v1"}, Kind.LLM),
        ({"llm": "none"}, Kind.LLM),
        ({"llm_model": "mine"}, Kind.LLM),
        ({"knowledge_url": "http://gpu-box:8000/v1"}, Kind.EMBEDDING),
        ({"knowledge_embedder": "none"}, Kind.EMBEDDING),
    ],
)
def test_what_is_done_elsewhere_or_by_something_named_needs_no_model(settings: dict[str, Any], unneeded: Kind) -> None:
    assert kinds(**settings) == set(Kind) - {unneeded}


def test_stages_that_do_not_run_need_none() -> None:
    assert kinds((Stage.STT,)) == {Kind.STT}
    assert kinds((Stage.WAKE,)) == set()
    assert kinds(conversation="tcp://gpu-box:10600") == {Kind.STT, Kind.TTS}


def test_an_engine_that_is_not_installed_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "_can", lambda stage, engine: engine != "llama_cpp")
    assert kinds() == {Kind.STT, Kind.TTS}


@pytest.mark.parametrize(
    ("settings", "expected_mb"),
    [({}, 6000), ({"memory_limit_mb": 2000}, 2000 - 160 - 300), ({"memory_reserve_mb": 5000}, 3000)],
)
def test_the_memory_is_what_is_allowed_or_three_quarters(settings: dict[str, int], expected_mb: int) -> None:
    machine = Measured(total=8_000_000_000, available=1_000_000, limit=Limit.MACHINE)
    assert models_mb(build(settings), machine) == expected_mb


def test_on_a_machine_of_which_nothing_is_known_nothing_is_wanted() -> None:
    assert models_mb(build({}), Measured(total=0, available=0)) == 0


async def test_the_households_languages_decide(monkeypatch: pytest.MonkeyPatch, shelves: Shelves) -> None:
    monkeypatch.setattr(wishes, "find_spec", lambda name: None if name == "pyopenjtalk" else name)
    settings = build({"language": "de", "stt_device": "cpu"})
    chosen = await Wishes(settings, EVERY_STAGE, shelves, lambda: 3500)(MODELS, frozenset())
    assert {model.id for model in chosen} == {
        "de_DE-thorsten-medium", "whisper-base", "granite-embedding-107m", "qwen3-1.7b"
    }  # fmt: skip
    settings = build({"models_languages": "en, ja", "stt_device": "cpu"})
    chosen = await Wishes(settings, EVERY_STAGE, shelves, lambda: 3500)(MODELS, frozenset())
    assert [model.id for model in chosen if model.kind is Kind.TTS] == [
        "en_US-lessac-medium"
    ]  # Japanese needs a package


@pytest.mark.parametrize(
    ("household", "memory_mb", "expected"),
    [
        ({"language": "zh-CN"}, 3500, "sensevoice-small"),
        ({"language": "ja", "stt_device": "cuda"}, 16_000, "sensevoice-small"),
        ({"language": "zh-CN"}, 500, "whisper-base"),
        ({"language": "zh-TW"}, 3500, "whisper-base"),
        ({"language": "en", "models_languages": "en,zh-CN"}, 3500, "whisper-base"),
        ({"language": "zh-CN", "models_languages": "zh-CN,en"}, 3500, "sensevoice-small"),
        ({"language": "zh-CN", "models_languages": "zh-CN,de", "stt_device": "cuda"}, 16_000, "whisper-large-v3-turbo"),
        ({"language": "zh-CN", "stt": "whisper"}, 3500, "whisper-base"),
        ({"language": "en", "stt": "sensevoice"}, 3500, "sensevoice-small"),
    ],
)
async def test_what_hears_a_household_best_is_wanted_for_it(
    shelves: Shelves, household: dict[str, str], memory_mb: int, expected: str
) -> None:
    wish = Wishes(build({"stt_device": "cpu", **household}), EVERY_STAGE, shelves, lambda: memory_mb)
    assert [model.id for model in await wish(MODELS, frozenset()) if model.kind is Kind.STT] == [expected]


async def test_without_its_package_sensevoice_is_not_wanted(monkeypatch: pytest.MonkeyPatch, shelves: Shelves) -> None:
    monkeypatch.setattr(wishes, "_can", lambda stage, engine: engine != "sensevoice")
    wish = Wishes(build({"stt_device": "cpu", "language": "zh-CN"}), EVERY_STAGE, shelves, lambda: 3500)
    assert [model.id for model in await wish(MODELS, frozenset()) if model.kind is Kind.STT] == ["whisper-base"]
    assert Kind.STT not in kinds(stt="sensevoice")


async def test_room_on_the_disk_is_also_what_superseded_models_take(
    shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "free_bytes", lambda: 250_000_000)
    wish = Wishes(build({"stt_device": "cpu"}), (Stage.STT,), shelves, lambda: 3500)
    assert not [model for model in await wish(MODELS, frozenset()) if model.id == "whisper-base"]
    await asyncio.to_thread(shelves.keep_unused, {"whisper-small": 5.0})
    assert [model.id for model in await wish(MODELS, frozenset())] == ["whisper-base.en"]


def test_models_that_settings_name_are_known_by_the_names_that_engines_have() -> None:
    settings = build({"stt_model": "base", "llm_model": "/models/mine.gguf", "knowledge_reranker": "ranks"})
    assert named_in(settings) == {"base", "mine", "ranks"}
