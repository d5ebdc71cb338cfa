"""The words of passages and questions: what is the same word, and what is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.words import LONGEST, query_words, words_of


def meets(question: str, text: str) -> set[str]:
    return set(query_words(question)) & set(words_of(text))


@pytest.mark.parametrize(
    "written", ["E24", "E-24", "E 24", "e24", "E\u201124", "\uff25\uff12\uff14", "error E24.", "(E24)", "错误E24"]
)
def test_a_code_is_one_word_however_it_is_written(written: str) -> None:
    assert "e24" in words_of(written)
    assert "e24" in query_words(written)


def test_a_code_is_also_asked_for_by_its_number_alone() -> None:
    assert meets("error twenty-four", "E24: the water does not drain") == {"24"}


@pytest.mark.parametrize("asked", ["E24", "E 24", "E-24"])
def test_who_asks_for_a_code_does_not_mean_another_with_the_same_number(asked: str) -> None:
    assert not meets(asked, "F24 the motor is too hot")


@pytest.mark.parametrize("written", ["2.4 GHz", "2.4GHz", "2,4 GHz", "2.4-GHz"])
def test_a_number_and_its_unit_are_one_word_with_and_without_a_blank(written: str) -> None:
    assert "2.4ghz" in words_of(written)
    assert "2.4ghz" in query_words(written)


@pytest.mark.parametrize("written", ["WF-1000XM4", "WF1000XM4", "wf 1000 xm4", "WF-1000 XM4"])
def test_a_model_number_is_found_in_all_its_spellings(written: str) -> None:
    assert {"wf1000", "xm4"} <= meets(written, "WF-1000XM4")


@pytest.mark.parametrize("number", ["1,000", "1000"])
def test_thousands_are_one_number(number: str) -> None:
    assert "1000" in words_of(f"{number} ml")


@pytest.mark.parametrize(
    ("said", "digits"), [("two", "2"), ("twenty four", "24"), ("twenty-four", "24"), ("ninety", "90")]
)
def test_numbers_in_letters_are_numbers(said: str, digits: str) -> None:
    assert digits in words_of(f"{said} hours")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("descaling", "descale"),
        ("Batteries", "battery"),
        ("Wi-Fi", "wifi"),
        ("e-mail", "email"),
        ("café", "CAFE"),
        ("dishwasher's", "dishwasher"),
        ("Straße", "strasse"),
        ("洗碗機", "洗碗机"),
        ("電飯煲", "电饭煲"),
    ],
)
def test_what_is_written_in_two_ways_is_the_same_word(one: str, other: str) -> None:
    assert meets(one, other)
    assert meets(other, one)


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("What does it say about descaling?", {"descal"}),
        ("um could you tell me please how often the filter needs to be changed", {"filter", "chang"}),
        ("Hey, I want to know what's the wifi password for guests", {"wifi", "password", "guest"}),
        ("请问一下洗碗机怎么加盐啊", {"洗碗机", "洗碗", "加盐"}),
        ("我想知道关于保修的事情", {"保修"}),
    ],
)
def test_what_a_question_is_about_is_left_of_it(question: str, about: set[str]) -> None:
    assert about <= set(query_words(question))
    whole = {word for word in query_words(question) if word.isascii() or len(word) == 1 or word in about}
    assert whole <= about


@pytest.mark.parametrize("question", ["", "?!", "what is that?", "do you know it", "这是什么", "请问那个呢"])
def test_a_question_about_nothing_has_hardly_a_word(question: str) -> None:
    assert [word for word in query_words(question) if word.isascii()] == []


def test_chinese_is_found_though_the_question_is_cut_into_other_words() -> None:
    assert len(meets("排水管堵了", "请检查排水管是否堵塞")) >= 2
    assert "盐" in meets("盐放哪里", "首次使用前须加盐")


def test_scripts_without_blanks_meet_in_pairs() -> None:
    assert meets("ソコン", "パソコン") == {"ソコ", "コン"}


def test_what_is_too_long_for_a_word_is_none() -> None:
    assert words_of("a" * (LONGEST + 1)) == []
    assert words_of("a" * LONGEST) == ["a" * LONGEST]


@given(st.text())
def test_a_word_fits_between_blanks_and_quotation_marks(text: str) -> None:
    for word in [*words_of(text), *query_words(text)]:
        assert 0 < len(word) <= LONGEST
        assert not re.search(r"[\s\"]", word)
        assert all(char.isalnum() or char == "." or not char.isascii() for char in word)
        assert not re.search("[A-Z]", word)


@given(st.text())
def test_a_question_says_nothing_twice_and_finds_itself(text: str) -> None:
    asked = query_words(text)
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(words_of(text))
