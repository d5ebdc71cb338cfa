"""Tells what is to be done later, or when something happens, from what is to be done now. Pure logic.

What is done at once although it was wanted later makes a false "done": a phrase counts where a command stands beside
it, and in doubt it counts. Questions, statements, timers and lists have such phrases of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from . import delay_chinese, delay_english
from .amounts import chinese_seconds, english_seconds
from .delay_kind import LaterKind
from .politeness import without_politeness

MAX_CHARS = 500
"""Longer texts are no commands."""


@dataclass(frozen=True)
class Later:
    """A sentence whose command is not, or not only, for now."""

    kind: LaterKind
    command: str
    """What to do, without the phrase: "turn off the lights"."""
    seconds: int = 0
    """Of a DURATION, or an effect that lasts (FOR)."""
    phrase: str = ""
    """What it waits for, as it was said: "in ten minutes"."""
    now: str = ""
    """What the sentence wants done at once, besides: "turn on the light and in ten minutes turn it off"."""


def later(text: str, language: str, names: Iterable[str] = ()) -> Later | None:
    """Return what of a sentence is for later; None if nothing is, or in a language other than English and Chinese.

    `names` are those of the home's things and rooms: words in them delay nothing.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    words = _WORDS.get(language.partition("-")[0].casefold())
    if words is None or len(plain) > MAX_CHARS:
        return None
    masked = _masked(plain, names, words.table.MASK)
    return next(words.readings(plain, masked), None)


def _masked(text: str, names: Iterable[str], mask: str) -> str:
    """Return the text with every name in it replaced by marks, one for each character."""
    folded = text.casefold()
    plain = {" ".join(unicodedata.normalize("NFKC", name).split()) for name in names}
    for name in sorted((name for name in plain if name and name.casefold() in folded), key=len, reverse=True):
        edges = r"(?<![a-z0-9]){}(?![a-z0-9])" if name.isascii() else "{}"
        pattern = edges.format(re.escape(name))
        text = re.sub(pattern, lambda found: mask * len(found[0]), text, flags=re.IGNORECASE)
    return text


class _Words:
    """A language: the table of its words, and how they are put together."""

    def __init__(self, language: str, table: ModuleType, gap: str) -> None:
        self.table = table
        self._language = language
        self._gap = gap
        self._seconds = english_seconds if language == "en" else chinese_seconds

    def readings(self, text: str, masked: str) -> Iterator[Later]:
        """Yield what the text may want for later, the likeliest first."""
        for kind, pattern in self.table.PHRASES:
            for found in pattern.finditer(masked):
                if reading := self._read(kind, found, text, masked):
                    yield reading

    def _read(self, kind: LaterKind, found: re.Match[str], text: str, masked: str) -> Later | None:
        start, end = found.span()
        rest = self._joined(masked[:start], masked[end:])
        if not self._is_command(rest) or self._is_own(kind, rest, found[0]):
            return None
        acts = [bool(self.table.ACTS.search(side)) for side in (masked[:start], masked[end:])]
        now, command = self._shared(kind, text[:start], text[end:], both=all(acts))
        seconds = self._seconds(found["length"]) if "length" in found.re.groupindex else 0
        return Later(kind, self._polished(command), seconds, text[start:end].strip(" ,"), self._polished(now))

    def _is_command(self, rest: str) -> bool:
        said = self._polished(rest)
        clauses = re.split("[,;。]", said)
        first = next((clause for clause in clauses if self.table.VERB.search(clause)), "")
        asks = self.table.QUESTION.search(said) or self.table.QUESTION.search(first)
        return bool(first) and not asks and not self.table.STATEMENT.search(first.strip())

    def _is_own(self, kind: LaterKind, rest: str, phrase: str) -> bool:
        """Whether the phrase belongs to what the command is about: a timer, a list, a place in a song, a value."""
        table = self.table
        if kind is LaterKind.CONDITION:
            return False
        return bool(
            table.TIMERS.search(rest)
            or (kind is LaterKind.CLOCK and table.LISTS.search(rest))
            or (kind is LaterKind.FOR and table.SEEKING.search(rest))
            or table.is_value(phrase, rest)
        )

    def _shared(self, kind: LaterKind, before: str, after: str, *, both: bool) -> tuple[str, str]:
        """Return what is for now, and what the phrase is about: both sides of it, one, or the last of several."""
        if both:
            return (after, before) if kind is LaterKind.FOR else (before, after)
        cuts = [] if self._clean(after) else list(self.table.CONJUNCTION.finditer(before))
        last = before[cuts[-1].end() :] if cuts else ""
        if self.table.PRONOUN.search(last) and self.table.ACTS.search(last):
            return before[: cuts[-1].start()], last
        return "", self._joined(before, after)

    def _joined(self, before: str, after: str) -> str:
        joined = f"{before.strip()}{self._gap}{after.strip()}"
        return self._clean(_DOUBLED.sub(",", joined))

    def _clean(self, text: str) -> str:
        return str(self.table.LOOSE_ENDS.sub("", text)).strip()

    def _polished(self, text: str) -> str:
        return without_politeness(self._clean(text), self._language)


_DOUBLED = re.compile(r"(?:\s*,)+")
_WORDS = {"en": _Words("en", delay_english, " "), "zh": _Words("zh", delay_chinese, "")}
