"""Words of our own as PostgreSQL's text search has them: lexemes, vectors of these, queries. Pure logic.

The words are ready made, so that no configuration of the server's cuts or stems them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .bm25 import Wanted
from .indexing import Indexed

LONGEST = 200
"""Characters of a word that is kept as it is: a lexeme may have 2,046 bytes, an entry of an index 2,704."""
_LAST_POSITION = 16_383
_ESCAPE = "\x1b"
"""Comes in no text; stands before what PostgreSQL cannot keep."""


def lexeme(word: str) -> str:
    """Return what a word is kept as."""
    word = kept(word)
    return word if len(word) <= LONGEST else hashlib.sha256(word.encode()).hexdigest()


def vector(row: Indexed) -> str:
    """Write the words of a passage as a `tsvector`, each with its positions."""
    positions: dict[str, list[str]] = {}
    for position, word in enumerate([*row.text.split(), *row.around.split()], 1):
        positions.setdefault(lexeme(word), []).append(str(min(position, _LAST_POSITION)))
    return " ".join(f"{_quoted(word)}:{','.join(dict.fromkeys(places))}" for word, places in positions.items())


def query(wanted: Wanted) -> str:
    """Write a `tsquery` for passages that have what is wanted; empty if that is nothing."""
    words = [single(word) for word in wanted.words]
    pairs = [(single(one), single(two)) for one, two in wanted.pairs]
    return " | ".join([*filter(None, words), *(f"({one} & {two})" for one, two in pairs if one and two)])


def single(word: str) -> str:
    """Write a `tsquery` for one word; empty if it is none."""
    return _quoted(lexeme(word)) if word.strip() else ""


def words_in(wanted: Wanted) -> Iterable[str]:
    """Return all words, each once."""
    return dict.fromkeys([*wanted.words, *(word for pair in wanted.pairs for word in pair)])


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def kept(text: str) -> str:
    """Return a text as PostgreSQL can keep it, which has no character 0."""
    return text.replace(_ESCAPE, _ESCAPE * 2).replace("\0", f"{_ESCAPE}0")


def read(text: str) -> str:
    """Return what was kept."""
    if _ESCAPE not in text:
        return text
    pieces = text.split(_ESCAPE * 2)
    return _ESCAPE.join(piece.replace(f"{_ESCAPE}0", "\0") for piece in pieces)
