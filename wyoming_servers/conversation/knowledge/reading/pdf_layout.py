"""Lines of pages to paragraphs under headings: what runs along every page is dropped, broken lines are joined.

Pure logic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from .errors import Unreadable, UnreadableError
from .outline import Outline
from .pdf_headings import Heading, headings_of
from .pdf_page import Bookmark, Line, Page, Placed
from .pdf_paragraphs import Joining

_EDGE_LINES = 2
_MARGIN = 0.12
"""Of the height of a page: where running lines are."""
_RUNNING_SHARE = 0.4
"""Books have one line on left pages and another on right ones."""
_RUNNING_PAGES = 3
_COUNTED = re.compile(r"\d+|\b[ivxlc]+\b")
_LEADER = re.compile(r"(?:[.\u00b7\u2026\u2024]\s?){5,}\s*[\divxlc]*$")
"""The dots of a table of contents."""


def add_pages(outline: Outline, pages: Sequence[Page], bookmarks: Sequence[Bookmark]) -> list[str]:
    """Add the text of the pages; return what could not be read, in words.

    Raises UnreadableError if there are pictures and no text.
    """
    running = _running_lines(pages)
    kept = [(page, [line for line in page.lines if not _is_left_out(page, line, running)]) for page in pages]
    pictures = [page.number for page, lines in kept if not lines and page.has_picture]
    if pictures and not any(lines for _, lines in kept):
        raise UnreadableError(
            Unreadable.SCANNED,
            "The document consists of pictures of text.",
            remedy="Run text recognition over it first, as with `ocrmypdf IN.pdf OUT.pdf`, and add what that makes.",
        )
    placed = [(page.number, line) for page, lines in kept for line in lines]
    _add_lines(outline, placed, headings_of(placed, bookmarks))
    return [
        *_warning(pictures, "a picture; text in it was not read", "pictures; text in them was not read"),
        *_warning([page.number for page in pages if page.is_broken], "damaged", "damaged"),
    ]


def _add_lines(outline: Outline, placed: Sequence[Placed], headings: Mapping[int, Heading]) -> None:
    joining = Joining(placed)
    paragraph, begun_on, of_heading = "", 0, 0
    for place, (number, line) in enumerate(placed):
        heading = headings.get(place)
        if heading is not None or (not of_heading and not joining.continues(place)):
            _add_paragraph(outline, paragraph, begun_on)
            paragraph, begun_on = "", number
        if heading is not None:
            outline.page(number)
            outline.heading(heading.level, heading.text)
            of_heading = heading.lines
        if of_heading:
            of_heading -= 1
        else:
            paragraph = joining.join(paragraph, place) if paragraph else line.text
    _add_paragraph(outline, paragraph, begun_on)


def _add_paragraph(outline: Outline, paragraph: str, page: int) -> None:
    if paragraph:
        outline.page(page)
        outline.line(paragraph)


def _running_lines(pages: Sequence[Page]) -> frozenset[str]:
    """Return the lines that stand at the edge of many pages, without their numbers."""
    counts = Counter(each for page in pages for each in {_without_numbers(line) for line in _edge(page)})
    least = max(_RUNNING_PAGES, _RUNNING_SHARE * sum(bool(page.lines) for page in pages))
    return frozenset(line for line, count in counts.items() if count >= least)


def _edge(page: Page) -> list[Line]:
    """Return the lines that stand where running lines do."""
    by_height = sorted(page.lines, key=lambda line: line.baseline)
    outermost = by_height[:_EDGE_LINES] + by_height[-_EDGE_LINES:]
    return [line for line in outermost if not _MARGIN < line.baseline / page.height < 1 - _MARGIN]


def _without_numbers(line: Line) -> str:
    return _COUNTED.sub("#", line.text.casefold())


def _is_left_out(page: Page, line: Line, running: frozenset[str]) -> bool:
    if _LEADER.search(line.text):
        return True
    return _without_numbers(line) in running and line in _edge(page)


def _warning(pages: Sequence[int], one: str, several: str) -> list[str]:
    if not pages:
        return []
    spans = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in _spans(pages))
    return [f"Page {spans} is {one}."] if len(pages) == 1 else [f"Pages {spans} are {several}."]


def _spans(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield runs of numbers that follow each other."""
    first = numbers[0]
    for before, after in pairwise([*numbers, None]):
        if before is not None and after != before + 1:
            yield first, before
            first = after or 0
