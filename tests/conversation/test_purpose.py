from __future__ import annotations

import pytest

from tests.knowledge.household_questions import Part, all_said
from wyoming_servers.conversation.prompt.relevance import Index
from wyoming_servers.conversation.purpose import LONGEST_CHARS, asks_how_it_is, is_order, may_be_in_documents
from wyoming_servers.home.demo import DEMO_HOUSE

CALIBRATION = [each for each in all_said() if each.part is Part.CALIBRATION]


@pytest.mark.parametrize(
    "words",
    [
        "start the dishwasher",
        "can you turn off the water heater",
        "turn up the volume a bit",
        "add rinse aid to the shopping list",
        "把路由器重启一下",
        "帮我定一个十分钟的闹钟",
    ],
)
def test_what_is_to_be_done_is_not_looked_up(words: str) -> None:
    assert is_order(words)
    assert not may_be_in_documents(words)


@pytest.mark.parametrize(
    "words",
    [
        "how do I turn off the water in the flat",
        "can I put the wooden board in the dishwasher",
        "my bike shows 503",
        "the coffee maker shows error 8",
        "帮我看看洗碗机E24是什么意思",
        "洗衣机怎么关掉童锁",
    ],
)
def test_what_is_asked_is_no_order_even_with_the_words_of_one(words: str) -> None:
    assert not is_order(words)
    assert may_be_in_documents(words)


@pytest.mark.parametrize("words", ["", "…!?", "thank you", "谢谢", "x " * LONGEST_CHARS])
def test_courtesies_silence_and_speeches_are_not_looked_up(words: str) -> None:
    assert not may_be_in_documents(words)


def test_every_question_to_documents_may_be_looked_up() -> None:
    assert [each.text for each in CALIBRATION if each.is_answered and not may_be_in_documents(each.text)] == []


def test_no_question_to_documents_is_taken_for_one_about_the_home() -> None:
    index = Index(DEMO_HOUSE)
    taken = [each.text for each in CALIBRATION if asks_how_it_is(each.text) and index.knows(each.text)]
    assert not {each.text for each in CALIBRATION if each.is_answered} & {*taken}


@pytest.mark.parametrize(
    "words",
    [
        "is the washing machine still running",
        "did I leave the kitchen light on",
        "what's the temperature in the living room",
        "which lights are on",
        "how warm is the bedroom",
        "洗衣机洗完了吗",
        "门锁好了没",
        "空调开着吗",
    ],
)
def test_how_things_are_the_home_knows_itself(words: str) -> None:
    assert asks_how_it_is(words)
    assert Index(DEMO_HOUSE).knows(words)


@pytest.mark.parametrize(
    "words",
    [
        "what does it mean when the washing machine's light is on",
        "how warm should the living room be",
        "why is the front door lamp on",
        "空调开着的时候可以开窗吗",
        "洗衣机的灯亮着是什么意思",
    ],
)
def test_what_things_mean_and_should_be_is_not_how_they_are(words: str) -> None:
    assert not asks_how_it_is(words)
