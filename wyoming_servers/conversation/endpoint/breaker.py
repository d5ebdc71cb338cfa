"""When an endpoint that failed is worth another look. Pure logic."""

from __future__ import annotations

from collections.abc import Callable

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


class Breaker:
    """Remembers whether an endpoint is sick, and waits twice as long after each failure before it is looked at."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause_s = 0.0
        self._next_look = 0.0

    @property
    def sick(self) -> bool:
        """Whether it failed last."""
        return self._pause_s > 0

    @property
    def due(self) -> bool:
        """Whether it is sick and the pause is over."""
        return self.sick and self._clock() >= self._next_look

    @property
    def wait_s(self) -> float:
        """How much longer the pause lasts."""
        return max(0.0, self._next_look - self._clock()) if self.sick else 0.0

    def failed(self) -> None:
        """Note a failure."""
        self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)
        self._next_look = self._clock() + self._pause_s

    def succeeded(self) -> None:
        """Note that it works."""
        self._pause_s = 0.0
