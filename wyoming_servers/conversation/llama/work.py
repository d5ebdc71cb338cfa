"""What a process of llama.cpp does with its model: it talks, embeds or ranks, as its first order says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ..json_lines import Line

Emit = Callable[[Line], None]


class Work(ABC):
    """A loaded model and what can be asked of it. Runs on one thread."""

    ready: Line
    """What the server is told once it is loaded: `model`, `detail` (where it computes), `context`, `format`."""

    @abstractmethod
    def carry_out(self, kind: str, request: Any, emit: Emit) -> int:
        """Carry out an order and emit what comes of it; returns how many tokens a preparation took, else 0.

        Raises AbortedError when stopped, and SottoError.
        """

    @property
    def unsaved(self) -> bool:
        """Whether something should be written to disk when nothing waits."""
        return False

    def save(self) -> None:
        """Write it."""

    def close(self) -> None:
        """Wait for what is being written."""
