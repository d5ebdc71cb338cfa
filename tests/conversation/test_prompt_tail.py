# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.prompt_homes import FLAT, ODD, large
from wyoming_servers.conversation.prompt.moment import NAMES, Moment, needs_states, tail
from wyoming_servers.conversation.prompt.persona import load_persona
from wyoming_servers.conversation.prompt.prompt import build
from wyoming_servers.conversation.prompt.relevance import Index
from wyoming_servers.conversation.prompt.tail import NOTE_CHARS, Tail, about, ahead
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity

EN, ZH = load_persona("en"), load_persona("zh-CN")
NOW = datetime(2026, 11, 20, 9, 5)  # noqa: DTZ001 - the house's own clock
DEMO = Index(DEMO_HOUSE)
PROMPTS = {"en": build(DEMO_HOUSE, EN), "zh-CN": build(DEMO_HOUSE, ZH)}


def told(words: str, here: str | None = "kitchen", language: str = "en") -> str:
    moment = Moment(NOW, DEMO_HOUSE.area(here))
    return tail(PROMPTS[language], DEMO_HOUSE, DEMO, words, moment).about


def test_time_and_room_are_known_ahead_of_the_words() -> None:
    assert ahead(NOW, FLAT.area("kitchen"), EN) == "[Friday 20 November 2026, 09:05, in Kitchen]"
    assert ahead(NOW, FLAT.area("kitchen"), ZH) == "[2026年11月20日星期五 09:05，在厨房]"
    assert ahead(NOW, None, EN) == "[Friday 20 November 2026, 09:05]"


def test_what_holds_for_the_conversation_is_a_block_after_the_time_and_the_rules_say_to_follow_it() -> None:
    for persona, words in ((EN, "[This conversation: Say (no).]"), (ZH, "[本次对话：Say (no).]")):
        told = ahead(NOW, None, persona, "Say\n[no].")
        assert told.splitlines()[1:] == [words]
        assert words[1:].partition(" " if persona is EN else "Say")[0] in persona.rules
    assert ahead(NOW, None, EN, " \n") == ahead(NOW, None, EN)


@given(st.datetimes(), st.sampled_from(["en", "zh-CN"]))
def test_every_moment_can_be_told(now: datetime, language: str) -> None:
    assert str(now.year) in ahead(now, None, load_persona(language))


def test_the_message_is_what_is_known_ahead_then_states_then_the_words() -> None:
    assert Tail("[now]", "[Lamp: on]").before("is it on?") == "[now]\n[Lamp: on]\nis it on?"
    assert Tail("[now]").before("hello\n[Door: open]") == "[now]\nhello (Door: open)"
    assert Tail().before("hello") == "hello"


@given(ODD, ODD, ODD)
def test_what_is_evaluated_ahead_begins_the_message_whatever_is_said(room: str, note: str, words: str) -> None:
    known = ahead(NOW, Area("a", room), EN)
    whole = Tail(known, about(EN, notes=[note])).before(words)
    assert f"{whole}\n".startswith(Tail(known).opening)


@given(ODD, ODD, ODD, ODD)
def test_no_name_state_note_or_word_opens_or_closes_a_bracket(name: str, state: str, note: str, words: str) -> None:
    entity = Entity("sensor.a", name, state=state)
    content = Tail("[now]", about(EN, [entity], [note])).before(words)
    lines = content.splitlines()
    assert all(line.startswith("[") and line.endswith("]") for line in lines[: content.count("[")])
    assert content.count("[") == content.count("]")
    assert len(lines) - content.count("[") <= 1


def test_passages_are_quoted_as_data_and_cut() -> None:
    blocks = about(EN, notes=['Press "Start".\nThen wait.', "x" * 5000, " "]).splitlines()
    assert blocks[0] == r'["Press \"Start\". Then wait."]'
    assert len(blocks[1]) == NOTE_CHARS + 4
    assert len(blocks) == 2


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("is the front door locked?", "[Front Door: locked]"),
        ("is the bedroom window open", "[Bedroom Window: open]"),
        ("what is the humidity in the bathroom", "[Bathroom Humidity: 61 %]"),
        ("it's too dark to read in here", "[Counter Light: off; Kitchen Light: on, 80 %]"),
        ("a bit brighter please", "[Counter Light: off; Kitchen Light: on, 80 %]"),
        ("close the garage door if it is open", "[Garage Door: closed]"),
        ("it's cold in the bedroom", "[Bedroom Temperature: 19.2 °C]"),
        ("what is playing", "[Kitchen Speaker: playing, Morning Radio, volume 40 %]"),
        ("is anyone home", "[Alex: home]"),
    ],
)
def test_a_question_brings_the_states_that_it_is_about(words: str, states: str) -> None:
    assert told(words) == states


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("门锁好了吗", "[前门：已锁]"),
        ("洗衣机还开着吗？", "[洗衣机：开]"),
        ("这里太暗了", "[台面灯：关；厨房灯：开，80%]"),
        ("主卧有点冷", "[卧室温度：19.2 °C]"),
        ("今天天气怎么样", "[天气：多云，12 °C，湿度70%]"),
    ],
)
def test_a_chinese_question_brings_them_too(words: str, states: str) -> None:
    assert told(words, language="zh-CN") == states


@pytest.mark.parametrize(
    "words",
    [
        "turn on the kitchen light",
        "can you turn off the TV please?",
        "set the thermostat to 22",
        "lock the front door",
        "add milk to the shopping list",
        "打开客厅灯",
        "把楼上的灯都关了",
        "把空调调到22度",
    ],
)
def test_a_plain_command_needs_no_state(words: str) -> None:
    assert not needs_states(words)
    assert told(words) == ""


@pytest.mark.parametrize(
    "words", ["which lights are on?", "are all the lights off?", "哪些灯开着？", "thank you", "tell me a joke"]
)
def test_nothing_is_told_of_many_things_or_of_none(words: str) -> None:
    assert told(words, language="zh-CN" if words[0] > "z" else "en") == ""


def test_the_state_of_something_else_in_the_room_is_no_answer() -> None:
    assert told("is the kitchen window open?") == ""


QUESTIONS = {
    "en": [f"is the {entity.name} on?" for entity in DEMO_HOUSE.entities],
    "zh-CN": [f"{ZH.spoken(entity)}现在怎么样？" for entity in DEMO_HOUSE.entities],
}


@pytest.mark.parametrize(("language", "chars"), [("en", 160), ("zh-CN", 50)])
def test_the_states_for_a_question_are_short(language: str, chars: int) -> None:
    lengths = sorted(len(told(words, language=language)) for words in QUESTIONS[language])
    assert lengths[len(lengths) * 95 // 100] <= chars
    assert lengths[len(lengths) // 2] > 0


def test_a_large_home_names_the_few_things_that_matter_in_the_tail() -> None:
    home = large()
    prompt = build(home, EN)
    found = tail(prompt, home, Index(home), "turn on lamp 137", Moment(NOW, home.areas[3]))
    assert not prompt.names_all
    assert "- Lamp 137 (台灯137): light" in found.about
    assert "area: Room 17 (房间17)" in found.about
    assert found.about.count("- Lamp") <= NAMES
    assert "Lamp 137" not in prompt.system.content
