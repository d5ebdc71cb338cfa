"""A page of a PDF as lines with their places. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a page; lengths in points, counted from the lower left corner."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    """Of its first letter."""
    first_word: float
    """How wide its first word is, or its first ideograph."""
    is_hyphenated: bool = False
    """Whether it ended in a hyphen, which is not in `text`."""


Placed = tuple[int, Line]
"""A line with the number of its page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, in the order in which its text was written."""

    number: int
    height: float = 0.0
    lines: tuple[Line, ...] = ()
    has_picture: bool = False
    """Whether a good part of it is a picture; only known of a page with little text."""
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the document's own table of contents."""

    title: str
    level: int
    """From 1."""
    page: int
    """From 1."""
    top: float | None
    """Where on the page it begins, if that is known."""
