"""A question as what it is about: its informative words, how rare they are, and which a passage has. Pure logic."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from .chinese import cut
from .function_words import LIGHT
from .synonyms import Meaning, folded, meanings
from .words import query_words

RELATED = 0.5
"""What a word that is said for another counts in a search."""
CODE = 2.0
"""What a code, such as E24, counts in a search: who names one means it."""

_IN_PLACE = 0.6
"""Of a term, what is covered where a passage has another word for it."""
_IN_PARTS = 0.8
"""Of a Chinese word, what is covered where a passage has all its pairs of characters, but not the word."""

_HAN = re.compile("[\u3400-\u9fff]+")
_INTERROGATIVE = re.compile("几|多[久少长大高远重深宽]|哪|啥|怎|什么|为什么|谁|去哪|在哪|意思")
_COUNTED = re.compile("[一两二三四五六七八九十半每\\d]+[个次件天年月周遍桶点条张块种斤杯份半会些样]")
_CODE = re.compile(r"[a-z]{1,3}\d[a-z\d.]*")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a question says."""

    word: str
    """As in the index."""
    related: frozenset[str] = frozenset()
    """What documents may call it."""

    @property
    def is_light(self) -> bool:
        """Whether it goes with anything: put, still, again, 一次."""
        return not self.related and (self.word in _light() or _COUNTED.fullmatch(self.word) is not None)

    @property
    def is_code(self) -> bool:
        """Whether it is a few letters and then digits: an error code, a model, and no number with its unit."""
        return bool(_CODE.fullmatch(self.word))

    def covered_by(self, words: AbstractSet[str]) -> float:
        """Return how much of it is among the words of a passage, from 0 to 1."""
        if self.word in words:
            return 1.0
        if not self.related.isdisjoint(words):
            return _IN_PLACE
        if len(self.word) > 2 and _HAN.match(self.word):
            pairs = [one + two for one, two in pairwise(self.word)]
            return _IN_PARTS * sum(pair in words for pair in pairs) / len(pairs)
        return 0.0


@lru_cache(maxsize=512)
def terms(question: str) -> tuple[Term, ...]:
    """Return what a question says, each once, without the words that any question has."""
    known = meanings(question)
    return tuple(Term(word, _related(word, known)) for word in _words(question))


def index_words(question: str) -> frozenset[str]:
    """Return the words of the index of which `known_terms` and `rarity_of` want to know the frequency."""
    asked = terms(question)
    return frozenset(word for term in asked for word in (term.word, *term.related)) | frozenset(_names(asked, question))


def known_terms(question: str, frequency: Mapping[str, int]) -> tuple[Term, ...]:
    """Return `terms`, with two single Chinese characters as one where documents have them side by side.

    Such a pair is a name that no dictionary has, like that of a cat.
    """
    asked = terms(question)
    names = [name for name in _names(asked, question) if frequency.get(name)]
    parts = {character for name in names for character in name}
    return (*(Term(name) for name in names), *(term for term in asked if term.word not in parts))


def _names(asked: tuple[Term, ...], question: str) -> list[str]:
    text = folded(question)
    single = [term.word if len(term.word) == 1 and _HAN.match(term.word) else "" for term in asked]
    return [one + two for one, two in pairwise(single) if one and two and one + two in text]


def _words(question: str) -> tuple[str, ...]:
    """Return the words, Chinese ones whole and without the pairs across their borders."""
    text, words, end = folded(question), list[str](), 0
    for run in _HAN.finditer(text):
        words += query_words(text[end : run.start()])
        words += [word for word in cut(run[0]) if query_words(word) and not _INTERROGATIVE.match(word)]
        end = run.end()
    return tuple(dict.fromkeys([*words, *query_words(text[end:])]))


def _related(word: str, known: tuple[Meaning, ...]) -> frozenset[str]:
    found = (meaning.found for meaning in known if _is_part(word, meaning.said))
    return frozenset(other for each in found for other, part in each.items() if part > RELATED or part == 1) - {word}


def _is_part(word: str, phrase: str) -> bool:
    return word in phrase if _HAN.match(phrase) else word in query_words(phrase)


@lru_cache(maxsize=512)
def search_words(question: str) -> Mapping[str, float]:
    """Return the words to search for, with what each counts: its own 1 or more, those that are said for them less."""
    found = {word: CODE if Term(word).is_code else 1.0 for word in query_words(question)}
    for meaning in meanings(question):
        for word, part in meaning.found.items():
            found[word] = max(RELATED * part, found.get(word, 0.0))
    return found


@cache
def _light() -> frozenset[str]:
    return frozenset(word for each in LIGHT for word in (query_words(each) or [each]))


def rarity(frequency: int, passages: int) -> float:
    """Return how much a word tells that is in so many passages of so many: as in BM25, 1 for one that is in none."""
    return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5)) / math.log(1 + (passages + 0.5) / 0.5)
