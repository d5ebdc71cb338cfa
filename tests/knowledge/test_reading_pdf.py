"""A PDF is read as somebody reads it: headings, whole paragraphs, no running lines, and on which page it was."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.knowledge.written_files import (
    PageBreak,
    Part,
    drawn_pdf,
    pdf,
    picture,
    reading_of,
    style,
    why_not,
    words,
)
from wyoming_servers.conversation.knowledge.document import Kind
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable
from wyoming_servers.conversation.knowledge.reading.limits import Limits

TITLE, CHAPTER, SECTION, BODY = style(22), style(16), style(13), style(10)
LONG = (
    "Fill the tank with fresh water up to the line that says MAX, add one bag of descaler, and wait until it has "
    "dissolved. Then press the button with the drop for five seconds. The machine pumps the solution through in "
    "portions, which takes about twenty minutes, and asks for fresh water when it is done."
)
CHINESE = (
    "往水箱里加清水到最高刻度线，倒入一包除垢剂，等它完全溶解。然后按住水滴键五秒钟，机器会分几次把溶液泵出来，"
    "大约需要二十分钟，结束之后会提示你换上清水，再冲洗两遍就可以了。"
)


def test_sections_stand_under_their_headings_and_paragraphs_are_whole(tmp_path: Path) -> None:
    path = pdf(
        tmp_path / "coffee.pdf",
        [
            ("Coffee Machine", TITLE), ("Care", CHAPTER), ("Descaling", SECTION), (LONG, BODY), (LONG, BODY),
            ("Filter", SECTION), ("Change it every two months.", BODY), ("Faults", CHAPTER), ("Call us.", BODY),
        ],
    )  # fmt: skip
    reading = reading_of(path)
    assert reading.title == "Coffee Machine"
    assert [section.headings for section in reading.sections] == [
        ("Care", "Descaling"),
        ("Care", "Filter"),
        ("Faults",),
    ]
    assert reading.sections[0].text == f"{LONG}\n{LONG}"
    assert {section.page for section in reading.sections} == {1}


def test_chinese_lines_are_joined_without_a_space(tmp_path: Path) -> None:
    body = style(chinese=True)
    path = pdf(tmp_path / "说明书.pdf", [("除垢", style(16, chinese=True)), (CHINESE, body), (CHINESE, body)])
    (section,) = reading_of(path).sections
    assert section.text == f"{CHINESE}\n{CHINESE}"
    assert reading_of(path).title == "除垢"


def test_the_page_of_a_section_is_counted_from_one(tmp_path: Path) -> None:
    parts: list[Part] = [("Care", CHAPTER), ("Wipe it.", BODY), PageBreak(), ("Faults", CHAPTER), ("Call us.", BODY)]
    found = [
        (section.page, section.headings, section.text)
        for section in reading_of(pdf(tmp_path / "a.pdf", parts)).sections
    ]
    assert found == [(1, ("Care",), "Wipe it."), (2, ("Faults",), "Call us.")]


def test_a_sentence_that_goes_on_over_the_page_stays_whole_and_belongs_to_its_first_page(tmp_path: Path) -> None:
    full = "The machine pumps the solution through in portions, which takes some"
    path = drawn_pdf(
        tmp_path / "a.pdf",
        [
            words(full, full.lower(), full.lower()),
            words("twenty minutes. Then it asks for water, and is done at last."),
        ],
    )
    (section,) = reading_of(path).sections
    assert section.page == 1
    assert section.text.endswith("which takes some twenty minutes. Then it asks for water, and is done at last.")


def test_what_runs_along_every_page_is_left_out(tmp_path: Path) -> None:
    def running(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 810, "Coffee Machine Manual")
        canvas.drawString(300, 30, f"Page {canvas.getPageNumber()} of 5")

    written = ["Wipe it.", "Rinse it.", "Empty the tray.", "Fill the tank.", "Switch it off."]
    parts: list[Part] = [each for text in written for each in ((text, BODY), PageBreak())]
    sections = reading_of(pdf(tmp_path / "a.pdf", parts[:-1], running)).sections
    assert [(section.page, section.text) for section in sections] == list(enumerate(written, 1))


def test_a_word_that_was_broken_at_the_end_of_a_line_is_whole_again(tmp_path: Path) -> None:
    path = drawn_pdf(
        tmp_path / "a.pdf",
        [
            words("The machine must be descaled whenever the lamp blinks, and at the la-", "test after three months."),
            words("It is a well-known fault. Another fault that is said to be very well-", "known is the pump."),
        ],
    )
    first, second = (section.text for section in reading_of(path).sections)
    assert "at the latest after" in first
    assert "very well-known is" in second, "the hyphen belongs to a word that has one elsewhere"


def test_headings_are_those_of_the_documents_own_table_of_contents(tmp_path: Path) -> None:
    def chapter(number: int, title: str) -> None:
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, level=0)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 700, f"{number}. {title}")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 680, f"This is about {title}.")
        canvas.showPage()

    canvas = Canvas(str(tmp_path / "a.pdf"))
    for number, title in enumerate(("Care", "Faults", "Service"), 1):
        chapter(number, title)
    canvas.save()
    found = [(section.headings, section.text) for section in reading_of(tmp_path / "a.pdf").sections]
    assert found == [((title,), f"This is about {title}.") for title in ("Care", "Faults", "Service")]


def test_the_table_of_contents_itself_is_left_out(tmp_path: Path) -> None:
    path = drawn_pdf(
        tmp_path / "a.pdf", [words("Care . . . . . . . . . . . . 12", "Faults ........ 14", "Read this first.")]
    )
    assert [section.text for section in reading_of(path).sections] == ["Read this first."]


def test_rows_of_a_table_stay_apart(tmp_path: Path) -> None:
    def table(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for place, (code, meaning) in enumerate((("E24", "it does not drain"), ("E25", "the pump is blocked"))):
            canvas.drawString(72, 700 - 15 * place, code)
            canvas.drawString(300, 700 - 15 * place, meaning)

    (section,) = reading_of(drawn_pdf(tmp_path / "a.pdf", [table])).sections
    assert section.text == "E24 it does not drain\nE25 the pump is blocked"


def test_rows_of_a_table_that_end_at_one_margin_stay_apart(tmp_path: Path) -> None:
    def table(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for place in range(5):
            canvas.drawString(72, 700 - 15 * place, f"E2{place}")
            canvas.drawRightString(500, 700 - 15 * place, "a fault that nobody knows")

    (section,) = reading_of(drawn_pdf(tmp_path / "a.pdf", [table])).sections
    assert section.text == "\n".join(f"E2{place} a fault that nobody knows" for place in range(5))


def test_a_list_goes_on_over_the_page_item_by_item(tmp_path: Path) -> None:
    full = "The machine pumps the solution through in portions, which takes some time"
    path = drawn_pdf(
        tmp_path / "a.pdf",
        [words(full, full, full, "and these things:", "a bucket"), words("two towels", "one sponge")],
    )
    assert [section.text.split("\n")[-1] for section in reading_of(path).sections] == ["a bucket", "one sponge"]
    assert reading_of(path).sections[1].text.startswith("two towels")


def test_pages_that_are_pictures_are_reported(tmp_path: Path) -> None:
    scan = picture(tmp_path)
    path = drawn_pdf(tmp_path / "a.pdf", [words("Page one."), scan, words("Page three."), scan, scan])
    reading = reading_of(path)
    assert [section.text for section in reading.sections] == ["Page one.", "Page three."]
    assert reading.warnings == ("Pages 2, 4-5 are pictures; text in them was not read.",)


def test_a_document_of_pictures_alone_is_told_from_an_empty_one(tmp_path: Path) -> None:
    scan = picture(tmp_path)
    assert why_not(drawn_pdf(tmp_path / "scan.pdf", [scan, scan])) is Unreadable.SCANNED
    assert why_not(drawn_pdf(tmp_path / "blank.pdf", [words(), words()])) is Unreadable.EMPTY


def test_questions_with_answers_in_a_pdf_are_pairs(tmp_path: Path) -> None:
    path = drawn_pdf(
        tmp_path / "a.pdf", [words("Q: Where is the key?", "A: Under the pot.", "Q: And the code?", "A: 7305.")]
    )
    reading = reading_of(path)
    assert reading.kind is Kind.QUESTIONS
    assert [(section.headings, section.text) for section in reading.sections] == [
        (("Where is the key?",), "Under the pot."),
        (("And the code?",), "7305."),
    ]


def test_a_title_that_a_program_made_of_a_files_name_is_none(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "dish_washer.pdf"))
    canvas.setTitle("Microsoft Word - final_v3.docx")
    canvas.drawString(72, 700, "Some text.")
    canvas.save()
    assert reading_of(tmp_path / "dish_washer.pdf").title == "dish washer"


def test_a_password_is_asked_for_by_name(tmp_path: Path) -> None:
    assert why_not(drawn_pdf(tmp_path / "a.pdf", [words("Secret.")], encrypt="secret")) is Unreadable.ENCRYPTED


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_half_a_pdf_is_broken_or_read_but_never_a_crash(tmp_path: Path, kept: float) -> None:
    whole = drawn_pdf(tmp_path / "a.pdf", [words(f"Page {number}.") for number in range(20)]).read_bytes()
    (tmp_path / "b.pdf").write_bytes(whole[: int(kept * len(whole))])
    assert why_not(tmp_path / "b.pdf") in {Unreadable.BROKEN, Unreadable.EMPTY}


def test_too_many_pages_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", [words("Text.")] * 4)
    assert why_not(path, limits=Limits(pages=3)) is Unreadable.TOO_MANY_PAGES
