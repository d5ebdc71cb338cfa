# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.prompt_homes import ODD
from tests.knowledge.told_documents import found
from wyoming_servers.conversation.knowledge.document import Found, Passage
from wyoming_servers.conversation.knowledge.quoting import (
    MOST_QUOTED,
    QUOTED_TOKENS,
    Source,
    quotations,
    sources_of,
)
from wyoming_servers.conversation.prompt.persona import load_persona
from wyoming_servers.conversation.prompt.tail import Tail, about, without_notes
from wyoming_servers.conversation.prompt.text import estimate_tokens, plain

EN, ZH = load_persona("en"), load_persona("zh-CN")


def note(passage: Found, language: str = "en") -> str:
    return quotations([passage], (EN if language == "en" else ZH).wording)[0].note


def test_a_passage_comes_after_its_source() -> None:
    passage = found("Clean the siphon.", 12, "Dishwasher manual", "Dishwasher manual", "Error codes")
    assert note(passage) == "Dishwasher manual, page 12, Error codes: Clean the siphon."
    chinese = found("清洗虹吸管。", 12, "洗碗机说明书", "故障代码")
    assert note(chinese, "zh-CN") == "洗碗机说明书第12页，故障代码：清洗虹吸管。"
    assert note(found("At the door.", None, "Notes")) == "Notes: At the door."


def test_an_answer_to_a_question_of_the_household_comes_after_it() -> None:
    passage = Passage("plum-ladder-42", ("What is the wifi password?",), None, 8, "What is the wifi password?")
    answer = Found(passage, found("").document, 1, 1.0)
    assert note(answer) == "Dishwasher manual, What is the wifi password?: plum-ladder-42"


def test_a_few_passages_of_a_few_hundred_tokens_are_quoted_and_the_best_in_any_case() -> None:
    short, long = found("Press Start. " * 5), found("Press Start. " * 400)
    assert len(quotations([short] * 9, EN.wording)) == MOST_QUOTED
    assert len(quotations([long, short], EN.wording)) == 1
    quoted = quotations([found("Press Start. " * 70)] * 3, EN.wording)
    assert sum(estimate_tokens(each.note) for each in quoted) <= QUOTED_TOKENS
    assert quotations([], EN.wording) == ()


def test_an_answer_is_from_what_it_names() -> None:
    quoted = quotations(
        [found("Clean the siphon.", 12), found("The filter is cleaned each month.", 3, "Coffee machine")], EN.wording
    )
    assert sources_of("According to the coffee machine's page 3, clean it monthly.", quoted) == (
        Source("d1", "Coffee machine", 3),
    )


def test_an_answer_that_names_nothing_is_from_what_it_has_words_of_and_else_from_the_best() -> None:
    quoted = quotations([found("Clean the siphon.", 12), found("Descale it each month.", 3, "Coffee")], EN.wording)
    assert [each.page for each in sources_of("You should descale it every month.", quoted)] == [3]
    assert [each.page for each in sources_of("No idea.", quoted)] == [12]
    assert sources_of("No idea.", ()) == ()
    chinese = quotations([found("清洗虹吸管。", 12, "洗碗机"), found("每个月除垢。", 3, "咖啡机")], ZH.wording)
    assert [each.page for each in sources_of("要每个月除垢一次。", chinese)] == [3]


def test_two_passages_on_one_page_are_one_source() -> None:
    quoted = quotations([found("Clean the siphon."), found("Clean the filter.")], EN.wording)
    assert len(sources_of("Clean the siphon and the filter.", quoted)) == 1


@given(ODD, ODD, ODD, st.none() | st.integers(1, 999))
def test_no_document_opens_or_closes_its_quotes(title: str, text: str, heading: str, page: int | None) -> None:
    passage = found(text, page, title, heading)
    blocks = about(EN, notes=[note(passage)])
    assert blocks.count("[") == blocks.count("]") == 1
    assert "\n" not in blocks
    assert plain(text) in json.loads(blocks[1:-1])


@given(ODD, ODD, ODD)
def test_in_later_turns_a_message_is_the_same_without_what_was_quoted(name: str, text: str, words: str) -> None:
    passage = note(found(text or "x", 1, name))
    with_note = Tail("[now]", about(EN, notes=[passage])).before(words)
    assert without_notes(with_note) == Tail("[now]").before(words)
    assert without_notes(Tail("[now]", '["odd": "on"]').before(words)) == Tail("[now]", '["odd": "on"]').before(words)
