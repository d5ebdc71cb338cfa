"""Cuts a reply, while it is still being written, into the pieces that are spoken one after the other.

A piece is a sentence, as a rule. The first one is cut at a clause if its sentence is long, so that something is
heard early; later ones only where they are too long to be made in one go.

Pure logic.
"""

# ruff: noqa: RUF001 - punctuation of many scripts is what this is about

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

FIRST_WEIGHT = 40
"""A first sentence longer than this is cut at a clause: eight English words, or 13 Chinese characters."""
FIRST_CLAUSE_WEIGHT = 15
"""The least that is worth a piece of its own: three words, or five Chinese characters."""
CLAUSE_WEIGHT = 150
"""Any sentence longer than this is cut at its last clause: some ten seconds of speech."""
MAX_WEIGHT = 300
"""What has no clauses either is cut at a space."""

_WIDE_WEIGHT = 3
"""A Chinese character takes as long to say as three Latin letters."""

_WIDE_ENDS = frozenset("。！？；｡")
"""Ends that need no space after them, and never stand inside a number or a name."""
_ENDS = frozenset("!?؟۔।॥։።။។‼⁇⁈⁉")
"""Ends whatever the next word looks like."""
_WIDE_CLAUSES = frozenset("，、：︰—")
_CLAUSES = frozenset(",;:،؛")
_DASHES = (" -", " –")
_CLOSERS = "\"'”’»›)]}*_`~」』）】》〉"
_OPENERS = "\"'“‘„«‹([{*_`¿¡"

_ABBREVIATED = """
mr mrs ms dr prof st rd ave jr sr vs etc approx appt apt dept est fig inc ltd min max misc mt no tel temp vol
jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
bzw ca evtl ggf hr fr inkl exkl nr str tägl usw vgl zb zzgl bspw dipl ing std sek bd abs
mme mlle env av sra srta dra ud uds pág núm sig sigg dott ecc pag dhr mevr bijv enz resp
"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_ORDINALS_FOLLOW = "ab am bis das dem den der des die im jeden jedem jeder seit vom zum zur"
_BEFORE_ORDINALS = frozenset(_ORDINALS_FOLLOW.split())
"""Words of the languages that write 3rd as "3.", after which a number is one."""
_DOTTED = re.compile(r"(?:[^\W\d]{1,2}\.)+[^\W\d]{1,2}")
"""e.g, z.B, a.m, U.S"""


def weight(text: str) -> int:
    """Return how long a text takes to say, in Latin letters."""
    return sum(_WIDE_WEIGHT if _is_wide(character) else 1 for character in text)


class SentenceSplitter:
    """Takes text in portions of any size and returns pieces, the same ones however it was portioned."""

    def __init__(self) -> None:
        self._is_first = True
        self._begin("")

    def feed(self, text: str) -> list[str]:
        """Take more text; return the pieces that it completes."""
        return [piece for character in text for piece in self._take(character)]

    def pause(self) -> list[str]:
        """Return the sentence that the text ends with, if it is whole whatever follows.

        For a writer that hands over whole sentences, and may be long in coming with the next one.
        """
        ends = self._text.endswith(" ") and ends_sentence(self._text.rstrip(), "A")
        return list(self._cut(len(self._text))) if ends else []

    def flush(self) -> list[str]:
        """Return what is left as the last piece, and be ready for another reply."""
        last = self._text.strip()
        self._is_first = True
        self._begin("")
        return [last] if last else []

    def _begin(self, text: str) -> None:
        self._text = text
        self._weight = weight(text)
        self._clauses: list[tuple[int, int]] = []
        """Where a clause ends, and the weight up to there."""

    def _take(self, character: str) -> Iterator[str]:
        if character in "\n\u2029":
            yield from self._cut(len(self._text))
            return
        if character.isspace():
            character = " "
        if character == " " and (not self._text or self._text[-1] == " "):
            return
        if _may_begin(self._text, character) and ends_sentence(self._text.rstrip(), character):
            yield from self._cut(len(self._text))
        self._append(character)
        if character in _WIDE_ENDS:
            yield from self._cut(len(self._text))
        else:
            yield from self._cut_if_long()

    def _append(self, character: str) -> None:
        if character == " " and (self._text[-1:] in _CLAUSES or self._text.endswith(_DASHES)):
            self._clauses.append((len(self._text), self._weight))
        self._text += character
        self._weight += _WIDE_WEIGHT if _is_wide(character) else 1
        if character in _WIDE_CLAUSES:
            self._clauses.append((len(self._text), self._weight))

    def _cut_if_long(self) -> Iterator[str]:
        place = self._place_to_cut()
        if place:
            yield from self._cut(place)

    def _place_to_cut(self) -> int:
        """Return where the text must be cut by now; 0 for nowhere."""
        if self._is_first and self._weight > FIRST_WEIGHT:
            for place, before in self._clauses:
                if before >= FIRST_CLAUSE_WEIGHT:
                    return place
        if self._weight > CLAUSE_WEIGHT and self._clauses:
            return self._clauses[-1][0]
        if self._weight > MAX_WEIGHT:
            return self._text.rstrip().rfind(" ") + 1 or len(self._text)
        return 0

    def _cut(self, place: int) -> Iterator[str]:
        piece, rest = self._text[:place].strip(), self._text[place:].lstrip()
        self._begin("")
        if piece:
            self._is_first = False
            yield piece
        for character in rest:
            yield from self._take(character)


def _may_begin(before: str, character: str) -> bool:
    """Whether a sentence may begin with this character: after a space, or without one in scripts that have none."""
    return character != " " and (before.endswith(" ") or _is_wide(character))


def ends_sentence(before: str, following: str) -> bool:
    """Whether a sentence ends with `before`, of which the last words are enough, if this character comes next."""
    core = before.rstrip(_CLOSERS)
    if core.endswith(tuple(_ENDS)):
        return True
    if core.endswith(("...", "…")):
        return following.isupper() or (_is_wide(following) and before != core)
    if not core.endswith("."):
        return False
    *earlier, word = core[:-1].split(" ")
    word = word.lstrip(_OPENERS)
    if word.isdigit():
        return not _is_ordinal(earlier, word, following)
    return not (len(word) <= 1 or word.casefold() in _ABBREVIATIONS or _DOTTED.fullmatch(word))


def _is_ordinal(earlier: list[str], number: str, following: str) -> bool:
    """Whether the dot after a number belongs to it: a list's number, or an ordinal as in "am 3. Mai"."""
    before = earlier[-1] if earlier else ""
    if not before:
        return True
    named = before.casefold() in _BEFORE_ORDINALS or before.endswith(",")
    return len(number) <= 2 and (named or following.islower())


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
