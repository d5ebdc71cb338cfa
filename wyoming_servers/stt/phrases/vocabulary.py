"""How the words of a home are written down for the recogniser, and how its sentences sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from .pronunciation import Pronunciation, pronunciations
from .sentences import SLOT, Pattern
from .snapping import sound_code
from .spoken import spoken_words

PHONEMES = (  # noqa: SIM905 - one per line otherwise
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
).split()
PHONEME_WORD = "_{}"
"""The word that is one phoneme, for the loop that explains any speech."""


class Vocabulary:
    """Says how words and sentences sound."""

    def __init__(self, dictionary: Mapping[str, list[Pronunciation]]) -> None:
        self._dictionary = dictionary
        self.code = lru_cache(maxsize=65_536)(self._code)

    def sayable(self, pattern: Pattern) -> bool:
        """Whether all words have a pronunciation; a name in Chinese letters has none."""
        words = spoken_words(SLOT.sub(" ", pattern.text))
        return bool(words or pattern.slots) and all(pronunciations(word, self._dictionary) for word in words)

    def lexicon(self, words: Iterable[str]) -> str:
        """Return the words' dictionary in the CMU format, and with them the words that are one phoneme."""
        lines = [
            f"{word}{f'({number})' if number > 1 else ''} {phonemes}"
            for word in sorted(words)
            for number, phonemes in enumerate(pronunciations(word, self._dictionary), start=1)
        ]
        lines += [f"{PHONEME_WORD.format(phoneme)} {phoneme}" for phoneme in PHONEMES]
        return "\n".join(lines) + "\n"

    def _code(self, text: str) -> str:
        """Return how a text sounds, each word in its usual pronunciation."""
        return self.words_code(spoken_words(text))

    def words_code(self, words: Sequence[str]) -> str:
        """Return how words sound, each in its usual pronunciation."""
        return "".join(sound_code(pronunciations(word, self._dictionary)[0]) for word in words)
