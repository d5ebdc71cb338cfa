from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.calls.call import Situation
from wyoming_servers.conversation.engine import ToolCall
from wyoming_servers.conversation.guard.sentences import Sentence
from wyoming_servers.conversation.put_off import put_off

OFF = ToolCall("HassTurnOff", {"area": "Hall", "domain": "light"})
TIMER = "assist__intent__HassStartTimer"


def yes(text: str, language: str) -> bool:
    return bool(text and language)


def no(text: str, language: str) -> bool:
    return not yes(text, language)


def decide(text: str, *calls: ToolCall, understood: bool = True, offered: tuple[str, ...] = (TIMER,)) -> object:
    return put_off(calls or (OFF,), Situation(HOUSE, text), "en", offered, yes if understood else no)


@pytest.mark.parametrize(
    "text", ["turn off the hall lights", "make it dark in the hall", "it's ten o'clock, lights out in the hall"]
)
def test_what_is_for_now_is_done_now(text: str) -> None:
    assert decide(text) == (OFF,)


def test_a_duration_becomes_a_timer_with_the_command() -> None:
    command = {"conversation_command": "turn off the hall lights"}
    assert decide("turn off the hall lights in ten minutes") == (ToolCall(TIMER, {**command, "minutes": 10}),)
    assert decide("in an hour and a half turn off the hall lights") == (
        ToolCall(TIMER, {**command, "hours": 1, "minutes": 30}),
    )


def test_and_in_chinese() -> None:
    decided = put_off(
        (ToolCall("HassTurnOff", {"name": "客厅吊灯"}),),
        Situation(CHINESE_HOUSE, "十分钟后把客厅吊灯关掉"),
        "zh-CN",
        ("HassStartTimer",),
        yes,
    )
    assert decided == (ToolCall("HassStartTimer", {"conversation_command": "把客厅吊灯关掉", "minutes": 10}),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("turn off the hall lights when the washing machine is done", Sentence.CANNOT_WAIT_FOR),
        ("as soon as I leave, turn off the hall lights", Sentence.CANNOT_WAIT_FOR),
        ("turn off the hall lights at seven", Sentence.CANNOT_SCHEDULE),
        ("we're leaving, turn everything off at seven", Sentence.CANNOT_SCHEDULE),
        ("turn off the hall lights tomorrow morning", Sentence.CANNOT_SCHEDULE),
        ("turn the hall lights off for ten minutes", Sentence.CANNOT_SCHEDULE),
    ],
)
def test_what_cannot_be_waited_for_is_declined(text: str, sentence: Sentence) -> None:
    assert decide(text) is sentence


def test_nothing_is_put_off_that_would_not_be_understood_or_where_there_are_no_timers() -> None:
    text = "turn off the hall lights in ten minutes"
    assert decide(text, understood=False) is Sentence.CANNOT_SCHEDULE
    assert decide(text, offered=("HassTurnOff",)) is Sentence.CANNOT_SCHEDULE


def test_a_timer_of_the_models_own_and_a_look_are_left_alone() -> None:
    timer = ToolCall(TIMER, {"minutes": 10, "conversation_command": "turn off the hall lights"})
    look = ToolCall("GetLiveContext", {"area": "Hall"})
    assert decide("turn off the hall lights in ten minutes", timer, look) == (timer, look)


@given(st.text(max_size=80))
def test_any_words_come_to_a_decision(text: str) -> None:
    assert isinstance(decide(text), tuple | Sentence)
