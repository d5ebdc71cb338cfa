"""Which passages have the words of a question: what to ask an index for, and BM25 over what it gives. Pure logic.

An index that ranks by itself looks at every passage with any of the words, in all detail. So it is only asked which
passages have which of the rarer words, or two of the others; the best by that are ranked by all words, and by how often
and in how long a text these are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from .indexing import Indexed

LOOKED_AT = 5_000
"""So many passages, by estimate, an index is to look at; the words that more have are left to the ranking."""
PAIRED = 5
"""Of the more frequent words, so many are looked for in pairs."""

K1, B = 1.2, 0.75
"""As in Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009)."""
AROUND = 1.0
"""What a word of the title or a heading counts, beside one of the text."""


class Hit(NamedTuple):
    """A passage that was found."""

    passage_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Corpus:
    """All passages, as numbers."""

    passages: int
    words: int
    """Of all of them together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Passages that have any of these words, or both of any of these pairs."""

    words: tuple[str, ...]
    """The rarest first."""
    pairs: tuple[tuple[str, str], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    """What a passage is worth, at least, that has a word."""


def wanted(
    frequency: Mapping[str, int],
    corpus: Corpus,
    counts: Mapping[str, float] = MappingProxyType({}),
    looked_at: int = LOOKED_AT,
) -> Wanted:
    """Return what to ask an index for, if it can look at so many passages; `counts` as for `rank`.

    `frequency` has the number of passages with each word that is in any.
    """
    ordered = sorted(frequency, key=lambda word: (frequency[word], word))
    words: list[str] = []
    total = 0.0
    for word in ordered:
        if total + frequency[word] > looked_at:
            break
        total += frequency[word]
        words.append(word)
    pairs = []
    for one, two in combinations(ordered[len(words) :][:PAIRED], 2):
        total += frequency[one] * frequency[two] / max(corpus.passages, 1)
        if total > looked_at:
            break
        pairs.append((one, two))
    return Wanted(
        tuple(words) if words or pairs else tuple(ordered[:1]), tuple(pairs), _weights(frequency, corpus, counts)
    )


def _weights(frequency: Mapping[str, int], corpus: Corpus, counts: Mapping[str, float]) -> dict[str, float]:
    """Return the inverse document frequency of each word, times what it counts."""
    return {
        word: counts.get(word, 1.0) * math.log(1 + (corpus.passages - count + 0.5) / (count + 0.5))
        for word, count in frequency.items()
    }


def rank(
    rows: Iterable[tuple[int, Indexed]],
    frequency: Mapping[str, int],
    corpus: Corpus,
    counts: Mapping[str, float] = MappingProxyType({}),
) -> list[Hit]:
    """Return passages by BM25, best first, those without any of the words left out.

    `counts` has what a word counts beside one that the question says, where that is not 1.
    """
    weights = _weights(frequency, corpus, counts)
    usual = corpus.words / max(corpus.passages, 1) or 1.0
    hits = (Hit(passage_id, _score(row, weights, usual)) for passage_id, row in rows)
    return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: (-hit.score, hit.passage_id))


def _score(row: Indexed, weights: Mapping[str, float], usual_length: float) -> float:
    text, around = row.text.split(), row.around.split()
    counts: dict[str, float] = {}
    for words, counted in ((text, 1.0), (around, AROUND)):
        for word in words:
            if word in weights:
                counts[word] = counts.get(word, 0.0) + counted
    damping = K1 * (1 - B + B * (len(text) + len(around)) / usual_length)
    return sum(weights[word] * count * (K1 + 1) / (count + damping) for word, count in counts.items())


def length_of(rows: Sequence[Indexed]) -> int:
    """Return how many words these are, as `Corpus.words` counts them."""
    return sum(len(row.text.split()) + len(row.around.split()) for row in rows)
