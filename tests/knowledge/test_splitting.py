"""Passages: along headings, paragraphs and sentences, of a bounded size, and nothing is lost."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.document import Kind, Passage, Reading, Section
from wyoming_servers.conversation.knowledge.sentences import sentences
from wyoming_servers.conversation.knowledge.splitting import split
from wyoming_servers.conversation.prompt.text import estimate_tokens

SENTENCE = "The pump of the machine runs for a while and stops again. "
"""18 tokens by estimate."""


def passages(*sections: Section, kind: Kind = Kind.TEXT, tokens: int = 200, overlap: int = 40) -> list[Passage]:
    return split(Reading("Manual", sections, kind), tokens, overlap)


def numbered(count: int, words: str = "of the sentences that say something about the pump.") -> str:
    return " ".join(f"Number {number} {words}" for number in range(count))


def test_a_short_section_is_a_passage_with_its_headings_and_page() -> None:
    text = "Close the tap first. " * 8
    (found,) = passages(Section(text.strip(), ("Care", "Descaling"), 12))
    assert found == Passage(text.strip(), ("Care", "Descaling"), 12, estimate_tokens(text.strip()))


def test_a_long_section_goes_on_in_the_next_passage_which_repeats_whole_sentences() -> None:
    text = numbered(40)
    found = passages(Section(text))
    assert len(found) > 3
    for before, after in pairwise(found):
        repeated = [sentence for sentence in sentences(after.text) if sentence in before.text]
        assert repeated == sentences(before.text)[-len(repeated) :]
        assert 1 <= len(repeated) <= 3
        assert estimate_tokens(" ".join(repeated)) <= 40


def test_without_overlap_nothing_is_repeated() -> None:
    text = numbered(40)
    assert " ".join(passage.text for passage in passages(Section(text), overlap=0)) == text


def test_chinese_is_counted_and_cut_as_chinese() -> None:
    text = "".join(f"第{number}句话是关于水泵的，它会转一会儿，然后停下来。" for number in range(40))
    found = passages(Section(text))
    assert all(passage.text.endswith("。") and passage.text.startswith("第") for passage in found)
    assert all(150 <= passage.tokens <= 200 for passage in found[:-1])
    assert "".join(passage.text for passage in passages(Section(text), overlap=0)) == text


def test_passages_never_go_from_one_chapter_into_another() -> None:
    found = passages(Section("Short.", ("Care",)), Section("Short, too.", ("Faults",)))
    assert [(passage.text, passage.headings) for passage in found] == [
        ("Short.", ("Care",)),
        ("Short, too.", ("Faults",)),
    ]


def test_very_short_sections_of_one_chapter_are_together_under_it() -> None:
    found = passages(
        Section("Wipe it.", ("Care", "Door"), 3),
        Section("Rinse it.", ("Care", "Filter"), 4),
        Section(SENTENCE * 5, ("Care", "Pump"), 5),
    )
    assert found[0].headings == ("Care",)
    assert found[0].page == 3
    assert found[0].text.split("\n")[:4] == ["Door", "Wipe it.", "Filter", "Rinse it."]


def test_sections_that_are_long_enough_stay_apart() -> None:
    found = passages(Section(SENTENCE * 3, ("Care", "Door")), Section(SENTENCE * 3, ("Care", "Filter")))
    assert [passage.headings for passage in found] == [("Care", "Door"), ("Care", "Filter")]


def test_a_heading_with_nothing_under_it_joins_what_follows() -> None:
    found = passages(Section("", ("Part I",)), Section("Wipe it.", ("Care",)), Section("", ("End",)))
    assert [(passage.text, passage.headings) for passage in found] == [("Part I\nWipe it.", ("Care",)), ("End", ())]


def test_a_section_goes_on_over_pages_and_a_passage_has_the_page_of_its_first_new_sentence() -> None:
    text = numbered(12)
    found = passages(Section(text, ("Care",), 1), Section(text.replace("pump", "tap"), ("Care",), 2))
    assert [passage.page for passage in found] == sorted(passage.page or 0 for passage in found)
    assert {passage.page for passage in found} == {1, 2}
    crossing = [passage for passage in found if "pump" in passage.text and "tap" in passage.text]
    assert crossing, "a passage may go over the page"


def test_what_is_repeated_from_the_page_before_does_not_count_for_the_page() -> None:
    seen = 0
    for count in range(8, 20):
        first = numbered(count)
        found = passages(Section(first, ("Care",), 1), Section(first.replace("pump", "tap"), ("Care",), 2))
        for before, after in pairwise(found):
            new = next(sentence for sentence in sentences(after.text) if sentence not in before.text)
            assert after.page == (1 if "pump" in new else 2)
            seen += after.page == 2 and "pump" in after.text
    assert seen


def test_two_passages_of_one_section_are_not_put_together_again() -> None:
    text = " ".join(f"Go {number}." for number in range(75))
    for passage in passages(Section(text)):
        found = sentences(passage.text)
        assert len(found) == len(set(found))


def test_rows_of_a_table_stay_whole_and_are_not_repeated() -> None:
    rows = [
        Section(f"Code: E{number}; Meaning: the machine. It stops! Remedy: call us?", ("Faults",))
        for number in range(60)
    ]
    found = passages(*rows)
    assert [line for passage in found for line in passage.text.split("\n")] == [row.text for row in rows]
    assert all(passage.tokens > 100 for passage in found[:-1])


def test_a_paragraph_stays_whole_where_the_passage_before_is_half_full() -> None:
    paragraph = (SENTENCE * 7).strip()
    found = passages(Section("\n".join([paragraph] * 4)))
    assert all(passage.text.endswith(paragraph) for passage in found)
    assert len(found) == 4


def test_a_question_is_a_passage_with_its_answer() -> None:
    found = passages(
        Section("plum-42", ("Internet", "Wifi password?")),
        Section("Under the pot.", ("Where is the key?",)),
        kind=Kind.QUESTIONS,
    )
    assert [(passage.question, passage.text, passage.headings) for passage in found] == [
        ("Wifi password?", "plum-42", ("Internet",)),
        ("Where is the key?", "Under the pot.", ()),
    ]


def test_a_long_answer_has_its_question_in_every_passage() -> None:
    found = passages(Section(numbered(40), ("Why?",)), kind=Kind.QUESTIONS)
    assert len(found) > 3
    assert {passage.question for passage in found} == {"Why?"}


def test_a_hundred_thousand_characters_without_an_end() -> None:
    for character in ("x", "水", "\u0e01", "🙂"):
        found = passages(Section(character * 100_000), overlap=0)
        assert "".join(passage.text for passage in found) == character * 100_000
        assert all(100 <= passage.tokens <= 200 for passage in found[:-1])


def test_a_sentence_that_is_too_long_is_cut_at_a_clause_or_a_word() -> None:
    clauses = "the pump runs and the lamp blinks and the door is shut and nothing else happens, " * 20
    assert all(passage.text.endswith(",") for passage in passages(Section(clauses), overlap=0))
    assert all(passage.text.endswith("word") for passage in passages(Section("word " * 2000), overlap=0))


def test_an_overlap_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        passages(Section("Text."), tokens=60, overlap=31)


HEADINGS = st.lists(st.sampled_from(["Care", "Faults", "Door", "一、安装"]), max_size=3).map(tuple)
LINES = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="ab .!?,\u3002\uff0c水泵1", max_size=400),
        st.integers(0, 9).map(lambda number: SENTENCE * number),
    ),
    max_size=6,
).map(lambda lines: "\n".join(" ".join(line.split()) for line in lines))
SECTIONS = st.lists(st.builds(Section, LINES, HEADINGS, st.one_of(st.none(), st.integers(1, 3))), max_size=6)
TOKENS = st.integers(20, 200)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(SECTIONS, TOKENS, st.integers(0, 10))
def test_every_sentence_is_in_some_passage_and_in_order(sections: list[Section], tokens: int, overlap: int) -> None:
    found = [bare(passage.text) for passage in passages(*sections, tokens=tokens, overlap=overlap)]
    place = 0
    for section in sections:
        for line in section.text.split("\n"):
            for sentence in map(bare, sentences(line)):
                if len(sentence) * 1.5 < tokens:  # it is in one piece
                    while place < len(found) and sentence not in found[place]:
                        place += 1
                    assert place < len(found), "it is in none, or out of order"


@given(SECTIONS, TOKENS)
def test_without_overlap_the_passages_are_the_text(sections: list[Section], tokens: int) -> None:
    text = "".join(bare(section.text) for section in sections)
    found = iter("".join(bare(passage.text) for passage in passages(*sections, tokens=tokens, overlap=0)))
    assert all(character in found for character in text), "what is there besides are headings"


@given(SECTIONS, TOKENS, st.integers(0, 10))
def test_sizes_are_bounded(sections: list[Section], tokens: int, overlap: int) -> None:
    for passage in passages(*sections, tokens=tokens, overlap=overlap):
        assert passage.text == passage.text.strip()
        assert passage.text
        assert passage.tokens == estimate_tokens(passage.text)
        assert passage.tokens <= tokens


@given(SECTIONS, TOKENS, st.integers(0, 10))
def test_a_passage_stands_under_headings_of_one_chapter(sections: list[Section], tokens: int, overlap: int) -> None:
    chapters = {section.headings[:1] for section in sections} | {()}
    for passage in passages(*sections, tokens=tokens, overlap=overlap):
        assert passage.headings[:1] in chapters


@given(st.lists(st.text(alphabet="abc 水", min_size=1, max_size=30), min_size=2, max_size=8), st.integers(0, 10))
def test_only_neighbours_of_one_section_share_sentences(texts: list[str], overlap: int) -> None:
    sections = [
        Section(f"s{number}{' '.join(text.split())}.", (f"Chapter {number}",)) for number, text in enumerate(texts)
    ]
    found = passages(*sections, tokens=20, overlap=overlap)
    for section in sections:
        chapter = [passage for passage in found if passage.headings == section.headings]
        assert all(bare(passage.text) in bare(section.text) for passage in chapter)
