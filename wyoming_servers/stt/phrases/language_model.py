"""A trigram model of sentences, in the ARPA format that recognisers read."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .sentences import Pattern
from .snapping import sample_indices
from .spoken import spoken_words

Words = tuple[str, ...]

BEGIN, END = "<s>", "</s>"
ORDER = 3
BACKOFF_MASS = 0.3
"""The share of each context's probability that goes to words which never followed it."""

SAMPLES_PER_PATTERN = 24
"""Sentences of a pattern with large slots from which the model learns."""

_NEVER = -99.0
"""log10 of the probability of `<s>`, which is only ever a context."""


def training_sentences(patterns: Sequence[Pattern]) -> Iterator[tuple[Words, float]]:
    """Return the patterns' words with their weights; of a pattern with large slots, some."""
    for pattern in patterns:
        samples = [pattern.sentence(index) for index in sample_indices(pattern, SAMPLES_PER_PATTERN)]
        total = sum(sample.weight for sample in samples)
        for sample in samples:
            yield spoken_words(sample.text), pattern.weight * sample.weight / total


def trigram_model(sentences: Iterable[tuple[Words, float]]) -> str:
    """Return the ARPA text of the model of these weighted sentences, of which there must be one at least."""
    counts = _counts(sentences)
    probabilities = _probabilities(counts)
    backoffs = _backoffs(probabilities)
    sections = [_section(order, probabilities, backoffs) for order in range(1, ORDER + 1)]
    header = "".join(f"ngram {order}={len(lines)}\n" for order, lines in enumerate(sections, start=1))
    body = "".join(f"\n\\{order}-grams:\n" + "\n".join(lines) + "\n" for order, lines in enumerate(sections, start=1))
    return f"\\data\\\n{header}{body}\n\\end\\\n"


def _counts(sentences: Iterable[tuple[Words, float]]) -> dict[Words, dict[str, float]]:
    """Return by context (of 0 to 2 words) the weight of each word that follows it."""
    counts: dict[Words, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for words, weight in sentences:
        line = (BEGIN, *words, END)
        for position in range(1, len(line)):
            for length in range(min(position, ORDER - 1) + 1):
                counts[line[position - length : position]][line[position]] += weight
    return counts


def _probabilities(counts: Mapping[Words, Mapping[str, float]]) -> dict[Words, dict[str, float]]:
    """Return by context the probability of each word that was seen there; the rest is for backing off."""
    kept = 1.0 - BACKOFF_MASS
    probabilities: dict[Words, dict[str, float]] = {}
    for context, following in counts.items():
        share = (kept if context else 1.0) / sum(following.values())
        probabilities[context] = {word: weight * share for word, weight in following.items()}
    return probabilities


def _backoffs(probabilities: Mapping[Words, Mapping[str, float]]) -> dict[Words, float]:
    """Return by context what the shorter context's probability is multiplied with for an unseen word."""
    backoffs = {}
    for context, following in probabilities.items():
        if context:
            shorter = probabilities[context[1:]]
            unseen = 1.0 - sum(shorter.get(word, 0.0) for word in following)
            # All that can follow has followed: whatever the factor, it is never used.
            backoffs[context] = BACKOFF_MASS / unseen if unseen > BACKOFF_MASS / 100 else 1.0
    return backoffs


def _section(
    order: int, probabilities: Mapping[Words, Mapping[str, float]], backoffs: Mapping[Words, float]
) -> list[str]:
    lines = [f"{_NEVER} {BEGIN} {math.log10(backoffs[BEGIN,]):.4f}"] if order == 1 else []
    for context, following in probabilities.items():
        if len(context) == order - 1:
            for word, probability in following.items():
                ngram = (*context, word)
                backoff = f" {math.log10(backoffs[ngram]):.4f}" if ngram in backoffs else ""
                lines.append(f"{math.log10(probability):.4f} {' '.join(ngram)}{backoff}")
    return lines
