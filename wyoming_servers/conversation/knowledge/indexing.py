"""What of a passage is indexed: its own words, and those around it. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from .document import Document, Passage
from .words import words_of


class Indexed(NamedTuple):
    """The words of a passage, with blanks between them."""

    text: str
    around: str
    """Of the document's title and name, the headings, and the question that it answers; each once."""


def indexed(document: Document, passages: Sequence[Passage]) -> Iterator[Indexed]:
    """Yield the words of each passage, in their order."""
    known: dict[tuple[tuple[str, ...], str], str] = {}
    for passage in passages:
        place = passage.headings, passage.question
        if place not in known:
            known[place] = " ".join(dict.fromkeys(words_of(_around(document, passage))))
        yield Indexed(" ".join(words_of(passage.text)), known[place])


def text_to_embed(title: str, passage: Passage) -> str:
    """Return a passage as a model that embeds is to read it: after title, headings and question, or it lacks its topic.

    Whatever is a part of what follows is said once.
    """
    heads = [*passage.headings, *([passage.question] if passage.question not in passage.headings else [])]
    before = [title, *heads] if title not in heads else heads
    return "\n".join(filter(None, (*before, passage.text)))


def _around(document: Document, passage: Passage) -> str:
    name = PurePosixPath(document.name).stem
    return "\n".join((document.title, name, *passage.headings, passage.question))
