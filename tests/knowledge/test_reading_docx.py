"""A Word document is read by its styles, in the order of the text; what is deleted or a table of contents is not."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.knowledge.written_files import package, reading_of, why_not
from wyoming_servers.conversation.knowledge.document import Kind, Reading
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable
from wyoming_servers.conversation.knowledge.reading.limits import MIB, Limits


@pytest.fixture
def written() -> Document:
    return docx.Document()


def read(written: Document, tmp_path: Path) -> Reading:
    written.core_properties.title = ""
    path = tmp_path / "lease.docx"
    written.save(str(path))
    return reading_of(path)


def texts(reading: Reading) -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, section.text) for section in reading.sections]


def test_headings_paragraphs_and_lists(written: Document, tmp_path: Path) -> None:
    written.add_heading("Lease", 0)
    written.add_heading("Rent", 1)
    written.add_paragraph("It is due on the third.")
    written.add_paragraph("By transfer", "List Bullet")
    written.add_heading("Late payment", 2)
    written.add_paragraph("A reminder costs 5 euros.")
    written.add_heading("Notice", 1)
    written.add_paragraph("Three months.")
    reading = read(written, tmp_path)
    assert reading.title == "Lease"
    assert texts(reading) == [
        (("Rent",), "It is due on the third.\nBy transfer"),
        (("Rent", "Late payment"), "A reminder costs 5 euros."),
        (("Notice",), "Three months."),
    ]


def test_a_style_of_ones_own_that_follows_a_heading_is_a_heading(written: Document, tmp_path: Path) -> None:
    own = written.styles.add_style("Firmenüberschrift", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = written.styles["Heading 1"]
    written.add_paragraph("停车", own)
    written.add_paragraph("每户一个车位。")
    written.add_paragraph("垃圾", own)
    written.add_paragraph("六点到二十二点。")
    assert texts(read(written, tmp_path)) == [(("停车",), "每户一个车位。"), (("垃圾",), "六点到二十二点。")]


def test_a_table_is_read_row_by_row_where_it_stands(written: Document, tmp_path: Path) -> None:
    written.add_paragraph("Before.")
    table = written.add_table(rows=3, cols=3)
    for row, cells in zip(
        table.rows,
        [("Code", "Meaning", "Remedy"), ("E24", "Does not drain", "Clean the filter"), ("E25", "Pump blocked", "")],
        strict=True,
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    written.add_paragraph("After.")
    assert texts(read(written, tmp_path)) == [
        ((), "Before."),
        ((), "Code: E24; Meaning: Does not drain; Remedy: Clean the filter"),
        ((), "Code: E25; Meaning: Pump blocked"),
        ((), "After."),
    ]


def test_a_table_of_questions_and_answers(written: Document, tmp_path: Path) -> None:
    table = written.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("问题", "答案"), ("客用无线网络密码？", "plum-ladder-42")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    reading = read(written, tmp_path)
    assert reading.kind is Kind.QUESTIONS
    assert texts(reading) == [(("客用无线网络密码？",), "plum-ladder-42")]


def test_what_is_in_a_frame_or_was_inserted_is_read_and_what_was_deleted_is_not(
    written: Document, tmp_path: Path
) -> None:
    body = written.element.body
    body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Framed. </w:t></w:r>"
            "<w:ins><w:r><w:t>Inserted.</w:t></w:r></w:ins><w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del>"
            "</w:p></w:sdtContent></w:sdt>"
        ),
    )
    assert texts(read(written, tmp_path)) == [((), "Framed. Inserted.")]


def test_the_table_of_contents_is_left_out(written: Document, tmp_path: Path) -> None:
    contents = written.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    written.add_paragraph("Rent\t3", contents)
    written.add_paragraph("It is due on the third.")
    assert texts(read(written, tmp_path)) == [((), "It is due on the third.")]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = package(
        tmp_path / "bomb.docx",
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document>" + b" " * 60 * MIB},
    )
    assert path.stat().st_size < MIB
    assert why_not(path) is Unreadable.BOMB


def test_what_is_very_large_unpacked_is_refused_whatever_its_ratio(written: Document, tmp_path: Path) -> None:
    written.add_paragraph("Text.")
    written.save(str(tmp_path / "a.docx"))
    assert why_not(tmp_path / "a.docx", limits=Limits(unpacked_bytes=10_000)) is Unreadable.BOMB


def test_entities_that_multiply_are_not_followed(tmp_path: Path, written: Document) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><w:document {nsdecls("w")}><w:body><w:p><w:r>'
        "<w:t>&l8;</w:t></w:r></w:p></w:body></w:document>"
    )
    written.save(str(tmp_path / "real.docx"))
    path = replaced(tmp_path / "real.docx", tmp_path / "lol.docx", xml.encode())
    assert why_not(path) in {Unreadable.BROKEN, Unreadable.EMPTY}


@pytest.mark.parametrize("xml", [b"", b"<w:document>", b"\0\1\2", b"<html/>"])
def test_a_document_of_broken_xml_is_broken(tmp_path: Path, written: Document, xml: bytes) -> None:
    written.save(str(tmp_path / "real.docx"))
    assert why_not(replaced(tmp_path / "real.docx", tmp_path / "a.docx", xml)) is Unreadable.BROKEN


def test_half_a_document_is_broken(tmp_path: Path, written: Document) -> None:
    written.save(str(tmp_path / "real.docx"))
    (tmp_path / "a.docx").write_bytes((tmp_path / "real.docx").read_bytes()[:5000])
    assert why_not(tmp_path / "a.docx") is Unreadable.BROKEN


def test_a_password_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    assert why_not(path) is Unreadable.ENCRYPTED


def replaced(source: Path, target: Path, document: bytes) -> Path:
    """Return a copy of a Word file with another main part."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return package(target, {**files, "word/document.xml": document})
