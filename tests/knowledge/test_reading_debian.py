"""A book of 250 pages, in English and in Chinese, that nobody here wrote: Debian's reference manual if it is there.

`apt-get install debian-reference-en debian-reference-zh-cn`, or unpacked elsewhere, with SOTTO_DEBIAN_REFERENCE naming
the folder of the PDF files.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.knowledge.written_files import reading_of
from wyoming_servers.conversation.knowledge.document import Passage, Reading
from wyoming_servers.conversation.knowledge.reading.process import read_document
from wyoming_servers.conversation.knowledge.splitting import split

FOLDER = Path(os.environ.get("SOTTO_DEBIAN_REFERENCE", "/usr/share/debian-reference"))
TITLES = {"en": "Debian Reference", "zh-cn": "Debian 参考手册"}
RUNNING = re.compile(r"Debian (?:Reference|参考手册) \d+ / \d+")
LEADERS = re.compile(r"(?:\. ){5}")
SECTION_NUMBER = re.compile(r"^\d+\.\d+(?:\.\d+)? [^\d ]\S*$", re.MULTILINE)


@pytest.fixture(params=list(TITLES))
def language(request: pytest.FixtureRequest) -> str:
    language: str = request.param
    if not (FOLDER / f"debian-reference.{language}.pdf").exists():
        pytest.skip(f"needs Debian's reference manual ({language}) in {FOLDER}")
    return language


@pytest.fixture
def path(language: str) -> Path:
    return FOLDER / f"debian-reference.{language}.pdf"


@pytest.fixture
def reading(path: Path) -> Reading:
    return reading_of(path)


@pytest.fixture
def passages(reading: Reading) -> list[Passage]:
    return split(reading)


async def test_it_is_read_in_a_process_of_its_own_page_by_page(path: Path, language: str) -> None:
    told: list[tuple[int, int]] = []
    found = await read_document(path, path.name, lambda done, total: told.append((done, total)))
    pages = told[-1][1]
    assert pages > 200
    assert told == [(done, pages) for done in range(pages + 1)]
    assert found.title == TITLES[language]


def test_nothing_of_what_runs_along_the_pages_is_left(reading: Reading) -> None:
    text = "\n".join(section.text for section in reading.sections)
    assert len(text) > 200_000
    assert not RUNNING.search(text)
    assert not LEADERS.search(text)
    assert not SECTION_NUMBER.search(text), "a heading is none of the text"
    assert "\ufffe" not in text


def test_nearly_every_passage_stands_under_chapter_and_section(passages: list[Passage]) -> None:
    assert len(passages) > 1000
    headed = [passage for passage in passages if len(passage.headings) >= 2]
    assert len(headed) > 0.95 * len(passages)
    assert len({passage.headings[0] for passage in headed}) in range(12, 16), "it has 12 chapters and an appendix"


def test_a_passage_is_found_on_the_page_that_it_names(path: Path, passages: list[Passage]) -> None:
    checked = passages[::25]
    with contextlib.closing(pdfium.PdfDocument(path)) as document:
        for passage in checked:
            assert passage.page is not None
            with (
                contextlib.closing(document[passage.page - 1]) as page,
                contextlib.closing(page.get_textpage()) as text,
            ):
                shown = bare(text.get_text_range())
            assert any(bare(line[:25]) in shown for line in passage.text.split("\n")), passage


def test_a_sentence_of_several_lines_is_whole(language: str, reading: Reading) -> None:
    known = {
        "en": "sudo requires only an ordinary user\u2019s password. Install sudo package and",
        "zh-cn": "sudo(8) 程序是为了使一个系统管理员可以给用户受限的 root 权限并记录 root 活动而设计的。",
    }
    assert any(known[language] in section.text for section in reading.sections)


def bare(text: str) -> str:
    return re.sub(r"[\s\ufffe]", "", text)
