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
_ESCAPE = "\x1b"
"""Comes in no text; stands before what PostgreSQL cannot keep."""


def lexeme(word: str) -> str:
    """Return what a word is kept as."""
    word = kept(word)
    return word if len(word) <= LONGEST else hashlib.sha256(word.encode()).hexdigest()


def vector(row: Indexed) -> str:
    """Write the words of a passage as a `tsvector`, each once."""
    return " ".join(_quoted(lexeme(word)) for word in dict.fromkeys([*row.text.split(), *row.around.split()]))


def asked(wanted: Wanted) -> list[tuple[str, str]]:
    """Return what is wanted as `tsquery`, each with the lexemes that it is about, one at a time."""
    words = [(lexeme(word), _quoted(lexeme(word))) for word in wanted.words if word.strip()]
    pairs = [(lexeme(one), lexeme(other)) for one, other in wanted.pairs if one.strip() and other.strip()]
    return words + [(each, " & ".join(map(_quoted, pair))) for pair in pairs for each in pair]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def as_array(ids: Iterable[int]) -> str:
    """Write ids as PostgreSQL reads an array: ten times as fast as if each were a value."""
    return f"{{{','.join(map(str, ids))}}}"


def kept(text: str) -> str:
    """Return a text as PostgreSQL can keep it, which has no character 0."""
    return text.replace(_ESCAPE, _ESCAPE * 2).replace("\0", f"{_ESCAPE}0")


def read(text: str) -> str:
    """Return what was kept."""
    if _ESCAPE not in text:
        return text
    pieces = text.split(_ESCAPE * 2)
    return _ESCAPE.join(piece.replace(f"{_ESCAPE}0", "\0") for piece in pieces)
