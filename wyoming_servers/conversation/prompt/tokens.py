"""Pieces by which names and sentences are compared, whatever the script. Pure logic.

Words of scripts with spaces, pairs of characters of Chinese. What speech recognition confuses is still the same
piece: a word by its letters, Chinese by its sound.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz, process

from ..calls.names import pinyin
from ..calls.sentence import singular

NEAR = 80.0
"""From which likeness, of 100, a word is taken for a misheard other."""

LETTERS = 4
"""Shorter words are near to too many others."""

BY_SOUND = 0.9
"""What a piece counts that only sounds alike."""

WITHIN = 0.8
"""What a word counts that is a part of a longer one: `Küche` in `Küchenlampe`."""

_PIECE = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_FILLERS = frozenset("的了把请在")
_ARTICLES = frozenset({"the", "a", "an", "my", "our", "in", "on", "at", "of", "to", "and", "is", "are", "please"})


@dataclass(frozen=True)
class Token:
    """A piece of a text: as it is written, and how it sounds where that is known."""

    written: str
    sound: str = ""


def folded(text: str) -> str:
    """Return text in one width and lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=8192)
def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the pieces of a text; articles only where there is nothing else."""
    found: list[Token] = []
    for piece in _PIECE.findall(folded(text)):
        found += _pairs(piece) if _is_chinese(piece) else [Token(singular(piece))]
    return tuple(token for token in found if token.written not in _ARTICLES) or tuple(found)


def _is_chinese(piece: str) -> bool:
    return "\u3400" <= piece[0] <= "\u9fff"


def _pairs(run: str) -> list[Token]:
    """Return each character with the next one, without those that tell nothing; a lone one as it is."""
    kept = [(char, sound) for char, sound in zip(run, _sounds(run), strict=True) if char not in _FILLERS]
    if len(kept) < 2:
        return [Token(char, sound) for char, sound in kept]
    return [Token(one + two, f"{a} {b}") for (one, a), (two, b) in pairwise(kept)]


def _sounds(run: str) -> Sequence[str]:
    """Return how each character sounds; itself where nobody knows."""
    sounds = pinyin(run).split()
    return sounds if len(sounds) == len(run) else [pinyin(char) or char for char in run]


def _stem(word: str) -> str:
    """Return an English verb without its ending: vacuum for vacuuming."""
    return word.removesuffix("ing") if len(word) > 5 and word.isascii() else word


class Said:
    """A sentence, as what of other texts is in it."""

    def __init__(self, sentence: str) -> None:
        self.text = folded(sentence)
        self._tokens = tokens_of(sentence)
        self._written = frozenset(token.written for token in self._tokens)
        self._stems = self._written | {_stem(word) for word in self._written}
        self._sounds = frozenset(token.sound for token in self._tokens if token.sound)
        self._syllables = frozenset(syllable for sound in self._sounds for syllable in sound.split())

    def weights(self, vocabulary: Sequence[Token]) -> list[float]:
        """Return how surely each token is in the sentence, from 0 to 1."""
        weights = [self._weight(token) for token in vocabulary]
        for index, weight in self._near(vocabulary):
            weights[index] = max(weights[index], weight)
        return weights

    def count(self, words: Iterable[str]) -> int:
        """Return how many of these words or phrases are in the sentence: Chinese anywhere, others as whole words."""
        return sum(self._says(word) for word in words)

    def _says(self, word: str) -> bool:
        if _is_chinese(word):
            return word in self.text
        return self._stems.issuperset(token.written for token in tokens_of(word))

    def _weight(self, token: Token) -> float:
        if token.written in self._written:
            return 1.0
        if token.sound:
            return self._weight_in_sound(token)
        return WITHIN if len(token.written) >= LETTERS and self._is_within(token.written) else 0.0

    def _weight_in_sound(self, token: Token) -> float:
        if len(token.written) == 1:
            return 1.0 if token.written in self.text else BY_SOUND / 2 if token.sound in self._syllables else 0.0
        return BY_SOUND if token.sound in self._sounds else 0.0

    def _is_within(self, word: str) -> bool:
        return any(word in said for said in self._written if len(said) > len(word))

    def _near(self, vocabulary: Sequence[Token]) -> Iterable[tuple[int, float]]:
        """Yield tokens to which a word is near that is none of them, with what that counts: a light is no night."""
        known = {
            index: token.written
            for index, token in enumerate(vocabulary)
            if len(token.written) >= LETTERS and token.written.isalpha() and not token.sound
        }
        for word in self._written.difference(known.values()):
            if len(word) >= LETTERS and word.isalpha():
                for _, likeness, index in process.extract(word, known, scorer=fuzz.ratio, score_cutoff=NEAR):
                    yield index, (likeness / 100) ** 2
