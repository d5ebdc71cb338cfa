"""What a user's words say without a model: kinds of things, directions, amounts, names. Pure logic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property, lru_cache

from .words import AMOUNT, DIRECTIONS, EVERY, KINDS, NEGATION, PLAIN, PLAIN_CHINESE, STATED, Direction

_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_FIGURE = re.compile(r"(?<![\d.,a-z_])[0-9]{1,4}(?![\d.,]*\d|[a-z])")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


@lru_cache(maxsize=8192)
def spelled(text: str) -> str:
    """Return text as it is compared: one width, lower case, words without punctuation between single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"['\u2019]", "", word) for word in _WORD.findall(folded))


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, without plural endings: what of a name is compared word by word."""
    return tuple(map(singular, spelled(text).split()))


def singular(word: str) -> str:
    """Return a word without the plural's s; English, and only where more than three letters remain."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word.isascii() else word


def _is_amount(word: str) -> bool:
    """Whether a word says how much, other than by a figure: that may also be a part of a name."""
    return word.isalpha() and AMOUNT.fullmatch(word) is not None


class Sentence:
    """The words of one utterance; an empty one says nothing, and nothing is concluded from it."""

    def __init__(self, text: str) -> None:
        self._text = unicodedata.normalize("NFKC", text).casefold().strip()
        self._spelled = spelled(text)
        self.words = words_of(text)

    @cached_property
    def directions(self) -> frozenset[Direction]:
        """What is to be done; nothing where the sentence also says what is not."""
        if NEGATION.search(self._text):
            return frozenset()
        wanted = STATED.sub(" ", self._text)
        return frozenset(direction for direction, pattern in DIRECTIONS.items() if pattern.search(wanted))

    @property
    def direction(self) -> Direction | None:
        """What is to be done, where that is one thing."""
        return next(iter(self.directions)) if len(self.directions) == 1 else None

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The domains of which a noun is in the sentence."""
        return self.kinds_beside("")

    def kinds_beside(self, name: str) -> frozenset[str]:
        """Return the domains of which a noun is in the sentence, and not only as a part of this name."""
        part = words_of(name)
        return frozenset(
            domain
            for domain, nouns in KINDS.items()
            if any(self._says(noun) and noun not in part for noun in nouns if noun.isascii() or noun not in name)
        )

    @property
    def says_every(self) -> bool:
        """Whether all of something are meant."""
        return EVERY.search(self._text) is not None

    @property
    def says_amount(self) -> bool:
        """Whether the sentence says how much, in figures or in words."""
        return AMOUNT.search(self._text) is not None

    @cached_property
    def figure(self) -> int | None:
        """The number in the sentence that stands for itself or before a percent sign, where there is one."""
        figures = _FIGURE.findall(self._text)
        return int(figures[0]) if len(figures) == 1 else None

    def says_several(self, domain: str) -> bool:
        """Whether the sentence speaks of more than one thing of a domain: all of them, or a plural."""
        plurals = {f"{noun}s" for noun in KINDS.get(domain, frozenset())}
        return self.says_every or not plurals.isdisjoint(self._spelled.split())

    def mentions(self, names: Iterable[str]) -> bool:
        """Whether one of these names is in the sentence, as whole words."""
        return any(self._contains(words_of(name)) for name in names)

    def leaves_open(self, *said: str) -> bool:
        """Whether nothing is said but a kind of thing and what to do with it: no word that could tell which one.

        `said` is what else of the sentence is accounted for: the thing that goes on a list, the volume.
        """
        if not self.words:
            return False
        known = {word for text in said for word in words_of(text)} | {
            noun for nouns in KINDS.values() for noun in nouns
        }
        rest = [word for word in self.words if word not in known and word not in PLAIN and not _is_amount(word)]
        return all(_IDEOGRAPH.search(word) and not self._names_something(word, known) for word in rest)

    def _says(self, noun: str) -> bool:
        return noun in self.words if noun.isascii() else noun in self._spelled

    def _contains(self, words: tuple[str, ...]) -> bool:
        if not words:
            return False
        if any(map(_IDEOGRAPH.search, words)):
            return "".join(words) in self._spelled.replace(" ", "")
        width = len(words)
        return any(self.words[start : start + width] == words for start in range(len(self.words) - width + 1))

    @staticmethod
    def _names_something(word: str, known: Iterable[str]) -> bool:
        """Whether anything is left of a run of Chinese once the words that name nothing are taken out."""
        for noun in sorted(known, key=len, reverse=True):
            word = word.replace(noun, " ")
        return bool(_IDEOGRAPH.search(PLAIN_CHINESE.sub(" ", word)))
