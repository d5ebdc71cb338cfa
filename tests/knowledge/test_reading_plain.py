"""Plain text, lists in CSV, and questions with answers, as people type them."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from pathlib import Path

import pytest

from tests.knowledge.written_files import reading_of_text
from wyoming_servers.conversation.knowledge.document import Kind


def sections(tmp_path: Path, text: str, name: str = "notes.txt") -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, section.text) for section in reading_of_text(tmp_path, name, text).sections]


def test_a_line_alone_above_text_is_a_heading(tmp_path: Path) -> None:
    assert sections(tmp_path, "Water\n\nThe tap is in the cellar.\n\n停电\n\n电表箱在走廊。") == [
        (("Water",), "The tap is in the cellar."),
        (("停电",), "电表箱在走廊。"),
    ]


def test_lines_alone_below_each_other_are_a_list(tmp_path: Path) -> None:
    assert sections(tmp_path, "Milk\n\nEggs\n\nBread") == [((), "Milk\nEggs\nBread")]


def test_headings_right_above_their_text_are_told_where_there_are_several(tmp_path: Path) -> None:
    assert sections(tmp_path, "水量\n一杯米两个人吃,糙米多加水。\n\n清洗\n内盖每次都要拆下来洗。") == [
        (("水量",), "一杯米两个人吃,糙米多加水。"),
        (("清洗",), "内盖每次都要拆下来洗。"),
    ]
    assert sections(tmp_path, "Dear Anna\nI write to you from the sea.") == [
        ((), "Dear Anna\nI write to you from the sea.")
    ]


def test_underlined_and_numbered_headings_have_levels(tmp_path: Path) -> None:
    text = "Care\n====\nWipe it.\n\nFilter\n------\nRinse it.\n\nFaults\n======\nCall us."
    assert sections(tmp_path, text) == [
        (("Care",), "Wipe it."),
        (("Care", "Filter"), "Rinse it."),
        (("Faults",), "Call us."),
    ]
    text = "第一章 安装\n\n请先阅读。\n\n1.2 接水管\n\n拧紧。\n\n第二章 使用\n\n按开关。"
    assert [headings for headings, _ in sections(tmp_path, text)] == [
        ("第一章 安装",),
        ("第一章 安装", "1.2 接水管"),
        ("第二章 使用",),
    ]


def test_lines_that_were_broken_at_a_margin_are_joined(tmp_path: Path) -> None:
    text = (
        "The tap for the water of the whole flat is in the cellar, behind\n"
        "the shelf with the paint. Turn it to the right, and open the one\n"
        "in the kitchen.\n- towels\n- a bucket\n"
    )
    joined = text.replace("\n", " ").replace(" - ", "\n- ").strip()
    assert sections(tmp_path, text) == [((), joined)]


def test_a_line_that_ends_before_the_margin_ends_a_paragraph(tmp_path: Path) -> None:
    text = (
        "The tap for the water of the whole flat is in the cellar, behind\n"
        "the shelf with the paint.\n"
        "There is another one in the kitchen, below the sink, which shuts\n"
        "off only what is in there.\n"
    )
    assert [line.split()[0] for line in sections(tmp_path, text)[0][1].split("\n")] == ["The", "There"]


def test_short_lines_stay_lines(tmp_path: Path) -> None:
    assert sections(tmp_path, "Wifi: Lindennest\nPassword: plum-42\nPIN: 7305")[0][1].count("\n") == 2


def test_a_list_in_csv_has_the_names_of_its_columns_in_every_row(tmp_path: Path) -> None:
    text = 'Date,Bin,Remarks\n2027-01-07,Paper,"blue, in front"\n2027-01-11,Packaging,\n'
    assert sections(tmp_path, text, "waste.csv") == [
        ((), "Date: 2027-01-07; Bin: Paper; Remarks: blue, in front"),
        ((), "Date: 2027-01-11; Bin: Packaging"),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_delimiters_are_found_out(tmp_path: Path, delimiter: str) -> None:
    rows = [("日期", "事项"), ("2027-01-20", "家长会"), ("2027-02-05", "联欢会")]
    text = "\n".join(delimiter.join(row) for row in rows)
    assert sections(tmp_path, text, "calendar.csv")[0][1] == "日期：2027-01-20；事项：家长会"


def test_a_list_without_names_is_read_as_it_is(tmp_path: Path) -> None:
    assert sections(tmp_path, "112,Fire\n110,Police\n", "numbers.csv") == [((), "112: Fire"), ((), "110: Police")]


def test_columns_of_questions_and_answers_make_pairs(tmp_path: Path) -> None:
    text = "question,answer\nWhere is the key?,Under the pot\n钥匙？,花盆下面\n"
    reading = reading_of_text(tmp_path, "faq.csv", text)
    assert reading.kind is Kind.QUESTIONS
    assert [(section.headings, section.text) for section in reading.sections] == [
        (("Where is the key?",), "Under the pot"),
        (("钥匙？",), "花盆下面"),
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Q:", "A:"),
        ("q: ", "a: "),
        ("Question 1: ", "Answer 1: "),
        ("问：", "答："),
        ("问题:", "答案:"),
        ("Q：", "A："),
    ],
)
def test_marks_of_questions_and_answers(tmp_path: Path, question: str, answer: str) -> None:
    text = (
        f"{question}Where is the key\n{answer}Under the pot.\nThe blue one.\n\n{question}And the code?\n{answer}7305\n"
    )
    reading = reading_of_text(tmp_path, "faq.txt", text)
    assert reading.kind is Kind.QUESTIONS
    assert [(section.headings, section.text) for section in reading.sections] == [
        (("Where is the key",), "Under the pot.\nThe blue one."),
        (("And the code?",), "7305"),
    ]


def test_a_question_without_an_answer_leaves_the_text_as_it_is(tmp_path: Path) -> None:
    reading = reading_of_text(tmp_path, "faq.txt", "Q: Where is the key?\nA: Here.\nQ: And the code?\n")
    assert reading.kind is Kind.TEXT
    assert reading.sections[0].text.count("\n") == 2


def test_a_text_that_mentions_a_question_is_no_document_of_questions(tmp_path: Path) -> None:
    assert reading_of_text(tmp_path, "a.txt", "We met.\nQ: who pays?\nA: we do.\n").kind is Kind.TEXT


def test_what_is_not_seen_is_not_kept(tmp_path: Path) -> None:
    text = "a\u200bb\x07 \ufb01lter\u00a0\u00adon\u202e e\u0301 \u2f00\ue000"
    assert sections(tmp_path, text)[0][1] == "ab filter on \u00e9 \u4e00"
