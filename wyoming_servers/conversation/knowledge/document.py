"""Documents and their passages as data. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a document consists of."""

    TEXT = "text"
    QUESTIONS = "questions"
    """Questions with their answers: each section is an answer, under its question as the last heading."""


@dataclass(frozen=True, slots=True)
class Section:
    """A run of text under one heading, on one page."""

    text: str
    """Paragraphs, items of lists and rows of tables, a line each; empty if only a heading stands there."""
    headings: tuple[str, ...] = ()
    """From the outermost to the innermost."""
    page: int | None = None
    """Counted from 1, where the document has pages."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a document."""

    title: str
    sections: tuple[Section, ...]
    kind: Kind = Kind.TEXT
    warnings: tuple[str, ...] = ()
    """What could not be read, in words for the household, such as that pages 3 and 4 are pictures of text."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is found and quoted as a whole."""

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    tokens: int = 0
    """By estimate."""
    question: str = ""
    """Which it answers, in a document of questions."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read, without its text."""

    document_id: str
    name: str
    """The file's, without folders."""
    title: str
    kind: Kind
    sha256: str
    """Of its bytes, in hex."""
    size_bytes: int
    added: datetime
    """UTC."""
    source: str = ""
    """Path in a watched folder; empty for one that was uploaded."""
    passages: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found for a question, and why."""

    passage: Passage
    document: Document
    passage_id: int
    score: float
    """Fused; only to be compared within one search."""
    bm25: float | None = None
    """Of its words, the higher the better; None if none of them is in it."""
    cosine: float | None = None
    """Of its meaning; None without an embedder, or too far down to matter."""
