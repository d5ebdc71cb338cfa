"""Which sentences of a home sound like what was heard.

Distances are counted in sounds, not letters: `fifty` and `fifteen` are close, `of` and `off` are not the
same. Two characters stand for each phoneme, its kind and itself, so that to confuse two of a kind (`t` and
`d`, `m` and `n`) costs half as much as any other two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from .sentences import SLOT, Pattern, Sentence
from .slots import VALUES

_KINDS = (
    "P B", "T D", "K G", "CH JH SH ZH", "F V TH DH", "S Z", "M N NG", "L R ER", "W Y HH", "IY IH EY", "EH AE",
    "AA AO AH", "UH UW OW", "AY", "AW", "OY",
)  # fmt: skip
_CODES = {
    phoneme: chr(ord("A") + kind) + chr(ord("a") + member)
    for kind, phonemes in enumerate(_KINDS)
    for member, phoneme in enumerate(phonemes.split())
}

SAMPLES_PER_PATTERN = 6
"""Sentences by which a pattern with large slots is found."""
_STRIDE = 7919
CHUNK = 2000
"""Comparisons between two moments at which other threads may run; a comparison takes 0.5 µs."""


def sound_code(phonemes: str) -> str:
    """Return the string in which sounds can be compared: two characters per phoneme."""
    return "".join(_CODES[phoneme] for phoneme in phonemes.split())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may have been meant."""

    sentence: Sentence
    similarity: float
    """From 0 to 100, between its sounds and those that were heard."""


class SentenceIndex:
    """A home's sentences by sound."""

    def __init__(self, patterns: Sequence[Pattern], code: Callable[[str], str]) -> None:
        """`code` gives the sound code of a piece of text."""
        self._patterns = patterns
        self._code = code
        self._pieces = [_pieces(pattern, code) for pattern in patterns]
        self._values = {
            slot: [code(value.text) for value in VALUES[slot]]
            for slot in dict.fromkeys(slot for pattern in patterns for slot in pattern.slots)
        }
        self._owners: list[int] = []
        self._codes: list[str] = []
        for owner, pattern in enumerate(patterns):
            for index in sample_indices(pattern, SAMPLES_PER_PATTERN):
                self._owners.append(owner)
                self._codes.append(self._sentence_code(owner, index))

    def nearest(self, heard: str, limit: int) -> list[Candidate]:
        """Return the sentences that sound most like this code, the nearest first."""
        found = [
            Candidate(self._patterns[owner].sentence(index), similarity)
            for owner in self._nearest_patterns(heard, limit)
            for index, similarity in self._nearest_in(owner, heard, limit)
        ]
        found.sort(key=lambda candidate: -candidate.similarity)
        return found[:limit]

    def _nearest_patterns(self, heard: str, limit: int) -> list[int]:
        hits: list[tuple[float, int]] = []
        for start in range(0, len(self._codes), CHUNK):
            chunk = self._codes[start : start + CHUNK]
            found = process.extract(heard, chunk, scorer=fuzz.ratio, processor=None, limit=limit * SAMPLES_PER_PATTERN)
            hits += [(similarity, self._owners[start + position]) for _, similarity, position in found]
        hits.sort(key=lambda hit: -hit[0])
        return list(dict.fromkeys(owner for _, owner in hits))[:limit]

    def _nearest_in(self, owner: int, heard: str, limit: int) -> list[tuple[int, float]]:
        size = self._patterns[owner].size
        codes = [self._sentence_code(owner, index) for index in range(size)]
        found = process.extract(heard, codes, scorer=fuzz.ratio, processor=None, limit=limit)
        return [(index, similarity) for _, similarity, index in found]

    def _sentence_code(self, owner: int, index: int) -> str:
        parts = list(self._pieces[owner])
        for position, slot in enumerate(self._patterns[owner].slots):
            index, value = divmod(index, len(self._values[slot]))
            parts[2 * position + 1] = self._values[slot][value]
        return "".join(parts)


def sample_indices(pattern: Pattern, count: int) -> list[int]:
    """Return the numbers of up to `count` of the pattern's sentences, spread over all its slots' values."""
    if pattern.size <= count:
        return list(range(pattern.size))
    # A prime stride visits every combination of a few slots' values in a mixed order.
    return [(index * _STRIDE) % pattern.size for index in range(count)]


def _pieces(pattern: Pattern, code: Callable[[str], str]) -> list[str]:
    """Return the codes of the text between the slots, with a gap for each slot in between."""
    return [code(piece) if position % 2 == 0 else "" for position, piece in enumerate(SLOT.split(pattern.text))]
