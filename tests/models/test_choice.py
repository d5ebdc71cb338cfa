"""Which models are wanted: properties that hold for every catalogue, and examples from the real one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.conftest import model_of
from wyoming_servers.models.catalogue import MB, Kind, Model, ModelFile, catalogue
from wyoming_servers.models.choice import primary, speaks, wanted

LANGUAGES = ("en", "en-GB", "zh-CN", "de-DE", "nb-NO", "tlh")
TAGS = st.sampled_from(LANGUAGES)


@st.composite
def models(draw: st.DrawFn) -> list[Model]:
    count = draw(st.integers(0, 14))
    return [
        model_of(
            ModelFile(f"{number}", draw(st.integers(1, 3000)) * MB, None, ()),
            model_id=str(number),
            kind=draw(st.sampled_from(Kind)),
            languages=tuple(draw(st.lists(TAGS, max_size=3, unique=True))),
            memory_mb=draw(st.integers(1, 3000)),
            rank=draw(st.integers(1, 200)),
            gpu=draw(st.booleans()),
            auto=draw(st.booleans()),
        )
        for number in range(count)
    ]


HOUSEHOLDS = st.lists(TAGS, min_size=1, max_size=3, unique=True)
AMOUNTS = st.integers(0, 9000)


@given(models(), HOUSEHOLDS, AMOUNTS, st.none() | AMOUNTS, st.booleans())
def test_it_never_asks_for_more_than_there_is(
    there: list[Model], languages: list[str], memory_mb: int, disk_mb: int | None, gpu: bool
) -> None:
    chosen = wanted(there, languages=languages, memory_mb=memory_mb, disk_mb=disk_mb, gpu=gpu)
    assert sum(model.memory_mb for model in chosen) <= memory_mb
    assert disk_mb is None or sum(model.size_bytes for model in chosen) <= disk_mb * MB


@given(models(), HOUSEHOLDS, AMOUNTS, AMOUNTS, st.booleans())
def test_more_memory_never_takes_a_better_model_away(
    there: list[Model], languages: list[str], less_mb: int, more_mb: int, gpu: bool
) -> None:
    def ranks(memory_mb: int) -> dict[Kind, int]:
        chosen = wanted(there, languages=languages, memory_mb=memory_mb, gpu=gpu)
        return {model.kind: model.rank for model in chosen if model.kind is not Kind.TTS}

    little, much = ranks(less_mb), ranks(less_mb + more_mb)
    assert all(much.get(kind, 0) >= rank for kind, rank in little.items())


@given(models(), HOUSEHOLDS, AMOUNTS, AMOUNTS)
def test_more_memory_never_takes_a_voice_away(
    there: list[Model], languages: list[str], less_mb: int, more_mb: int
) -> None:
    def voices(memory_mb: int) -> set[str]:
        chosen = wanted(there, languages=languages, memory_mb=memory_mb)
        return {model.id for model in chosen if model.kind is Kind.TTS}

    assert voices(less_mb) <= voices(less_mb + more_mb)


@given(models(), HOUSEHOLDS, st.booleans())
def test_with_memory_enough_every_language_has_a_voice_if_there_is_one(
    there: list[Model], languages: list[str], gpu: bool
) -> None:
    chosen = wanted(there, languages=languages, memory_mb=1_000_000, gpu=gpu)
    for language in languages:
        could = [model for model in there if model.kind is Kind.TTS and speaks(model, language) and model.auto]
        if any(gpu or not model.gpu for model in could):
            assert any(model.kind is Kind.TTS and speaks(model, language) for model in chosen)


@given(models(), HOUSEHOLDS, AMOUNTS, st.booleans())
def test_there_is_one_of_a_kind_and_all_understand_the_whole_household(
    there: list[Model], languages: list[str], memory_mb: int, gpu: bool
) -> None:
    chosen = wanted(there, languages=languages, memory_mb=memory_mb, gpu=gpu)
    assert all(count == 1 for kind, count in Counter(model.kind for model in chosen).items() if kind is not Kind.TTS)
    assert len({model.id for model in chosen}) == len(chosen)
    assert sum(model.kind is Kind.TTS for model in chosen) <= len(languages)
    for model in chosen:
        assert model.auto
        assert gpu or not model.gpu
        assert model.kind is Kind.TTS or all(speaks(model, language) for language in languages)


@given(models(), HOUSEHOLDS, AMOUNTS)
def test_what_is_installed_needs_no_room(there: list[Model], languages: list[str], memory_mb: int) -> None:
    everything = [model.id for model in there]
    free = wanted(there, languages=languages, memory_mb=memory_mb)
    assert wanted(there, languages=languages, memory_mb=memory_mb, disk_mb=0, installed=everything) == free


def ids(*languages: str, memory_mb: int, gpu: bool = False, disk_mb: int | None = None) -> set[str]:
    models = [model for model in catalogue() if model.engine != "sensevoice"]  # which wishes lets in, for some homes
    chosen = wanted(models, languages=languages, memory_mb=memory_mb, gpu=gpu, disk_mb=disk_mb)
    return {model.id for model in chosen}


@pytest.mark.parametrize(
    ("memory_mb", "expected"),
    [
        (100, set()),
        (400, {"en_US-lessac-medium", "whisper-tiny.en"}),
        (700, {"en_US-lessac-medium", "whisper-base.en", "bge-small-en-v1.5"}),
        (2500, {"en_US-lessac-medium", "whisper-base.en", "bge-small-en-v1.5", "qwen3-0.6b"}),
        (3300, {"en_US-lessac-medium", "whisper-base.en", "bge-small-en-v1.5", "qwen3-1.7b"}),
        (5500, {"en_US-lessac-medium", "whisper-base.en", "qwen3-embedding-0.6b", "qwen3-4b"}),
        (12000, {"en_US-lessac-medium", "whisper-base.en", "qwen3-embedding-0.6b", "qwen3-8b"}),
    ],
)
def test_what_an_english_household_gets(memory_mb: int, expected: set[str]) -> None:
    assert ids("en-US", memory_mb=memory_mb) == expected


def test_a_household_of_two_languages_has_a_voice_for_each_and_models_that_understand_both() -> None:
    chosen = ids("en", "zh-CN", memory_mb=3500)
    assert chosen == {
        "en_US-lessac-medium", "zh_CN-huayan-medium", "whisper-base", "granite-embedding-107m", "qwen3-1.7b"
    }  # fmt: skip


def test_a_gpu_lets_a_larger_whisper_be_wanted() -> None:
    assert "whisper-large-v3-turbo" in ids("de", memory_mb=16_000, gpu=True)
    assert "whisper-base" in ids("de", memory_mb=16_000)


def test_the_region_decides_between_voices_of_a_language() -> None:
    assert "en_GB-alba-medium" in ids("en-GB", memory_mb=400)
    assert "pt_BR-faber-medium" in ids("pt-BR", memory_mb=400)
    assert any(each.startswith("pt_PT") for each in ids("pt_PT", memory_mb=400))
    assert any(each.startswith("no_NO") for each in ids("nb", memory_mb=400))


def test_a_small_disk_means_smaller_models() -> None:
    assert ids("en", memory_mb=12_000, disk_mb=300) == {
        "en_US-lessac-medium", "whisper-base.en", "bge-small-en-v1.5"
    }  # fmt: skip


@pytest.mark.parametrize("language", sorted({primary(tag) for each in catalogue() for tag in each.languages}))
def test_every_language_that_piper_speaks_gets_a_voice(language: str) -> None:
    chosen = wanted(catalogue(), languages=[language], memory_mb=2000)
    voices = [model for model in catalogue() if model.kind is Kind.TTS and speaks(model, language)]
    assert any(model in voices for model in chosen) or not voices
