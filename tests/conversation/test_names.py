# ruff: noqa: RUF001 - Chinese punctuation and full-width letters are meant

from __future__ import annotations

from hassil.intents import TextSlotList
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.names import Names, normalize
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity, HomeSnapshot

DEMO = Names(DEMO_HOUSE)
SPOKEN = [name for entity in DEMO_HOUSE.entities for name in entity.names]


def found(names: Names, text: str, kind: str = "name") -> list[str]:
    values = names.lists_for(text)[kind]
    assert isinstance(values, TextSlotList)
    return [value.value_out for value in values.values]


def test_only_names_in_the_text_are_tried() -> None:
    assert found(DEMO, "turn on the living room lamp") == ["Living Room Lamp"]
    assert found(DEMO, "turn on the living room lamp", "area") == ["Living Room"]
    assert found(DEMO, "tell me a joke") == []


@given(
    st.sampled_from(SPOKEN), st.text(max_size=10), st.text(max_size=10), st.sampled_from(["upper", "lower", "title"])
)
def test_a_name_in_the_text_is_always_tried(name: str, before: str, after: str, case: str) -> None:
    spoken = getattr(name, case)()
    assert name in found(DEMO, f"{before} {spoken} {after}")


@given(st.sampled_from(SPOKEN))
def test_hyphens_spaces_and_full_width_letters_hide_no_name(name: str) -> None:
    assert name in found(DEMO, name.replace(" ", "-"))
    assert name in found(
        DEMO, normalize("".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in name))
    )


def test_a_name_of_nothing_but_punctuation_matches_nothing() -> None:
    house = HomeSnapshot(areas=(Area("a", "..."),), entities=(Entity("light.a", "?!"), Entity("light.b", " ")))
    names = Names(house)
    assert found(names, "anything ... ?!") == []
    assert found(names, "anything ...", "area") == []
    assert not names.kinds_in("anything")


def test_two_lights_of_one_name_are_tried_once_and_a_fan_of_that_name_beside_them() -> None:
    entities = (Entity("light.a", "Ceiling"), Entity("light.b", "Ceiling"), Entity("fan.c", "Ceiling"))
    assert found(Names(HomeSnapshot(entities=entities)), "ceiling") == ["Ceiling", "Ceiling"]


def test_text_is_brought_into_one_spelling() -> None:
    assert normalize("  set　ｂｅｄ\tlight，５０％ ") == "set bed light,50%"
    assert normalize("打开 living  room 的 灯") == "打开living room的灯"
