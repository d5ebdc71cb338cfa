"""The household's questions: as many as promised, answered where they say, no near duplicates across the parts."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from wyoming_servers.conversation.knowledge.starter import starter

from .household_files import documents, make, make_all, name_of
from .household_questions import Part, Said, alike, all_said

ALIKE = 0.6
"""From how much likeness two sentences are near duplicates."""


def test_there_are_150_questions_with_an_answer_and_300_sentences_without_half_of_them_chinese() -> None:
    answered = [each for each in all_said() if each.is_answered]
    unanswered = [each for each in all_said() if not each.is_answered]
    assert (len(answered), len(unanswered)) == (150, 300)
    assert len({each.text for each in all_said()}) == 450
    for group in (answered, unanswered):
        assert 0.45 < sum(each.language == "zh" for each in group) / len(group) < 0.55


@pytest.mark.parametrize("part", list(Part))
def test_both_parts_have_all_kinds_and_both_languages(part: Part) -> None:
    kinds = {(each.kind, each.language) for each in all_said()}
    assert {(each.kind, each.language) for each in all_said() if each.part is part} == kinds


def test_no_document_is_asked_about_in_both_parts() -> None:
    parts = {(each.document, each.part) for each in all_said() if each.document}
    assert len(parts) == len({document for document, _ in parts})


def test_no_sentence_of_one_part_is_nearly_one_of_the_other() -> None:
    calibration = [each for each in all_said() if each.part is Part.CALIBRATION]
    test = [each for each in all_said() if each.part is Part.TEST]
    assert not [(one.text, two.text) for one in calibration for two in test if alike(one, two) >= ALIKE]


def test_what_every_gate_begins_with_has_no_sentence_of_the_test_part() -> None:
    said = [Said(text, Part.CALIBRATION, "starter") for text in (*starter().said, *starter().near)]
    test = [each for each in all_said() if each.part is Part.TEST]
    assert not [(one.text, two.text) for one in said for two in test if alike(one, two) >= ALIKE]


def test_every_question_is_about_a_document_whose_text_has_its_answer() -> None:
    texts = {name_of(source): source.read_text(encoding="utf-8") for source in documents()}
    for said in all_said():
        if said.is_answered:
            missing = [
                part for part in (said.heading, *said.words) if part.casefold() not in texts[said.document].casefold()
            ]
            assert not missing, said.text
        elif said.document:
            assert said.document in texts


def test_the_household_has_some_sixty_pages_in_the_formats_of_households(tmp_path: Path) -> None:
    made = make_all(tmp_path)
    assert {path.suffix for path in made} == {".pdf", ".docx", ".html", ".md", ".txt", ".csv"}
    printed = sum(len(pypdfium2.PdfDocument(path)) for path in made if path.suffix == ".pdf")
    characters = sum(len(source.read_text(encoding="utf-8")) for source in documents() if ".pdf." not in source.name)
    assert printed + characters / 1300 > 55  # a page of A5 has some 1,300 characters


def test_the_router_guide_is_in_a_chinese_encoding(tmp_path: Path) -> None:
    source = next(path for path in documents() if "gb18030" in path.name)
    made = make(source, tmp_path)
    assert made.name == "router.txt"
    with pytest.raises(UnicodeDecodeError):
        made.read_text(encoding="utf-8")
    assert made.read_text(encoding="gb18030") == source.read_text(encoding="utf-8")
