# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.commands import MAX_PARTS, read, split, tails, without_article
from wyoming_servers.conversation.recognizer import Recognizer

Meaning = tuple[str, str]


def meanings(recognizer: Recognizer, text: str) -> list[Meaning]:
    """Return each command's intent and target."""
    reading = read(text, recognizer.language.code, recognizer.recognize, recognizer.mentions)
    return [
        (command.intent, str(command.slots.get("name") or command.slots.get("area"))) for command in reading.commands
    ]


ON, OFF = "HassTurnOn", "HassTurnOff"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("turn off the kitchen light and turn on the TV", [(OFF, "Kitchen Light"), (ON, "TV")]),
        ("Turn off the kitchen light, then lock the front door.", [(OFF, "Kitchen Light"), (ON, "Front Door")]),
        ("turn on the kitchen light and the kettle", [(ON, "Kitchen Light"), (ON, "Kettle")]),
        (
            "turn off the bed light, the desk lamp and the kettle",
            [(OFF, "Bed Light"), (OFF, "Desk Lamp"), (OFF, "Kettle")],
        ),
        ("turn off the kitchen and living room lights", [(OFF, "Kitchen"), (OFF, "Living Room")]),
        ("turn off the lights in the kitchen and the bedroom", [(OFF, "Kitchen"), (OFF, "Bedroom")]),
        ("turn on the TV and turn on the TV", [(ON, "TV")]),
        ("could you turn on the TV and lock the front door please", [(ON, "TV"), (ON, "Front Door")]),
    ],
)
def test_several_commands_in_one_english_sentence(english: Recognizer, text: str, expected: list[Meaning]) -> None:
    assert meanings(english, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打开客厅灯然后关闭电视", [(ON, "客厅灯"), (OFF, "电视")]),
        ("打开客厅灯，关闭电视。", [(ON, "客厅灯"), (OFF, "电视")]),
        ("打开客厅灯和厨房灯", [(ON, "客厅灯"), (ON, "厨房灯")]),
        ("关掉客厅和厨房的灯", [(OFF, "客厅灯"), (OFF, "厨房的灯")]),
        ("打开厨房灯和台面灯，再锁上前门", [(ON, "厨房灯"), (ON, "台面灯"), (ON, "前门")]),
    ],
)
def test_several_commands_in_one_chinese_sentence(chinese: Recognizer, text: str, expected: list[Meaning]) -> None:
    assert meanings(chinese, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "add salt and pepper to the shopping list",
        "set a timer for one hour and ten minutes",
    ],
)
def test_a_sentence_that_is_one_command_as_a_whole_is_not_cut(english: Recognizer, text: str) -> None:
    assert len(meanings(english, text)) == 1


def test_a_part_that_is_longer_with_the_next_one_takes_it(english: Recognizer) -> None:
    reading = read(
        "set a timer for one hour and ten minutes and turn off the TV",
        "en",
        english.recognize,
        english.mentions,
    )
    assert [dict(command.slots) for command in reading.commands] == [{"hours": 1, "minutes": 10}, {"name": "TV"}]


def test_one_part_that_is_no_command_spoils_all_and_is_named(english: Recognizer) -> None:
    reading = read("turn on the TV and make me a sandwich", "en", english.recognize, english.mentions)
    assert reading.commands == ()
    assert reading.not_understood == "make me a sandwich"


def test_a_sentence_without_any_command_is_named_as_a_whole(english: Recognizer) -> None:
    text = "who are you, and what do you want"
    assert read(text, "en", english.recognize, english.mentions).not_understood == text


def test_a_decimal_point_parts_nothing() -> None:
    assert [part.text for part in split("set it to 21.5 degrees. Then go", "en")] == [
        "set it to 21.5 degrees",
        "go",
    ]


@given(st.lists(st.sampled_from(["lamp", "the fan", "kettle", "21.5"]), min_size=1, max_size=MAX_PARTS))
def test_what_is_joined_is_split_again(words: list[str]) -> None:
    assert [part.text for part in split(" and ".join(words), "en")] == words
    assert [part.text for part in split("然后".join(words), "zh-CN")] == words


@given(st.text(max_size=80), st.sampled_from(["en", "zh-CN", "de", "th"]))
def test_parts_are_pieces_of_the_text_in_order(text: str, language: str) -> None:
    parts = split(text, language)
    assert all(part.text and part.text in text for part in parts)
    assert all(first.end <= second.start for first, second in pairwise(parts))
    assert len(parts) <= MAX_PARTS


def test_the_tail_of_a_part_is_words_in_english_and_characters_in_chinese() -> None:
    assert list(tails("the living room lights", "en")) == [" lights", " room lights"]
    assert list(tails("厨房的灯", "zh-CN")) == ["灯", "的灯"]
    assert list(tails("lights", "en")) == []


def test_an_article_is_taken_off() -> None:
    assert without_article("The fan", "en") == "fan"
    assert without_article("theatre lamp", "en") == "theatre lamp"
    assert without_article("风扇", "zh-CN") == "风扇"
