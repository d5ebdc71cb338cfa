"""When a row of probabilities counts as a wake word: the rule, and nothing but the rule."""

from __future__ import annotations


class Trigger:
    """Follows one word in one stream, a step at a time.

    The word is heard when `level` steps in a row reach the threshold. Then it is not heard again until
    `refractory_ms` have passed and a step was below the threshold: one long sound is one detection, however
    long it is. Steps within the refractory time are no part of the next row.
    """

    def __init__(self, *, threshold: float, level: int = 1, refractory_ms: int = 0) -> None:
        self._threshold = threshold
        self._level = level
        self._refractory_ms = refractory_ms
        self._row = 0
        self._armed = True
        self._quiet_until_ms = 0

    def step(self, probability: float, at_ms: int) -> bool:
        """Take the next probability, of the step that ends at `at_ms`; True if this completes the word."""
        if not probability >= self._threshold:  # also for what is not a number
            self._row = 0
            self._armed = True
            return False
        if not self._armed or at_ms < self._quiet_until_ms:
            return False
        self._row += 1
        if self._row < self._level:
            return False
        self._row = 0
        self._armed = False
        self._quiet_until_ms = at_ms + self._refractory_ms
        return True
