"""Markdown is read for its text: headings, lists with their numbers, tables, code; the signs are gone."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from pathlib import Path

from tests.knowledge.written_files import reading_of_text
from wyoming_servers.conversation.knowledge.document import Kind


def sections(tmp_path: Path, text: str) -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, section.text) for section in reading_of_text(tmp_path, "notes.md", text).sections]


def test_headings_nest_and_the_one_above_all_is_the_title(tmp_path: Path) -> None:
    text = "# Fridge\n\n## Cold\n\n5 *degrees*.\n\n### Fast\n\n[Super](http://x) Cool\n\n## Care\n\nWipe `it`."
    assert sections(tmp_path, text) == [
        (("Cold",), "5 degrees."),
        (("Cold", "Fast"), "Super Cool"),
        (("Care",), "Wipe it."),
    ]
    assert reading_of_text(tmp_path, "notes.md", text).title == "Fridge"


def test_broken_lines_are_joined_chinese_ones_without_a_space(tmp_path: Path) -> None:
    assert sections(tmp_path, "One line\nand another.\n\n面板上的灯\n变红了。") == [
        ((), "One line and another.\n面板上的灯变红了。")
    ]


def test_numbers_of_a_list_are_kept(tmp_path: Path) -> None:
    assert sections(tmp_path, "1. Open\n   - slowly\n2. Close\n\n- a\n- b") == [((), "1. Open\nslowly\n2. Close\na\nb")]


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    text = "| Code | Meaning |\n|---|---|\n| E24 | Does not **drain** |\n| E25 | Blocked |"
    assert sections(tmp_path, text) == [((), "Code: E24; Meaning: Does not drain"), ((), "Code: E25; Meaning: Blocked")]


def test_code_keeps_its_lines_and_what_programs_wrote_at_the_top_is_left_out(tmp_path: Path) -> None:
    assert sections(tmp_path, "---\ntags: [a]\n---\n\n```\none\ntwo\n```\n") == [((), "one\ntwo")]


def test_html_inside_is_read_as_text(tmp_path: Path) -> None:
    assert sections(tmp_path, "<p align=center>Seen</p>\n\nbefore<br>after") == [((), "Seen\nbefore\nafter")]


def test_a_heading_with_nothing_under_it_is_not_lost(tmp_path: Path) -> None:
    assert sections(tmp_path, "# A\n\n# B\n\ntext\n\n# C") == [(("A",), ""), (("B",), "text"), (("C",), "")]


def test_a_table_of_questions_and_answers(tmp_path: Path) -> None:
    text = (
        "# Guests\n\n| Question | Answer | Room |\n|---|---|---|\n"
        "| Wifi password? | plum-42 | all |\n| Where to park? | Space 11 | |"
    )
    reading = reading_of_text(tmp_path, "notes.md", text)
    assert (reading.kind, reading.title) == (Kind.QUESTIONS, "Guests")
    assert [(section.headings, section.text) for section in reading.sections] == [
        (("Wifi password?",), "plum-42\nRoom: all"),
        (("Where to park?",), "Space 11"),
    ]


def test_marked_questions_and_answers_under_headings(tmp_path: Path) -> None:
    text = (
        "# Guests\n\n## Internet\n\n**Q:** Password?\n**A:** plum-42\n\n## Doors\n\n问：钥匙在哪里？\n答：在花盆下面。"
    )
    reading = reading_of_text(tmp_path, "notes.md", text)
    assert reading.kind is Kind.QUESTIONS
    assert [(section.headings, section.text) for section in reading.sections] == [
        (("Internet", "Password?"), "plum-42"),
        (("Doors", "钥匙在哪里？"), "在花盆下面。"),
    ]
