"""Cuts what was read of a document into passages: along headings, paragraphs and sentences. Pure logic.

A passage has about as many tokens as asked for, by the estimate that the prompts use, and never more. Of 200 that are
estimated, Qwen's tokenizer makes 150 in English and 160 in Chinese in the median of Debian's reference manual, and more
than 225 in one passage of twenty: tables of figures. What does not fit
into one goes on in the next, which repeats the last whole sentences. A paragraph, a row of a table, an answer stays
whole where it can. What stands under different outermost headings is never put together; short sections under one are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from ..prompt.text import estimate_tokens
from .document import Kind, Passage, Reading, Section
from .sentences import parts, pieces

PASSAGE_TOKENS = 200
OVERLAP_TOKENS = 40
_SHORT = 8
"""A passage that is less than one part in so many is put together with what follows under another heading."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long."""

    text: str
    page: int | None
    tokens: int
    begins_line: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """What may become a passage."""

    headings: tuple[str, ...]
    page: int | None
    text: str
    continues: bool = False
    """Whether it goes on with the one before, of which it repeats the end."""

    @property
    def tokens(self) -> int:
        return estimate_tokens(self.text)


def split(
    reading: Reading, passage_tokens: int = PASSAGE_TOKENS, overlap_tokens: int = OVERLAP_TOKENS
) -> list[Passage]:
    """Return the passages of a document in its order.

    A passage's page is that of its first sentence which is not repeated. Raises ValueError if the overlap is more than
    half a passage.
    """
    if not 0 <= overlap_tokens <= passage_tokens // 2:
        raise ValueError(f"An overlap of {overlap_tokens} tokens does not fit passages of {passage_tokens}.")
    cuts = (cut for run in _runs(reading.sections) for cut in _cuts(run, passage_tokens, overlap_tokens))
    if reading.kind is Kind.QUESTIONS:
        return [Passage(cut.text, cut.headings[:-1], cut.page, cut.tokens, cut.headings[-1]) for cut in cuts]
    return [Passage(cut.text, cut.headings, cut.page, cut.tokens) for cut in _together(cuts, passage_tokens)]


def _runs(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """Yield what belongs together: a section, with those on the next pages that go on under the same headings."""
    run: list[Section] = []
    for section in sections:
        if run and not (section.headings == run[-1].headings and section.page != run[-1].page):
            yield run
            run = []
        run.append(section)
    if run:
        yield run


def _cuts(run: Sequence[Section], passage_tokens: int, overlap_tokens: int) -> Iterator[_Cut]:
    headings = run[0].headings
    packing = _Packing(passage_tokens, overlap_tokens)
    for section in run:
        for line in filter(str.strip, section.text.split("\n")):
            found = [
                (piece, place == 0 and number == 0)
                for place, part in enumerate(parts(line))
                for number, piece in enumerate(pieces(part, passage_tokens))
            ]
            packing.add([_Piece(text, section.page, estimate_tokens(text), begins) for text, begins in found])
    packing.close()
    for number, (repeated, fresh) in enumerate(packing.packed):
        text = "".join("\n" * piece.begins_line + piece.text for piece in (*repeated, *fresh)).strip()
        yield _Cut(headings, fresh[0].page, text, continues=number > 0)
    if headings and not packing.packed:
        yield _Cut(headings, run[0].page, "")


class _Packing:
    """Fills passages with the lines of one section."""

    def __init__(self, passage_tokens: int, overlap_tokens: int) -> None:
        self._most = passage_tokens
        self._overlap = overlap_tokens
        self._repeated: list[_Piece] = []
        self._fresh: list[_Piece] = []
        self.packed: list[tuple[list[_Piece], list[_Piece]]] = []
        """Passages: what is repeated of the one before, and what is new."""

    def add(self, line: Sequence[_Piece]) -> None:
        """Take the next line: as a whole if it fits into this passage or the next, else sentence by sentence."""
        total = sum(piece.tokens for piece in line)
        is_half_full = sum(piece.tokens for piece in self._fresh) >= self._most / 2
        if total <= self._room() or (total <= self._most and is_half_full):
            self._take(line, total)
        else:
            for piece in line:
                self._take([piece], piece.tokens)

    def close(self) -> None:
        """End a passage; its last sentences are repeated in the next."""
        if not self._fresh:
            return
        self.packed.append((self._repeated, self._fresh))
        repeated: list[_Piece] = []
        for piece in reversed(self._fresh):
            if sum(each.tokens for each in repeated) + piece.tokens > self._overlap:
                break
            repeated.insert(0, piece)
        self._repeated, self._fresh = repeated, []

    def _take(self, together: Sequence[_Piece], total: int) -> None:
        if total > self._room():
            self.close()
            while total > self._room() and self._repeated:
                del self._repeated[0]
        self._fresh += together

    def _room(self) -> int:
        return self._most - sum(piece.tokens for piece in (*self._repeated, *self._fresh))


def _together(cuts: Iterator[_Cut], passage_tokens: int) -> Iterator[_Cut]:
    """Put together what is short: rows of one table, short sections under one heading, a heading and what follows."""
    last: _Cut | None = None
    for cut in cuts:
        joined = None if last is None else _joined(last, cut, passage_tokens)
        if joined is None and last is not None:
            yield _with_text(last)
        last = joined or cut
    if last is not None:
        yield _with_text(last)


def _joined(first: _Cut, second: _Cut, passage_tokens: int) -> _Cut | None:
    """Return two as one, or None if they are better apart."""
    if not first.text:
        own = first.headings[_common(first.headings, second.headings) :]
        joined = replace(second, text="\n".join(filter(None, (*own, second.text))), page=first.page)
    elif second.continues or first.headings[:1] != second.headings[:1]:
        return None
    elif first.headings == second.headings:
        joined = replace(first, text="\n".join(filter(None, (first.text, second.text))))
    elif first.tokens < passage_tokens // _SHORT:
        shared = _common(first.headings, second.headings)
        lines = (*first.headings[shared:], first.text, *second.headings[shared:], second.text)
        joined = replace(first, headings=first.headings[:shared], text="\n".join(filter(None, lines)))
    else:
        return None
    return joined if joined.tokens <= passage_tokens else None


def _with_text(cut: _Cut) -> _Cut:
    """Return a heading under which nothing stands as a passage that says it."""
    return cut if cut.text else replace(cut, headings=cut.headings[:-1], text=cut.headings[-1])


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
