"""A clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """It stands still otherwise."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s
