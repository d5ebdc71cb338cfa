"""Lines of plain text that were broken at a margin become paragraphs again. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .characters import glue, is_wide
from .questions import is_marked

_MARGINS = range(40, 101)
"""Where people and programs break lines, in columns."""
_ITEM = re.compile(
    r"\s*(?:[-*+\u2022\u2023\u25aa\u25cf\u25cb\u25e6\u25a0\u25a1\u00b7\u2013\u2014]\s|\(?\d{1,3}[.)](?:\s|(?=[^\x00-\x7f]))|\d{1,3}、"
    r"|[\u2460-\u2473]|[（(]?[一二三四五六七八九十]{1,3}[、）)]|[a-zA-Z][.)]\s|[$#]\s)"
)


def is_item(line: str) -> bool:
    """Whether a line begins something of its own: an item of a list, a command, a question, an answer."""
    return bool(_ITEM.match(line)) or is_marked(line.lstrip())


def margin(lines: Iterable[str]) -> int | None:
    """Return the column at which a text is broken; None if its lines are whole paragraphs."""
    widths = [columns(line) for line in lines]
    widest = max(widths, default=0)
    full = sum(each > 0.85 * widest for each in widths)
    return widest if widest in _MARGINS and full >= 2 else None


def paragraphs(lines: Sequence[str], broken_at: int | None) -> list[str]:
    """Join lines that follow each other where the first has no room for the next word; `broken_at` as of `margin`."""
    found: list[str] = []
    last = ""
    for line in lines:
        if found and broken_at is not None and not is_item(line) and not _has_room(last, line, broken_at):
            text = line.strip()
            found[-1] += glue(found[-1], text) + text
        else:
            found.append(line.strip())
        last = line
    return found


def columns(text: str) -> int:
    """Return how many columns a text takes; a Chinese character takes two."""
    return len(text) + sum(map(is_wide, text))


def _has_room(line: str, following: str, broken_at: int) -> bool:
    word = following.split(maxsplit=1)[0] if following.strip() else ""
    if word and is_wide(word[0]):
        return columns(line) + 4 <= broken_at
    return columns(line) + 1 + columns(word) <= broken_at
