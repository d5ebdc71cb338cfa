"""Which lines of a PDF are headings: those its own table of contents names, else those in larger letters.

Pure logic.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .characters import glue
from .pdf_page import Bookmark, Placed

_LEAST_BOOKMARKS = 3
_LARGER = 1.08
_LONGEST = 120
_MOST_SHARE = 0.5
"""Of all letters; where more are larger these are no headings."""
_LEVELS = 4
_SIGNS = re.compile(r"[\W_]+")
_NUMBER = re.compile(
    r"(?:chapter|appendix|section|part|第)?(?:[a-z]?\d*|[ivxlc]+|[一二三四五六七八九十百]+)(?:章|节|節|部)?"
)
_NO_END = (".", ",", ";", "。", "，", "；", "、")
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that begins with some line."""

    level: int
    text: str
    lines: int
    """How many lines it takes; 0 if it is written nowhere but stands above this line."""


def headings_of(placed: Sequence[Placed], bookmarks: Sequence[Bookmark]) -> Mapping[int, Heading]:
    """Return the headings of a document by the place of their first line."""
    if len(bookmarks) >= _LEAST_BOOKMARKS:
        return dict(_by_bookmarks(placed, bookmarks))
    return dict(_by_size(placed))


def _by_bookmarks(placed: Sequence[Placed], bookmarks: Sequence[Bookmark]) -> Iterator[tuple[int, Heading]]:
    places: dict[int, list[int]] = defaultdict(list)
    for place, (page, _) in enumerate(placed):
        places[page].append(place)
    free_from = 0
    for bookmark in bookmarks:
        here = [place for place in places.get(bookmark.page, ()) if place >= free_from]
        found = _written(placed, here, bookmark.title) or _at(placed, here, bookmark.top)
        if found is not None:
            place, lines = found
            yield place, Heading(bookmark.level, bookmark.title, lines)
            free_from = place + max(1, lines)


def _written(placed: Sequence[Placed], places: Sequence[int], title: str) -> tuple[int, int] | None:
    """Return where a title is written on a page, its number before it or not, and in how many lines."""
    wanted = _plain(title)
    if not wanted:
        return None
    for place in places:
        text = ""
        for lines in range(1, _MOST_LINES + 1):
            if place + lines - 1 > places[-1]:
                break
            text += _plain(placed[place + lines - 1][1].text)
            if text.endswith(wanted) and _NUMBER.fullmatch(text.removesuffix(wanted)):
                return place, lines
            if len(text) > len(wanted) + 20:
                break
    return None


def _at(placed: Sequence[Placed], places: Sequence[int], top: float | None) -> tuple[int, int] | None:
    """Return the first line below a height."""
    for place in places:
        if top is None or placed[place][1].baseline <= top:
            return place, 0
    return None


def _plain(text: str) -> str:
    return _SIGNS.sub("", text.casefold())


def _by_size(placed: Sequence[Placed]) -> Iterator[tuple[int, Heading]]:
    body = _body_size(placed)
    larger = {place for place, (_, line) in enumerate(placed) if line.size >= _LARGER * body and _may_head(line.text)}
    letters = sum(len(line.text) for _, line in placed)
    if sum(len(placed[place][1].text) for place in larger) > _MOST_SHARE * letters:
        return
    sizes = sorted({_rounded(placed[place][1].size) for place in larger}, reverse=True)
    end = 0
    for place in sorted(larger):
        if place < end:
            continue
        end, text = place + 1, placed[place][1].text
        while end in larger and _goes_on(placed[end - 1], placed[end]):
            text += glue(text, placed[end][1].text) + placed[end][1].text
            end += 1
        level = min(sizes.index(_rounded(placed[place][1].size)) + 1, _LEVELS)
        yield place, Heading(level, text, end - place)


def _body_size(placed: Sequence[Placed]) -> float:
    """Return the size that most letters have."""
    letters: Counter[float] = Counter()
    for _, line in placed:
        letters[_rounded(line.size)] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _may_head(text: str) -> bool:
    return len(text) <= _LONGEST and any(map(str.isalpha, text)) and not text.endswith(_NO_END)


def _goes_on(before: Placed, after: Placed) -> bool:
    """Whether a heading has another line."""
    (page, first), (other, second) = before, after
    is_near = 0 < first.baseline - second.baseline < 1.8 * second.size
    return page == other and is_near and _rounded(first.size) == _rounded(second.size)


def _rounded(size: float) -> float:
    return round(2 * size) / 2
