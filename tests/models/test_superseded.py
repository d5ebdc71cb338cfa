"""Which models may go because a better one is in their place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.conftest import model_of
from wyoming_servers.models.catalogue import Kind, Model, ModelFile
from wyoming_servers.models.superseded import RUNG, superseded


def of(name: str, kind: Kind, rank: int, memory_mb: int) -> Model:
    file = ModelFile(f"{name}/model.bin" if kind is Kind.STT else f"{name}.gguf", 1, None, ())
    return model_of(file, model_id=name, kind=kind, rank=rank, memory_mb=memory_mb)


OLD, NEW = of("old", Kind.EMBEDDING, 1, 200), of("new", Kind.EMBEDDING, 2, 300)


def going(*models: Model, **more: Collection[str]) -> dict[str, str]:
    """Return what goes if `auto` fetched all of them, wants the last one, and that works."""
    facts = {"by_itself": {each.id for each in models}, "wanted": {models[-1].id}, "working": {models[-1].name}}
    return superseded(models, **{"named": set(), **facts, **more})


def test_what_a_better_one_replaced_goes() -> None:
    assert going(OLD, NEW) == {"old": "new"}


@pytest.mark.parametrize(
    "but",
    [
        {"by_itself": {"new"}},
        {"wanted": {"new", "old"}},
        {"wanted": set()},
        {"working": set()},
        {"working": {"new", "old"}},
        {"named": {"old"}},
    ],
    ids=["somebody asked for it", "both are wanted", "no better one is wanted", "the better one does not work",
         "it is in use", "a setting names it"],
)  # fmt: skip
def test_it_stays_while(but: dict[str, set[str]]) -> None:
    assert going(OLD, NEW, **but) == {}


def test_a_model_of_another_kind_takes_nobodys_place() -> None:
    assert going(OLD, of("ears", Kind.STT, 9, 300)) == {}


def test_one_that_is_better_than_what_is_wanted_now_stays() -> None:
    """As when the memory that models may take was lowered, and may be raised again."""
    assert going(NEW, OLD) == {}


def test_voices_stay_for_home_assistant_may_know_them_by_name() -> None:
    assert going(of("low", Kind.TTS, 1, 100), of("high", Kind.TTS, 2, 100)) == {}


@pytest.mark.parametrize("kind", [Kind.STT, Kind.LLM])
def test_what_is_used_when_memory_runs_short_stays_and_what_would_win_nothing_goes(kind: Kind) -> None:
    ladder = [of("tiny", kind, 1, 1000), of("old-small", kind, 2, 2100), of("small", kind, 3, 2000)]
    assert going(*ladder, of("large", kind, 4, 4000)) == {"old-small": "large"}


def test_what_does_not_speak_the_households_languages_goes_and_is_no_use_when_memory_runs_short() -> None:
    """As after a household of one language became one of another."""
    english, small = of("base.en", Kind.STT, 3, 300), of("base", Kind.STT, 2, 290)
    large = of("large", Kind.STT, 4, 410)
    english = replace(english, languages=("en",))
    assert going(small, english, large, languages=["zh-CN"]) == {"base.en": "large"}
    assert going(small, english, large, languages=["en-GB"]) == {"base": "large"}
    assert going(english, small, languages=["zh-CN"]) == {"base.en": "base"}, (
        "though that is the better one for English"
    )
    assert going(english, small, languages=["en"]) == {}


kinds = st.sampled_from(list(Kind))
names = st.sampled_from("abcdefgh")
models = st.lists(
    st.builds(of, names, kinds, st.integers(1, 9), st.integers(1, 9000)), max_size=8, unique_by=lambda each: each.id
)
some = st.sets(names)


@given(models, some, some, some, some)
def test_nothing_goes_that_anybody_needs(
    there: list[Model], by_itself: set[str], wanted: set[str], working: set[str], named: set[str]
) -> None:
    by_id = {each.id: each for each in there}
    ids = set(by_id)
    found = superseded(there, by_itself=by_itself, wanted=wanted & ids, working=working, named=named)
    for old, better in found.items():
        assert old in by_itself - wanted - working - named
        assert better in wanted & working
        assert by_id[old].kind is by_id[better].kind
        assert by_id[old].rank < by_id[better].rank
        left = [each for each in there if each.id not in found and each.kind is by_id[old].kind]
        if by_id[old].kind in {Kind.STT, Kind.LLM}:  # memory can still be won, nearly as well
            assert any(each.memory_mb <= by_id[old].memory_mb / RUNG for each in left)
