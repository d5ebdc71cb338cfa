"""What models need, and what may be given to them. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass

from .measured import Limit, Measured

MB = 1_000_000
TALKING_BYTES = 300 * MB
"""Of a process of llama.cpp beside weights and cache: 60 MB were measured with a vocabulary of 32,000; one of 150,000,
as Qwen's, can take the results of a batch of 512 tokens: 300 MB."""
LEAST_RESERVE, MOST_RESERVE, RESERVED_PART = 150 * MB, 1000 * MB, 0.08
"""What is left to everything else: no less, no more, and of all memory this part."""
CLEARLY = 1.25
"""So many times what a better model needs must be free before it is tried again: else two would change places for
ever."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is for models, in bytes."""

    total: int
    """For models, all together; 0 also where nothing tells how much memory there is."""
    free: int
    """Of it, for more."""
    reserve: int
    limit: Limit
    own: int
    """Of the free part, what the process of the servers itself can take."""
    is_known: bool
    """Whether anything tells how much memory there is."""

    def lacking(self, need: int, *, own_process: bool) -> int:
        """Return how many bytes are missing for so many; 0 if they are there, or if nothing tells."""
        return max(0, need - (self.own if own_process else self.free)) if self.is_known else 0

    @property
    def is_short(self) -> bool:
        """Whether so little is left that somebody should give way: three quarters of the reserve are used up."""
        return self.is_known and self.free < -0.75 * self.reserve


def budget_of(measured: Measured, *, limit_mb: int, reserve_mb: int, used: int, promised: int) -> Budget:
    """Return the budget within what was measured.

    Args:
        measured: The memory as it is.
        limit_mb: The user's own limit for this process and its children; 0: none.
        reserve_mb: What the user wants left to everything else; 0: a part of the whole.
        used: Bytes that this process and its children have.
        promised: Bytes that were granted and are not taken yet.
    """
    given = limit_mb * MB
    is_given = 0 < given < (measured.total or given + 1)
    total = given if is_given else measured.total
    reserve = reserve_mb * MB or round(min(MOST_RESERVE, max(LEAST_RESERVE, RESERVED_PART * total)))
    available = min(measured.available, given - used) if is_given else measured.available
    free = available - reserve - promised
    own = free if measured.own is None else min(free, measured.own - promised)
    limit = Limit.SETTING if is_given else measured.limit
    return Budget(max(0, total - reserve), free, reserve, limit, own, is_known=total > 0)


def talking_bytes(weights: int, cache: int) -> int:
    """Return what a language model takes, of which the file has so many bytes and the context's keys so many."""
    return weights + cache + TALKING_BYTES


def written(size: int) -> str:
    """Write a size for people."""
    return f"{size / 1000**3:.1f} GB" if abs(size) >= 1000**3 else f"{size / MB:.0f} MB"
