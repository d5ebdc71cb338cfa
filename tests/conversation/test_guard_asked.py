"""A question about how things are is told from a request that has the form of one, and from small talk."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.guard.asked import is_question, is_small_talk, plain


@pytest.mark.parametrize(
    "asked",
    [
        "Is the lamp on?",
        "is the lamp on",
        "What's the temperature in the den",
        "Hey, did you lock the door?",
        "Can you tell me if the window is open?",
        "how many lights are on",
        "Brennt das Licht?",
        "灯开着吗",
        "书房现在几度？",
        "门锁了没",
        "能告诉我窗户关了吗？",
        "客廳的燈是不是開著？",
    ],
)
def test_these_ask_how_things_are(asked: str) -> None:
    assert is_question(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "Turn on the lamp",
        "Could you turn on the lamp?",
        "Would you mind closing the blinds?",
        "What about the bedroom?",
        "and the bedroom?",
        "Why don't you dim it a little?",
        "打开灯",
        "能不能把灯关了？",
        "你可以打开灯吗？",
        "把窗帘拉上好吗？",
        "幫我開燈好不好？",
    ],
)
def test_these_ask_for_something_to_be_done(asked: str) -> None:
    assert not is_question(asked)


@pytest.mark.parametrize(
    "asked", ["Thanks!", "okay, thank you very much", "Never mind.", "hello", "谢谢", "算了", "你好！"]
)
def test_these_want_nothing(asked: str) -> None:
    assert is_small_talk(asked)


@pytest.mark.parametrize("asked", ["", "Turn it off, thanks", "okay turn it off", "好的，关灯", "谢天谢地把灯关了"])
def test_a_thank_you_around_a_command_leaves_it_one(asked: str) -> None:
    assert not is_small_talk(asked)


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    assert plain("請幫我把客廳的燈關掉") == plain("请帮我把客厅的灯关掉")


@given(st.text())
def test_any_text_is_one_thing_or_the_other(asked: str) -> None:
    assert isinstance(is_question(asked), bool)
    assert isinstance(is_small_talk(asked), bool)
