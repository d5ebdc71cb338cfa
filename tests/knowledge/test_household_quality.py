"""What the household's documents must show: found by words alone, answered where asked, silent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wyoming_servers.conversation.knowledge.gate import Example, Gate, calibrate, restored

from .household_questions import Part, Said, all_said
from .household_search import HouseholdSearch, answers, household_search

ASKED = [each for each in all_said() if each.is_answered]
TEST = [each for each in all_said() if each.part is Part.TEST]


@pytest.fixture(scope="module")
def search() -> Iterator[HouseholdSearch]:
    with household_search() as found:
        yield found


@pytest.fixture(scope="module")
def gate(search: HouseholdSearch) -> Gate:
    """Calibrated without anything that anybody said."""
    return calibrate(search, search.passages)


def confident(gate: Gate, search: HouseholdSearch, sentences: list[Said]) -> list[Said]:
    return [said for said in sentences if gate.judge(search(said.text)).confident]


def test_every_question_has_a_passage_that_answers_it(search: HouseholdSearch) -> None:
    texts = ["\n".join((*each.headings, each.question, each.text)).casefold() for each, _ in search.passages]
    names = [document.name for _, document in search.passages]
    for said in ASKED:
        there = (text for text, name in zip(texts, names, strict=True) if name == said.document)
        assert any(all(word.casefold() in text for word in said.words) for text in there), said.text


def test_words_alone_find_the_passage_among_the_first_three(search: HouseholdSearch) -> None:
    found = [any(answers(said, each) for each in search.search(said.text)[:3]) for said in ASKED]
    assert sum(found) / len(found) >= 0.95


def test_the_gate_answers_what_is_asked_and_keeps_out_of_the_rest(gate: Gate, search: HouseholdSearch) -> None:
    answered = confident(gate, search, TEST)
    right = sum(said.is_answered for said in answered)
    assert right / len(answered) >= 0.9
    assert right / sum(said.is_answered for said in TEST) >= 0.85


def test_commands_television_and_small_talk_get_no_answer(gate: Gate, search: HouseholdSearch) -> None:
    kinds = ("command", "television", "chitchat", "garbled")
    others = [said for said in TEST if said.kind in kinds]
    assert len(confident(gate, search, others)) <= len(others) // 50


def test_a_sentence_that_was_not_meant_for_it_is_answered_no_more(gate: Gate, search: HouseholdSearch) -> None:
    said = next(each for each in ASKED if gate.judge(search(each.text)).confident)
    assert gate.report is not None
    taught = restored(gate.report.to_json(), [Example(said.text, wanted=False)])
    assert not taught.judge(search(f"{said.text}!")).confident
    assert taught.judge(search(said.text)).probability == pytest.approx(gate.judge(search(said.text)).probability)


def test_the_same_documents_give_the_same_gate(gate: Gate, search: HouseholdSearch) -> None:
    assert calibrate(search, search.passages).report == gate.report
