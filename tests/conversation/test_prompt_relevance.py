from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.prompt_homes import FLAT, homes, shuffled
from wyoming_servers.conversation.prompt.relevance import Index, relevant
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity, HomeSnapshot

DEMO = Index(DEMO_HOUSE)


def first(words: str, count: int = 1, here: str | None = None) -> list[str]:
    found = relevant(DEMO_HOUSE, DEMO, words, count, here=DEMO_HOUSE.area(here))
    return [entity.entity_id for entity in found]


@pytest.mark.parametrize("entity", DEMO_HOUSE.entities, ids=lambda entity: entity.entity_id)
def test_a_thing_that_is_called_by_one_of_its_names_comes_first(entity: Entity) -> None:
    for name in entity.names:
        assert first(f"please do something with the {name} now") == [entity.entity_id]


@pytest.mark.parametrize(
    ("words", "entity_id"),
    [
        ("turn on the kichen ligth", "light.kitchen"),
        ("lock the frontdoor", "lock.front_door"),
        ("start the lawnmower", "lawn_mower.mower"),
        ("how humid is it in the bathroom", "sensor.bathroom_humidity"),
        ("打开克厅灯", "light.living_room"),
        ("关掉主握窗连", "cover.bedroom_curtain"),
        ("洗依机好了吗", "switch.washing_machine"),
        ("把浴室的的灯关了", "light.bathroom"),
    ],
)
def test_what_was_misheard_is_found_by_its_letters_or_its_sound(words: str, entity_id: str) -> None:
    assert first(words) == [entity_id]


@pytest.mark.parametrize(
    ("words", "domain"),
    [
        ("it is too dark to read", "light"),
        ("pause the music", "media_player"),
        ("the floor is so dirty, can you clean up", "vacuum"),
        ("please start vacuuming", "vacuum"),
        ("太暗了", "light"),
        ("声音小一点", "media_player"),
        ("地上好脏", "vacuum"),
    ],
)
def test_a_thing_is_found_by_its_kind(words: str, domain: str) -> None:
    assert first(words)[0].startswith(f"{domain}.")


def test_the_kind_in_the_room_that_is_said_comes_before_other_things_of_that_room() -> None:
    home = HomeSnapshot(
        areas=(Area("k", "Kitchen"), Area("b", "Bath")),
        entities=(
            Entity("fan.a", "Turbo", (), "k"),
            Entity("fan.b", "Breeze", (), "b"),
            *(Entity(f"sensor.s{each}", f"Kitchen {each}", (), "k") for each in ("Leak", "Smoke", "Power")),
        ),
    )
    assert [each.entity_id for each in relevant(home, Index(home), "turn on the fan in the kitchen", 1)] == ["fan.a"]


def test_the_room_of_the_speaker_decides_where_none_is_said() -> None:
    assert set(first("turn on the lights", 2, here="kitchen")) == {"light.kitchen", "light.counter"}
    assert first("turn on the office light", here="kitchen") == ["light.office"]


def test_a_floor_brings_what_is_on_it() -> None:
    upstairs = {area.area_id for area in DEMO_HOUSE.areas if area.floor_id == "first"}
    found = relevant(DEMO_HOUSE, DEMO, "把楼上的灯都关了", 6)
    assert {entity.domain for entity in found} == {"light"}
    assert {entity.area_id for entity in found} <= upstairs


def test_nothing_is_relevant_to_thanks() -> None:
    assert first("thank you", 10) == []
    assert first("谢谢", 10) == []
    assert first("", 10) == []


def test_states_are_those_of_now() -> None:
    now = shuffled(FLAT, 3)
    found = relevant(now, Index(FLAT), "the front door", 1)
    assert found == (now.entity("lock.door"),)


def test_what_went_since_the_names_were_learned_is_left_out() -> None:
    assert relevant(HomeSnapshot(), Index(FLAT), "the front door", 3) == ()


def test_an_embedder_can_find_what_no_word_tells() -> None:
    def likeness(words: str, texts: Sequence[str]) -> list[float]:
        assert words == "I want to unwind"
        return [1.0 if "Cosy" in text else 0.1 for text in texts]

    found = relevant(FLAT, Index(FLAT), "I want to unwind", 1, dense=likeness)
    assert [entity.name for entity in found] == ["Cosy"]


@given(homes(), st.text(max_size=40), st.integers(0, 9), st.integers(0, 5))
def test_any_sentence_about_any_home_has_an_answer_that_does_not_depend_on_order(
    home: HomeSnapshot, words: str, seed: int, limit: int
) -> None:
    here = home.areas[0] if home.areas else None
    other = shuffled(home, seed)
    found = [each.entity_id for each in relevant(home, Index(home), words, limit, here=here)]
    assert found == [each.entity_id for each in relevant(other, Index(other), words, limit, here=here)]
    assert len(found) == len(set(found)) <= limit
