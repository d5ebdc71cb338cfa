"""How much of what a question says a passage has, its sentences, its headings, its document's title. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath

from .asked import Term
from .document import Document, Found, Passage
from .sentences import sentences
from .words import words_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says, each term with its weight."""

    weights: tuple[tuple[Term, float], ...]

    @property
    def total(self) -> float:
        """How much is said."""
        return sum(weight for _, weight in self.weights)

    def part_in(self, words: AbstractSet[str]) -> float:
        """Return the part of what is said that is among these words; 0 if nothing is said."""
        return sum(self._each(words)) / total if (total := self.total) else 0.0

    def rarest_in(self, words: AbstractSet[str]) -> float:
        """Return the weight of the rarest term among these words."""
        return max(self._each(words), default=0.0)

    def _each(self, words: AbstractSet[str]) -> Iterator[float]:
        return (weight * term.covered_by(words) for term, weight in self.weights)


def words_in(found: Found) -> AbstractSet[str]:
    """Return the words of a passage, its headings and its document's title."""
    return words_in_text(found.passage.text) | heading_words(found.passage) | title_words(found.document)


def heading_words(passage: Passage) -> AbstractSet[str]:
    """Return the words of a passage's headings, and of the question that it answers."""
    return words_in_text("\n".join((*passage.headings, passage.question)))


def title_words(document: Document) -> AbstractSet[str]:
    """Return the words of a document's title and name."""
    return words_in_text(f"{document.title}\n{PurePosixPath(document.name).stem}")


def windows(found: Found) -> list[AbstractSet[str]]:
    """Return the words of every two sentences beside each other, with those of headings and title."""
    around = words_around(found)
    return [words_in_text(text) | around for text in window_texts(found)]


def words_around(found: Found) -> AbstractSet[str]:
    """Return the words that stand over every sentence of a passage."""
    return heading_words(found.passage) | title_words(found.document)


def window_texts(found: Found) -> list[str]:
    """Return every two sentences of a passage beside each other; one, if there is only one."""
    parts = sentences_of(found.passage.text)
    return [f"{one}\n{two}" for one, two in pairwise(parts)] or parts


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a passage; none goes over a line's end."""
    return [sentence for line in text.split("\n") for sentence in sentences(line)]


@lru_cache(maxsize=8192)
def words_in_text(text: str) -> frozenset[str]:
    """Return the words of a text, as in the index."""
    return frozenset(words_of(text))
