"""How fast an answer is written: the time to its first token, and the tokens per second from there. Pure logic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .engine import Finished


class Pace:
    """Measures one answer, from when it was asked for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds, and never goes back."""
        self._clock = clock
        self._asked_s = clock()
        self._first_s: float | None = None
        self._last_s = 0.0

    def wrote(self) -> None:
        """Note that something of the answer was written just now."""
        self._last_s = self._clock()
        if self._first_s is None:
            self._first_s = self._last_s

    def timed(self, finished: Finished) -> Finished:
        """Return the end of the answer with its figures; how many tokens it has must be in it."""
        if self._first_s is None:
            return finished
        writing_s = self._last_s - self._first_s
        following = finished.completion_tokens - 1
        return replace(
            finished,
            first_token_s=self._first_s - self._asked_s,
            tokens_per_s=following / writing_s if following > 0 and writing_s > 0 else None,
        )
