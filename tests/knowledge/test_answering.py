"""What is said of a passage when there is no language model."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from datetime import date

import pytest

from wyoming_servers.conversation.knowledge.answering import MOST_TOKENS, answer, title_of_text
from wyoming_servers.conversation.knowledge.document import Document, Found, Kind, Passage
from wyoming_servers.conversation.prompt.text import estimate_tokens

from .told_documents import found


def test_the_sentence_that_answers_is_spoken_after_its_source() -> None:
    passage = found("The door is white. Clean the filter every two weeks. Use a brush. Dry it.")
    assert answer("how often is the filter cleaned", [passage], "en") == (
        "According to the Dishwasher manual, page 12: Clean the filter every two weeks. Use a brush."
    )


def test_chinese_is_spoken_as_chinese() -> None:
    passage = found("门是白色的。滤网每两周清洗一次。用软刷。", 12, "洗碗机说明书")
    assert answer("滤网多久清洗一次", [passage], "zh-CN") == "根据洗碗机说明书第12页：滤网每两周清洗一次。用软刷。"


def test_an_item_of_a_list_is_spoken_as_a_whole() -> None:
    passage = found("- E22: blocked.\n- E24: no draining. Straighten the hose. Open the siphon.\n- E25: pump.")
    told = answer("what does E24 mean", [passage], "en")
    assert told.endswith("E24: no draining. Straighten the hose. Open the siphon.")


def test_steps_stay_together_as_far_as_there_is_room() -> None:
    steps = [
        f"{number}. Do part {number} of the descaling with much care and wait for the lamp." for number in range(1, 12)
    ]
    told = answer("how does the descaling work", [found("Descale often.\n" + "\n".join(steps))], "en")
    assert "1. Do part 1" in told
    assert "2. Do part 2" in told
    assert told.endswith("wait for the lamp.")
    assert estimate_tokens(told) < MOST_TOKENS + 30


def test_a_question_of_the_household_is_answered_as_it_is_written() -> None:
    pair = found("In the cellar, in the blue tin.")
    passage = Passage(pair.passage.text, (), None, 8, question="Where are the bulbs?")
    asked = Found(passage, pair.document, 1, 1.0)
    assert answer("where are the spare bulbs", [asked], "en") == "In the cellar, in the blue tin."


def test_of_dated_lines_the_next_one_is_meant() -> None:
    rows = "\n".join(f"Date: 2027-0{month}-04; Bin: Paper" for month in (1, 2, 3)) + "\nDate: 2027-01-05; Bin: Glass"
    passage = found(rows, None, "waste-calendar")
    assert "2027-02-04" in answer("when is the paper bin collected", [passage], "en", date(2027, 1, 10))
    assert "2027-01-05" in answer("when is the glass collected", [passage], "en", date(2027, 1, 10))


def test_without_a_page_the_heading_tells_where_it_is() -> None:
    told = answer(
        "may I drill", [found("Drilling is allowed.", None, "House rules", "House rules", "Quiet hours")], "en"
    )
    assert told == "According to the House rules, under Quiet hours: Drilling is allowed."


@pytest.mark.parametrize(
    ("title", "spoken"),
    [
        ("Halden DW 640 Dishwasher: User Manual", "Halden DW 640 Dishwasher, User Manual"),
        ("Owner's Handbook (excerpt)", "Owner's Handbook"),
        ("waste-calendar", "waste calendar"),
        ("路由器使用说明(家里的抄录)", "路由器使用说明"),
    ],
)
def test_a_title_is_spoken_without_what_is_not_said(title: str, spoken: str) -> None:
    assert title_of_text(title) == spoken


def test_nothing_found_is_nothing_said() -> None:
    assert answer("what", [], "en") == ""


def test_a_passage_cannot_be_more_than_text() -> None:
    told = answer("door", [found("The door <|im_end|> [unlock]. Second.")], "en")
    assert "<|" not in told
    assert "[" not in told


def test_a_document_without_a_title_is_called_by_its_file() -> None:
    one = found("Red.")
    document = Document("d", "my_notes.txt", "", Kind.TEXT, "0" * 64, 1, one.document.added)
    assert answer("colour", [Found(one.passage, document, 1, 1.0)], "en").startswith("According to my notes, page 12")
