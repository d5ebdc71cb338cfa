"""How many tokens are evaluated at a time, so that stopping and signs of life are never far off. Pure logic."""

from __future__ import annotations

FIRST = 32
LEAST = 16


class Pace:
    """Learns how fast prompts are evaluated."""

    def __init__(self, step_s: float, most: int) -> None:
        self._step_s = step_s
        self._most = most
        self._rate = 0.0

    @property
    def tokens_per_s(self) -> float:
        """How fast it was lately; slow until something was evaluated."""
        return self._rate or float(FIRST)

    @property
    def step(self) -> int:
        """How many tokens to evaluate next."""
        if not self._rate:
            return FIRST
        return max(LEAST, min(self._most, int(self._rate * self._step_s)))

    def learn(self, tokens: int, seconds: float) -> None:
        """Take note of how long so many tokens took; few at a time tell nothing."""
        if tokens < LEAST:
            return
        rate = tokens / max(seconds, 1e-6)
        self._rate = rate if not self._rate else (self._rate + rate) / 2
