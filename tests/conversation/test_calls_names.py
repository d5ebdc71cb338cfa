"""What a name means: lists of aliases, parts, misspellings, sounds."""

from __future__ import annotations

import pytest

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.calls.names import best_said, find, find_place, pinyin
from wyoming_servers.conversation.calls.sentence import words_of
from wyoming_servers.home.model import Area


def found(name: str) -> list[str]:
    return [entity.entity_id for entity in find(name, HOUSE.entities)]


def found_in_chinese(name: str) -> list[str]:
    return [entity.entity_id for entity in find(name, CHINESE_HOUSE.entities)]


@pytest.mark.parametrize(
    ("name", "entity_id"),
    [
        ("counter spots", "light.counter"),
        ("Counter Spots, worktop lamp", "light.counter"),
        ("worktop lamp，Counter Spots", "light.counter"),  # noqa: RUF001
        ("Counter Spots, worktop lamp, spots over there", "light.counter"),
        ("the Counter-Spots", "light.counter"),
        ("Spots", "light.counter"),
        ("Dusty the vacuum", None),
        ("Counter Spots light", "light.counter"),
        ("Conter Spots", "light.counter"),
        ("Desk Fann", "fan.study"),
        ("Kettel", "switch.kettle"),
    ],
)
def test_a_name_is_found_as_models_write_it(name: str, entity_id: str | None) -> None:
    assert found(name) == ([entity_id] if entity_id else [])


@pytest.mark.parametrize("name", ["Hall Lamp 3", "Hall Lamp", "Lamp", "Front Door", "", ",", "  ", "!"])
def test_a_name_that_may_be_several_or_none_is_not_guessed(name: str) -> None:
    assert found(name) == []


def test_namesakes_are_all_found() -> None:
    assert found("shed gate") == ["cover.gate", "light.gate"]


def test_a_figure_is_never_nearly_another() -> None:
    assert found("Hal Lamp 2") == ["light.hall_2"]
    assert found("Hal Lamp 4") == []
    assert found("Study Lamp 2") == []


def test_of_two_that_are_equally_near_none_is_guessed() -> None:
    rooms = [Area("a", "Guest room A"), Area("b", "Guest room B")]
    assert find("Guest room C", rooms) == ()
    assert find("Guest room C", rooms[:1]) == ()
    assert find("Gest room A", rooms) == (rooms[0],)


@pytest.mark.parametrize(
    ("known", "other"),
    [("East window", "West window"), ("客厅左边窗帘", "客厅右边窗帘"), ("楼上卧室一灯", "楼上卧室二灯")],
)
def test_the_other_side_is_never_guessed(known: str, other: str) -> None:
    assert find(other, [Area("a", known)]) == ()


@pytest.mark.parametrize(
    ("name", "entity_id"),
    [
        ("客厅吊灯", "light.ke_ting"),
        ("客厅吊灯、大灯", "light.ke_ting"),
        ("客听吊灯", "light.ke_ting"),
        ("客厅掉灯", "light.ke_ting"),
        ("书方台灯", "light.shu_fang"),
        ("树房台灯", "light.shu_fang"),
        ("卧市风善", "fan.wo_shi"),
        ("大们锁", "lock.da_men"),
    ],
)
def test_a_chinese_name_is_found_by_its_sound(name: str, entity_id: str) -> None:
    assert found_in_chinese(name) == [entity_id]


def test_what_sounds_like_no_name_is_not_found() -> None:
    assert found_in_chinese("厨房冰箱") == []


@pytest.mark.parametrize(("name", "area_id"), [("客听", "ke_ting"), ("可厅", "ke_ting"), ("我室", "wo_shi")])
def test_a_room_is_found_by_its_sound(name: str, area_id: str) -> None:
    assert [area.area_id for area in find_place(name, CHINESE_HOUSE.areas)] == [area_id]


def test_a_thing_in_a_room_is_not_the_room() -> None:
    assert find_place("kitchen fan", HOUSE.areas) == ()
    assert [area.area_id for area in find_place("Kitchn", HOUSE.areas)] == ["kitchen"]


def test_sounds_that_are_mixed_up_are_the_same() -> None:
    assert pinyin("主行") == pinyin("组形") != ""
    assert pinyin("kitchen") == ""


def test_the_name_with_most_words_in_a_sentence_is_the_best_said() -> None:
    lists = [entity for entity in HOUSE.entities if entity.domain == "todo"]
    assert [each.entity_id for each in best_said(words_of("some eggs for the weekend"), lists)] == ["todo.errands"]
    assert best_said(words_of("some eggs"), lists) == ()
