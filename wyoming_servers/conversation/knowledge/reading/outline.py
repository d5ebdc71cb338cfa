"""Builds a reading from what the formats hand over in the order of the text: headings, lines, rows, pages.

Pure logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..document import Kind, Reading, Section
from .characters import clean
from .errors import Unreadable, UnreadableError, empty
from .limits import Limits
from .questions import is_question, pairs_of

HEADING_CHARACTERS = 200
SECTION_CHARACTERS = 50_000
"""What is longer goes on in another section, so that nothing has to hold a whole book in one piece."""


class Outline:
    """Takes a text piece by piece; raises UnreadableError when it is longer than allowed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._characters = 0
        self._stack: list[tuple[int, str]] = []
        """The headings that hold here, with their levels."""
        self._is_bare = False
        """Whether nothing stands under the last heading yet."""
        self._page: int | None = None
        self._lines: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._are_pairs: list[bool] = []
        """Of each section, whether it is an answer under its question."""

    def heading(self, level: int, text: str) -> None:
        """Begin what stands under a heading; 1 is the outermost level."""
        text = clean(text)[:HEADING_CHARACTERS]
        if not text:
            return
        self._count(text)
        self._close()
        if self._is_bare and self._stack[-1][0] >= level:
            self._add("")
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        self._stack.append((level, text))
        self._is_bare = True

    def line(self, text: str) -> None:
        """Take a paragraph or an item of a list."""
        text = clean(text)
        while text:
            self._count(text[:SECTION_CHARACTERS])
            if self._length + len(text) > SECTION_CHARACTERS:
                self._close()
            piece, text = text[:SECTION_CHARACTERS], text[SECTION_CHARACTERS:]
            self._lines.append(piece)
            self._length += len(piece)

    def row(self, text: str) -> None:
        """Take the row of a table, which is a section of its own."""
        self._close()
        self.line(text)
        self._close()

    def pair(self, question: str, answer: str, details: Iterable[str] = ()) -> None:
        """Take a question and its answer, which may have several lines."""
        self._close()
        question = clean(question)[:HEADING_CHARACTERS]
        for line in (*answer.splitlines(), *details):
            self.line(line)
        self._count(question)
        self._close(question)

    def page(self, number: int) -> None:
        """Say that what follows is on another page."""
        if number != self._page:
            self._close()
            self._page = number

    def finish(self, title: str, warnings: Sequence[str] = ()) -> Reading:
        """Return what was read; raises UnreadableError if that is nothing. `title` is used if the text has none."""
        self._close()
        if self._is_bare:
            self._add("")
        if not self._sections:
            raise empty()
        self._find_pairs()
        own_title = self._title()
        if own_title:
            self._sections = [Section(each.text, each.headings[1:], each.page) for each in self._sections]
        kind = Kind.QUESTIONS if all(self._are_pairs) else Kind.TEXT
        return Reading(own_title or clean(title), tuple(self._sections), kind, tuple(warnings))

    def _find_pairs(self) -> None:
        found: list[tuple[Section, bool]] = []
        for section, is_pair in zip(self._sections, self._are_pairs, strict=True):
            pairs = [] if is_pair else pairs_of(section)
            found += [(each, True) for each in pairs] or [(section, is_pair or is_question(section))]
        self._sections = [section for section, _ in found]
        self._are_pairs = [is_pair for _, is_pair in found]

    def _title(self) -> str:
        """Return the one heading that everything stands under; a question is none."""
        above = [
            each.headings[:-1] if is_pair else each.headings
            for each, is_pair in zip(self._sections, self._are_pairs, strict=True)
        ]
        first = above[0][0] if above[0] else ""
        return first if all(headings[:1] == (first,) for headings in above) else ""

    def _close(self, question: str = "") -> None:
        if self._lines:
            self._add("\n".join(self._lines), question)
            self._lines, self._length, self._is_bare = [], 0, False

    def _add(self, text: str, question: str = "") -> None:
        headings = tuple(heading for _, heading in self._stack)
        self._sections.append(Section(text, (*headings, question) if question else headings, self._page))
        self._are_pairs.append(bool(question))

    def _count(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > self._limits.characters:
            raise UnreadableError(
                Unreadable.TOO_LARGE,
                f"The document has more than {self._limits.characters:,} characters.",
                remedy="Add only the part of it that is needed.",
            )
