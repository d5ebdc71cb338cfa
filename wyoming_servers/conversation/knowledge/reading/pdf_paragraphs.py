"""Which line of a PDF goes on with the paragraph of the line before, and how the two are joined. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from .characters import glue, is_wide
from .pdf_page import Line, Placed
from .wrapping import is_item

_ENDS = tuple('.!?:;。！？：；…"”』」)）')
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_NEAR_LINES = 15
"""Lines before and after that tell how wide a column is."""
_PARAGRAPH_PITCH = 1.25
"""From one line to the next, against what is usual: more is a new paragraph."""
_SAME_SIZE = 0.1
_SAME_LINE = 0.3
"""Of the size of the letters: baselines so close are one line, written in two pieces."""
_SPREAD = 1.3
"""Width of a line against that of its letters, half their size or, in Chinese, all of it. In Debian's reference manual,
in English and Chinese, prose has 0.7 to 1.1, typewriter letters have 1.2, and rows of tables 1.3 to 5."""
_RAGGED = 1.5
"""So many letters' sizes the lines of a column may end apart."""


def _is_spread(line: Line) -> bool:
    """Whether a line is wider than its letters: then it is the row of a table."""
    letters = sum(1.0 if is_wide(character) else 0.5 for character in line.text)
    return line.right - line.left > _SPREAD * letters * line.size


def _goes_on_elsewhere(before: Line, line: Line) -> bool:
    """Whether a line on another page or in another column may go on with the paragraph."""
    return not before.text.endswith(_ENDS) and (line.text[0].islower() or is_wide(line.text[0]))


class Joining:
    """Knows all lines of a document, in their order."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._placed = placed
        self._pitch = self._usual_pitch()
        self._words = frozenset(word.casefold() for _, line in placed for word in _WORD.findall(line.text))

    def continues(self, place: int) -> bool:
        """Whether a line belongs to the paragraph of the line before it."""
        if place == 0:
            return False
        (page, line), (page_before, before) = self._placed[place], self._placed[place - 1]
        if abs(line.size - before.size) > _SAME_SIZE * before.size or is_item(line.text):
            return False
        if before.is_hyphenated:
            return True
        if _is_spread(before) or _is_spread(line):
            return False
        if page == page_before and line.baseline <= before.baseline:
            pitch = before.baseline - line.baseline
            return pitch < _SAME_LINE * line.size or (self._goes_on(before, line, pitch) and not self._has_room(place))
        return _goes_on_elsewhere(before, line) and not self._has_room(place)

    def _goes_on(self, before: Line, line: Line, pitch: float) -> bool:
        """Whether a line is so close below another that it may go on with its paragraph."""
        is_indented = line.left > before.left + 0.8 * line.size
        is_near = pitch <= _PARAGRAPH_PITCH * max(self._pitch, 1.2 * line.size)
        return is_near and not (is_indented and before.text.endswith(_ENDS))

    def join(self, paragraph: str, place: int) -> str:
        """Return a paragraph with a line that continues it."""
        text, before = self._placed[place][1].text, self._placed[place - 1][1]
        if before.is_hyphenated:
            return f"{paragraph}-{text}" if self._keeps_hyphen(paragraph, text) else paragraph + text
        return paragraph + glue(paragraph, text) + text

    def _usual_pitch(self) -> float:
        """Return how far the baselines of most lines are apart."""
        pitches = Counter(
            round(2 * (before.baseline - line.baseline)) / 2
            for (page, before), (other, line) in pairwise(self._placed)
            if page == other and 0.5 * line.size < before.baseline - line.baseline < 3 * line.size
        )
        return pitches.most_common(1)[0][0] if pitches else 0.0

    def _has_room(self, place: int) -> bool:
        """Whether the line before ends although the next word would have fitted: then it was ended on purpose."""
        following, line = self._placed[place][1], self._placed[place - 1][1]
        space = 0.0 if is_wide(following.text[0]) else 0.25 * line.size
        is_open_chinese = is_wide(following.text[0]) and not line.text.endswith(_ENDS)
        slack = (1.5 if is_open_chinese else 0.1) * line.size
        end = self._column_end(place - 1)
        if end is None or line.right > end + _RAGGED * line.size:
            return True
        return line.right + space + following.first_word + slack < end

    def _column_end(self, place: int) -> float | None:
        """Return the right end of the column that a line stands in: where several of its lines end, or nearly.

        None if there is no such place, as in a table.
        """
        _, line = self._placed[place]
        near = (each for _, each in self._placed[max(0, place - _NEAR_LINES) : place + _NEAR_LINES + 1])
        rights = sorted(
            (
                each.right
                for each in near
                if each.left < line.right and each.right > line.left and each.size <= (1 + _SAME_SIZE) * line.size
            ),
            reverse=True,
        )
        for several in (3, 2):
            for right, other in zip(rights, rights[several - 1 :], strict=False):
                if other >= right - _RAGGED * line.size:
                    return right
        return None

    def _keeps_hyphen(self, paragraph: str, text: str) -> bool:
        """Whether a hyphen at the end of a line belongs to the word: the document's other words tell."""
        before, after = _LAST_WORD.search(paragraph), _WORD.match(text)
        if before is None or after is None or not text[0].islower():
            return True
        return f"{before[0]}-{after[0]}".casefold() in self._words
