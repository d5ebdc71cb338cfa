"""Cuts the lines of a document into sentences, and sentences that are too long into clauses. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Iterator

from ...tts.sentences import ends_sentence
from ..prompt.text import estimate_tokens

_END = re.compile(
    "(?P<wide>[。！？｡]+[\"'”’»›)\\]」』）】》〉]*)|[.!?\u2026؟۔।॥։။។]+[\"'”’»›)\\]*_`」』）】》〉]*(?=\\s|[\u2e80-\u9fff\uff00-\uffef])"
)
_LAST_WORDS = 80
"""Characters before an end that tell whether it is one."""
_NEXT_WORD = 8
"""Characters after an end in which the next sentence must begin."""
_TOKEN_CHARACTERS = 4
"""More than an estimated token ever has."""
_CLAUSE = re.compile("[，、；：]|[,;:](?=\\s)")
_SPACE = re.compile(r"\s")


def sentences(line: str) -> list[str]:
    """Return the sentences of a line, without the spaces around them."""
    return [sentence for part in parts(line) if (sentence := part.strip())]


def parts(line: str) -> list[str]:
    """Return the sentences of a line as they stand there: put together again they are the line."""
    found = []
    start = 0
    for mark in _END.finditer(line):
        end = mark.end()
        following = line[end : end + _NEXT_WORD].lstrip()[:1]
        if mark["wide"] or ends_sentence(line[max(start, end - _LAST_WORDS) : end], following):
            found.append(line[start:end])
            start = end
    return [*found, line[start:]] if start < len(line) else found


def pieces(part: str, tokens: int) -> Iterator[str]:
    """Yield a sentence in pieces of at most so many tokens: to a clause, else to a word, else anywhere.

    Put together again they are the sentence.
    """
    rest = part
    while len(rest) > _TOKEN_CHARACTERS * tokens or estimate_tokens(rest) > tokens:
        most = _fitting(rest, tokens)
        place = _last(_CLAUSE, rest, most) or _last(_SPACE, rest, most) or most
        yield rest[:place]
        rest = rest[place:]
    if rest:
        yield rest


def _fitting(text: str, tokens: int) -> int:
    """Return how many characters from the beginning have at most so many tokens; at least one."""
    low, high = 1, min(len(text), _TOKEN_CHARACTERS * tokens)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    return low


def _last(mark: re.Pattern[str], text: str, most: int) -> int:
    """Return the end of the last mark in the second half of what fits; 0 if there is none."""
    return max((found.end() for found in mark.finditer(text, most // 2, most)), default=0)
