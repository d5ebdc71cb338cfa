"""What a sentence says without a model."""

from __future__ import annotations

import pytest

from wyoming_servers.conversation.calls.sentence import Sentence
from wyoming_servers.conversation.calls.words import Direction


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Switch the lamp on", Direction.ON),
        ("turn on the fan", Direction.ON),
        ("put eggs on the list", None),
        ("shut off the radio", Direction.OFF),
        ("shut the gate", Direction.CLOSE),
        ("open the gate, then close the window", None),
        ("don't turn it off", None),
        ("lock up", Direction.LOCK),
        ("is the lock broken", None),
        ("unlock the door", Direction.UNLOCK),
        ("skip this one", Direction.NEXT),
        ("打开客厅的灯", Direction.ON),
        ("关掉风扇", Direction.OFF),
        ("把窗帘关上", Direction.OFF),
        ("别关灯", None),
        ("解锁大门", Direction.UNLOCK),
        ("解锁门", Direction.UNLOCK),
        ("锁上大门", Direction.LOCK),
        ("下一首", Direction.NEXT),
        ("", None),
    ],
)
def test_one_direction_is_told_or_none(text: str, direction: Direction | None) -> None:
    assert Sentence(text).direction is direction


@pytest.mark.parametrize("text", ["set it to 40%", "make it brighter", "half way", "亮一点", "音量三十", "turn it up"])
def test_an_amount_is_told(text: str) -> None:
    assert Sentence(text).says_amount


@pytest.mark.parametrize("text", ["turn on the lamp", "打开台灯", ""])
def test_no_amount_is_told(text: str) -> None:
    assert not Sentence(text).says_amount


@pytest.mark.parametrize(
    ("text", "figure"),
    [("to 40%", 40), ("from 10 to 40", None), ("lamp2 to 7", 7), ("1,5", None), ("十", None), ("音量30", 30)],
)
def test_the_only_figure_is_told(text: str, figure: int | None) -> None:
    assert Sentence(text).figure == figure


@pytest.mark.parametrize("text", ["turn off the light", "please lock the door", "关灯", "请把灯打开", "锁门"])
def test_a_noun_alone_leaves_it_open(text: str) -> None:
    assert Sentence(text).leaves_open()


@pytest.mark.parametrize("text", ["turn off the porch light", "lock number 2", "关客厅的灯", "mach das licht aus", ""])
def test_a_word_that_may_be_a_name_tells_which(text: str) -> None:
    assert not Sentence(text).leaves_open()


def test_what_is_accounted_for_tells_nothing() -> None:
    assert Sentence("put goat cheese on the list").leaves_open("Goat cheese")
    assert not Sentence("put goat cheese on the list").leaves_open()


def test_several_are_spoken_of() -> None:
    assert Sentence("all of them off").says_several("light")
    assert Sentence("lamps off").says_several("light")
    assert Sentence("关掉所有的灯").says_several("light")
    assert not Sentence("lamp off").says_several("light")


def test_names_are_mentioned_as_whole_words() -> None:
    assert Sentence("in the hall, please").mentions(["Hall"])
    assert not Sentence("in the hallway").mentions(["Hall"])
    assert Sentence("关掉客厅灯").mentions(["客厅"])
    assert not Sentence("anything").mentions(["", "  "])


@pytest.mark.parametrize(
    "text",
    [
        "I'm off to work",
        "it's my day off",
        "the kitchen light is still on",
        "why is the kitchen light on",
        "the blinds are open",
        "we left the window open",
        "我们要开会了",
        "我今天很开心",
        "有关部门来了",
        "灯还开着",
        "窗户关着",
        "离开家了",
    ],
)
def test_words_that_want_nothing_switched_are_no_direction(text: str) -> None:
    assert Sentence(text).direction is None
