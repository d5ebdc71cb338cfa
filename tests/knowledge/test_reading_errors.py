"""What cannot be read is told by its reason, before it takes memory; names lose what could do harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.knowledge.written_files import package, reading_of, why_not
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable
from wyoming_servers.conversation.knowledge.reading.limits import MIB, Limits
from wyoming_servers.conversation.knowledge.reading.names import NAMELESS, file_name, stem, suffix


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.md", "a.html", "a.csv"])
@pytest.mark.parametrize("data", [b"", b" \n\t\r\n  "])
def test_a_file_without_text_is_empty(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert why_not(tmp_path / name) is Unreadable.EMPTY


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n123",
        b"\xff\xd8\xff\xe0JFIF",
        b"{\\rtf1 text}",
        b"\x7fELF\x02",
        b"\x1f\x8b\x08",
        b"%!PS-Adobe",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"MZ\x90\0" + bytes(300),
        bytes(range(256)) * 8,
        b"\x01\x02\x03\x04\x05\x06 text",
    ],
    ids=["png", "jpeg", "rtf", "elf", "gzip", "postscript", "doc", "exe", "noise", "controls"],
)
def test_what_is_no_document_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manual.pdf").write_bytes(data)
    assert why_not(tmp_path / "manual.pdf") is Unreadable.UNKNOWN_TYPE


@pytest.mark.parametrize(
    "files",
    [
        {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"},
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"},
        {"photo.jpg": b"x"},
    ],
    ids=["xlsx", "odt", "zip"],
)
def test_packages_of_other_kinds_are_named(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert why_not(package(tmp_path / "a.docx", files)) is Unreadable.UNKNOWN_TYPE


def test_the_content_counts_more_than_the_name(tmp_path: Path) -> None:
    (tmp_path / "manual.pdf").write_text("Only some text.")
    assert reading_of(tmp_path / "manual.pdf").sections[0].text == "Only some text."


def test_five_hundred_megabytes_of_text_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.write(b"A text that goes on and on. ")
        file.truncate(500 * MIB)
    assert why_not(path) is Unreadable.TOO_LARGE


def test_too_many_characters_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One line of text.\n" * 100)
    assert why_not(tmp_path / "a.txt", limits=Limits(characters=1000)) is Unreadable.TOO_LARGE
    assert reading_of(tmp_path / "a.txt", limits=Limits(characters=2000)).sections


def test_a_list_in_csv_with_a_quote_that_never_ends_is_read_or_broken(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n1,"' + "x\n" * 300_000)
    assert why_not(tmp_path / "a.csv", limits=Limits(characters=500_000)) in {Unreadable.BROKEN, Unreadable.TOO_LARGE}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", NAMELESS),
        ("", NAMELESS),
        ("C:\\Users\\anna\\lease.docx", "lease.docx"),
        ("/tmp/说明书.pdf", "说明书.pdf"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie: x.txt"),
        (".htaccess", "htaccess"),
        ("a\0.txt", "a.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("e\u0301.md", "\u00e9.md"),
    ],
)
def test_a_name_keeps_its_last_part(sent: str, kept: str) -> None:
    assert file_name(sent) == kept


@given(st.text())
def test_any_name_becomes_one_that_does_no_harm(sent: str) -> None:
    name = file_name(sent)
    assert name
    assert len(name) <= 200
    assert not set(name) & set("/\\\0\r\n")
    assert not name.startswith(".")
    assert file_name(name) == name


def test_titles_and_suffixes_of_names() -> None:
    assert stem("dish_washer manual.pdf") == "dish washer manual"
    assert stem("notes v1. final") == "notes v1. final"
    assert (suffix("A.PDF"), suffix("README"), suffix(".txt")) == ("pdf", "", "")
