"""How quick the sources of a file are, minute by minute, and whether another one is tried instead. Pure logic."""

from __future__ import annotations

from collections.abc import Collection, Sequence

WINDOW_S = 60.0
SLOW_BYTES_S = 10_000.0
"""Below, over a whole minute, a source is slow: the smallest Whisper would take two hours."""
CLEARLY = 2.0
"""One that was slow as well is only gone back to if it was so many times quicker: each change costs a connection."""


class Pace:
    """The pace of one answer."""

    def __init__(self, now_s: float) -> None:
        self._from_s = now_s
        self._bytes = 0

    def came(self, size: int, now_s: float) -> float | None:
        """Count bytes that have come; returns their rate in bytes a second once a minute is over, and begins anew."""
        self._bytes += size
        passed_s = now_s - self._from_s
        if passed_s < WINDOW_S:
            return None
        rate, self._from_s, self._bytes = self._bytes / passed_s, now_s, 0
        return rate


class Rates:
    """What was measured of the sources of one file, of which each was slow or is not known to be."""

    def __init__(self) -> None:
        self._slow: dict[str, float] = {}

    def is_left(self, url: str, rate: float, sources: Collection[str]) -> bool:
        """Take the latest rate of one of the sources; returns whether another of them is to be tried instead.

        The last one is never left.
        """
        if rate >= SLOW_BYTES_S:
            self._slow.pop(url, None)
            return False
        self._slow[url] = rate
        others = (each for each in sources if each != url)
        return any(each not in self._slow or self._slow[each] >= CLEARLY * rate for each in others)

    def best_first(self, sources: Sequence[str]) -> list[str]:
        """Return the sources in the order in which they are tried: not known to be slow, then the quicker ones."""
        return sorted(sources, key=lambda each: -self._slow.get(each, float("inf")))
