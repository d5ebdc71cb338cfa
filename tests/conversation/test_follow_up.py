# ruff: noqa: RUF001 - Chinese punctuation is meant

"""The answer to a question of ours completes the command that we asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wyoming_servers.conversation.follow_up import KEEP_S, MAX_QUESTIONS, Question, Questions
from wyoming_servers.conversation.understanding import Answer, Understanding, Utterance
from wyoming_servers.home.demo import DEMO_HOUSE, DemoHome
from wyoming_servers.home.model import Entity


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def talk(clock: Clock) -> Understanding:
    return Understanding(DemoHome(), "en", 200, clock)


def ask(talk: Understanding, text: str, conversation_id: str | None = "1", language: str = "en") -> Answer:
    return talk.understand(Utterance(text, language, conversation_id=conversation_id))


def slots(answer: Answer) -> list[dict[str, Any]]:
    return [dict(command.slots) for command, _ in answer.commands]


@pytest.mark.parametrize(
    "answer", ["kitchen", "Kitchen.", "the kitchen", "in the kitchen please", "I mean the kitchen", "the kitchen one"]
)
def test_the_room_completes_the_command(talk: Understanding, answer: str) -> None:
    assert ask(talk, "turn on the lights").text == "In which room?"
    assert slots(ask(talk, answer)) == [{"domain": "light", "area": "Kitchen"}]


@pytest.mark.parametrize("answer", ["厨房", "厨房的", "在厨房", "厨房里的", "是厨房吧", "厨房。"])
def test_the_room_completes_the_chinese_command(talk: Understanding, answer: str) -> None:
    assert ask(talk, "开灯", language="zh-CN").text == "请问是哪个房间？"
    completed = ask(talk, answer, language="zh-CN")
    assert slots(completed) == [{"domain": "light", "area": "厨房"}]
    assert completed.language == "zh-CN"


def test_the_room_is_that_of_every_command_in_the_sentence(talk: Understanding) -> None:
    ask(talk, "close the blinds and turn off the lights")
    assert slots(ask(talk, "the office")) == [
        {"domain": "cover", "device_class": "blind", "area": "Office"},
        {"domain": "light", "area": "Office"},
    ]


@pytest.mark.parametrize(
    ("command", "answer", "expected", "said"),
    [
        ("turn on the lights", "the desk lamp", {"name": "desk lamp"}, "Turned on the light"),
        ("close the blinds", "kitchen blinds", {"name": "kitchen blinds"}, "Closing"),
    ],
)
def test_the_name_of_a_thing_completes_it_too(
    talk: Understanding, command: str, answer: str, expected: dict[str, Any], said: str
) -> None:
    ask(talk, command)
    completed = ask(talk, answer)
    assert slots(completed) == [expected]
    assert said in completed.commands[0][1] or "the light" in completed.commands[0][1]


def test_a_thing_of_another_kind_is_not_switched(talk: Understanding) -> None:
    ask(talk, "turn on the lights")
    assert not ask(talk, "the front door").commands


def test_one_of_two_things_of_the_same_name_is_chosen_by_its_room(clock: Clock) -> None:
    twins = tuple(Entity(f"light.{area}", "Spot", area_id=area) for area in ("kitchen", "office"))
    talk = Understanding(DemoHome(replace(DEMO_HOUSE, entities=twins)), "en", 200, clock)
    assert ask(talk, "turn on the spot").text.endswith("Which one?")
    assert slots(ask(talk, "the one in the office")) == [{"name": "Spot", "preferred_area_id": "office"}]


def test_a_room_without_such_a_thing_is_refused_and_the_question_is_closed(talk: Understanding) -> None:
    ask(talk, "close the blinds")
    assert ask(talk, "garage").text == "Sorry, I am not aware of any blinds in the Garage area"
    assert not ask(talk, "kitchen").commands


def test_another_command_is_a_new_one_and_closes_the_question(talk: Understanding) -> None:
    ask(talk, "turn on the lights")
    assert slots(ask(talk, "turn on the TV")) == [{"name": "TV"}]
    assert not ask(talk, "kitchen").commands


def test_never_mind_takes_it_back(talk: Understanding) -> None:
    ask(talk, "turn on the lights")
    assert ask(talk, "never mind").commands[0][0].intent == "HassNevermind"
    assert not ask(talk, "kitchen").commands


@pytest.mark.parametrize("conversation_id", ["2", None])
def test_another_conversation_answers_nothing(talk: Understanding, conversation_id: str | None) -> None:
    ask(talk, "turn on the lights")
    assert not ask(talk, "kitchen", conversation_id).commands


def test_nobody_is_waited_for_longer_than_a_minute(talk: Understanding, clock: Clock) -> None:
    ask(talk, "turn on the lights")
    clock.now_s = KEEP_S + 0.1
    assert not ask(talk, "kitchen").commands
    ask(talk, "turn on the lights")
    clock.now_s += KEEP_S
    assert ask(talk, "kitchen").commands


def test_no_more_questions_are_kept_than_there_is_room_for(clock: Clock) -> None:
    questions = Questions(clock)
    for number in range(MAX_QUESTIONS + 3):
        questions.ask(str(number), Question("turn on the lights", "en"))
    assert len(questions) == MAX_QUESTIONS
    assert questions.take("2") is None
    assert questions.take("3") == Question("turn on the lights", "en")
    assert questions.take("3") is None
