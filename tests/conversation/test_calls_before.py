"""What "it" means: the thing that was spoken of just before. Everything else is asked about as ever."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import pytest

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.calls.before import said_before
from wyoming_servers.conversation.calls.call import Call, Question, Situation
from wyoming_servers.conversation.calls.resolver import resolve
from wyoming_servers.conversation.engine import Message, Role, ToolCall
from wyoming_servers.home.model import HomeSnapshot

QUESTION = Message(Role.USER, "[20:15]\n[Kitchen Ceiling: off]\nis the study lamp on?")


def off(name: str, words: str, *before: Message, home: HomeSnapshot = HOUSE) -> Call | Question:
    """Resolve turning something off at the end of a conversation."""
    messages = (*before, Message(Role.USER, words))
    return resolve(Call("HassTurnOff", {"name": name}), Situation(home, words, before=said_before(messages)))


@pytest.mark.parametrize("words", ["turn it off", "ok, do it", "switch that off please"])
def test_it_is_what_was_spoken_of(words: str) -> None:
    answer = Message(Role.ASSISTANT, "Yes, it is on.")
    assert off("Study Lamp", words, QUESTION, answer) == Call("HassTurnOff", {"name": "Study Lamp"})
    assert isinstance(off("Study Lamp", words), Question)


def test_it_is_what_was_called_also_where_nobody_named_it() -> None:
    call = ToolCall("HassTurnOn", {"name": "Study Lamp"}, "a")
    before = (
        Message(Role.USER, "it's dark"),
        Message(Role.ASSISTANT, calls=(call,)),
        Message(Role.TOOL, "OK", call_id="a"),
    )
    assert off("Study Lamp", "turn it off again now", *before) == Call("HassTurnOff", {"name": "Study Lamp"})


def test_and_in_chinese() -> None:
    before = (Message(Role.USER, "书房台灯开着吗？"), Message(Role.ASSISTANT, "开着。"))
    assert off("书房台灯", "关掉它", *before, home=CHINESE_HOUSE) == Call("HassTurnOff", {"name": "书房台灯"})
    assert isinstance(off("客厅吊灯", "关掉它", *before, home=CHINESE_HOUSE), Question)


def test_it_is_what_the_assistant_spoke_of_first() -> None:
    asked = Message(Role.ASSISTANT, "The study lamp is still on. Shall I turn it off?")
    assert off("Study Lamp", "yes, do it", asked) == Call("HassTurnOff", {"name": "Study Lamp"})


@pytest.mark.parametrize("name", ["Kitchen Ceiling", "Hall Lamp 1"])
def test_what_only_the_home_told_or_nobody_spoke_of_is_asked_about(name: str) -> None:
    assert isinstance(off(name, "turn it off", QUESTION, Message(Role.ASSISTANT, "Yes.")), Question)


def test_what_was_spoken_of_longer_ago_is_asked_about() -> None:
    later = (Message(Role.USER, "tell me a joke"), Message(Role.ASSISTANT, "No."))
    assert isinstance(off("Study Lamp", "turn it off", QUESTION, Message(Role.ASSISTANT, "Yes."), *later), Question)


def test_a_noun_alone_is_asked_about_whatever_was_spoken_of() -> None:
    answer = Message(Role.ASSISTANT, "Yes, it is on.")
    assert isinstance(off("Study Lamp", "turn off the light", QUESTION, answer), Question)


def test_before_the_first_words_nothing_was_said() -> None:
    assert said_before([Message(Role.USER, "hello")]) == ""
    assert said_before([]) == ""
