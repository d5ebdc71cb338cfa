"""Whether a command is whole, or likelier the beginning of a longer one."""

from __future__ import annotations

from collections.abc import Sequence

from .sentences import Pattern
from .spoken import spoken_words

Words = tuple[str, ...]


class Completion:
    """Knows which sentences others begin with, such as `what's the weather`, which may go on with `in`."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._longer: dict[Words, float] = {}
        self._whole: dict[Words, float] = {}
        for pattern in patterns:
            # One sentence stands for all of a pattern: large slots are rarely where a longer one goes on.
            self._add(spoken_words(pattern.sentence(0).text), pattern.weight)

    def _add(self, words: Words, weight: float) -> None:
        self._whole[words] = self._whole.get(words, 0.0) + weight
        for length in range(1, len(words)):
            self._longer[words[:length]] = self._longer.get(words[:length], 0.0) + weight

    def is_complete(self, text: str) -> bool:
        """Whether a sentence is likelier to end here than to go on."""
        words = spoken_words(text)
        return self._longer.get(words, 0.0) <= self._whole.get(words, 1.0)
