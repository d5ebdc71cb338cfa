"""When a question stands in the place of a call, and how it is worded."""

from __future__ import annotations

import pytest

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE, asked, resolved, with_state
from wyoming_servers.conversation.calls.call import Call, Question
from wyoming_servers.conversation.calls.questions import text_of

LAMPS = ("light.counter", "light.kitchen", "light.hall_1", "light.hall_2", "light.study", "light.gate")


def test_a_noun_for_several_things_is_asked_about() -> None:
    assert asked(resolved("lock the door", "HassTurnOn", {"name": "Back Bolt"})) == ("lock.front", "lock.back")
    assert asked(resolved("add eggs to the list", "HassListAddItem", {"name": "Market", "item": "eggs"})) == (
        "todo.errands",
        "todo.market",
    )
    assert asked(resolved("turn on the light", "HassTurnOn", {"name": "Study Lamp"})) == LAMPS
    assert asked(resolved("打开灯", "HassTurnOn", {"name": "书房台灯"}, home=CHINESE_HOUSE))


def test_a_word_that_the_model_may_know_is_believed() -> None:
    args = {"name": "Back Bolt", "domain": ["lock"]}
    assert resolved("lock the garden door", "HassTurnOn", args) == Call("HassTurnOn", args)
    args = {"name": "Market", "item": "eggs"}
    assert resolved("add eggs to the grocery list", "HassListAddItem", args) == Call("HassListAddItem", args)


def test_the_only_one_of_its_kind_is_not_asked_about() -> None:
    assert resolved("start the vacuum", "HassVacuumStart", {}) == Call("HassVacuumStart", {})
    assert resolved("turn on the fan", "HassTurnOn", {"name": "Desk Fan"}) == Call("HassTurnOn", {"name": "Desk Fan"})


def test_this_room_decides() -> None:
    args = {"name": "Study Lamp"}
    assert resolved("turn off the lamp", "HassTurnOff", args, "study") == Call("HassTurnOff", args)
    assert asked(resolved("turn off the lamp", "HassTurnOff", args, "hall")) == ("light.hall_1", "light.hall_2")


def test_the_only_one_whose_state_would_change_is_meant() -> None:
    home = with_state(HOUSE, lock__front="locked")
    args = {"name": "Back Bolt", "domain": ["lock"]}
    assert resolved("lock the door", "HassTurnOn", args, home=home) == Call("HassTurnOn", args)
    assert asked(resolved("lock the door", "HassTurnOn", {"name": "Front Bolt"}, home=home))


def test_several_locks_are_never_switched_unasked() -> None:
    both = ("lock.front", "lock.back")
    assert asked(resolved("unlock all doors", "HassTurnOff", {"domain": ["lock"]})) == both
    assert asked(resolved("unlock all doors", "HassTurnOff", {"name": "Back Bolt"})) == both
    assert asked(resolved("我们要出门", "HassTurnOff", {"domain": ["lock"]})) == both


def test_a_room_with_a_lock_is_not_turned_off_unasked() -> None:
    assert "lock.back" in asked(resolved("turn everything in the kitchen off", "HassTurnOff", {"area": "Kitchen"}))


def test_rooms_that_were_said_bound_what_is_reached() -> None:
    said = "turn off the study lamp and then the one in the hall"
    assert set(asked(resolved(said, "HassTurnOff", {"domain": ["light"]}))) <= {*LAMPS}
    args = {"area": "Hall", "domain": ["light"]}
    assert resolved(said, "HassTurnOff", args) == Call("HassTurnOff", args)
    assert asked(resolved(said, "HassTurnOff", {"area": "Kitchen", "domain": ["light"]}))


def test_a_question_about_a_state_is_never_answered_by_one() -> None:
    args = {"domain": ["lock"], "state": ["locked"]}
    assert resolved("are all doors locked", "HassGetState", args) == Call("HassGetState", args)


@pytest.mark.parametrize(
    ("language", "key", "entity_ids", "text"),
    [
        ("en", "which_one", ("lock.front", "lock.back"), "Which one do you mean: Front Bolt or Back Bolt?"),
        ("en", "all_of_them", ("lock.front", "lock.back"), "Do you mean all of them: Front Bolt and Back Bolt?"),
        ("en-GB", "which_one", LAMPS, "Which one do you mean?"),
        ("en", "all_of_them", LAMPS, "Do you mean all 6 of them?"),
        ("de", "which_one", (), "Which one do you mean?"),
        ("zh-CN", "which_one", ("lock.front", "lock.back"), "你是说哪一个：Front Bolt，还是Back Bolt？"),  # noqa: RUF001
        ("zh", "all_of_them", ("lock.front", "lock.back"), "Front Bolt和Back Bolt，全部都要吗？"),  # noqa: RUF001
    ],
)
def test_a_question_is_short_and_in_the_language(
    language: str, key: str, entity_ids: tuple[str, ...], text: str
) -> None:
    candidates = tuple(each for entity_id in entity_ids if (each := HOUSE.entity(entity_id)))
    assert text_of(Question(key, candidates), HOUSE, language) == text


def test_namesakes_are_told_apart_by_their_rooms() -> None:
    from dataclasses import replace  # noqa: PLC0415

    twins = (HOUSE.entities[4], replace(HOUSE.entities[4], entity_id="light.twin", area_id="kitchen"))
    asked_for = Question("which_one", twins)
    assert text_of(asked_for, HOUSE, "en") == (
        "Which one do you mean: Study Lamp in the Study or Study Lamp in the Kitchen?"
    )


def test_what_is_said_in_a_room_is_about_that_room() -> None:
    call = resolved("it's too dark to read in here", "HassTurnOn", {"domain": "light"}, here="study")
    assert call == Call("HassTurnOn", {"domain": "light", "area": "Study"})


def test_all_of_them_are_all_of_them_in_any_room() -> None:
    call = resolved("make all of it bright", "HassTurnOn", {"domain": "light"}, here="study")
    assert call == Call("HassTurnOn", {"domain": "light"})


@pytest.mark.parametrize("args", [{"domain": "light"}, {"domain": ["light"]}, {}])
def test_a_vague_wish_from_nowhere_in_particular_does_not_light_the_house(args: dict[str, object]) -> None:
    assert len(asked(resolved("it's too dark to read", "HassTurnOn", args))) > 1


def test_but_the_lights_do() -> None:
    call = resolved("it's late, switch the lights off", "HassTurnOff", {"domain": "light"})
    assert call == Call("HassTurnOff", {"domain": "light"})


@pytest.mark.parametrize(
    ("utterance", "name"),
    [("turn on the banana", "Study Lamp"), ("power the sauna on", "Kettle"), ("bananas on", "Kettle")],
)
def test_a_thing_of_which_no_word_was_said_is_not_taken_for_another(utterance: str, name: str) -> None:
    question = resolved(utterance, "HassTurnOn", {"name": name})
    assert isinstance(question, Question)
    assert text_of(question, HOUSE, "en") == f"Do you mean {name}?"


def test_and_in_chinese() -> None:
    question = resolved("打开香蕉", "HassTurnOn", {"name": "卧室风扇"}, home=CHINESE_HOUSE)
    assert isinstance(question, Question)
    assert text_of(question, CHINESE_HOUSE, "zh-CN") == "你是说卧室风扇吗？"  # noqa: RUF001


@pytest.mark.parametrize(
    ("utterance", "name"),
    [
        ("turn on the ketle", "Kettle"),
        ("turn on the spots", "Counter Spots"),
        ("turn on the reading light", "Study Lamp"),
        ("I am hungry", "Kettle"),
        ("打开水壶", "Kettle"),
    ],
)
def test_a_part_a_kind_a_wish_and_another_script_are_believed(utterance: str, name: str) -> None:
    assert resolved(utterance, "HassTurnOn", {"name": name}) == Call("HassTurnOn", {"name": name})
