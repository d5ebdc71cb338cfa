"""What is told of a model: whether it is there, and how far it is. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..errors import SottoError
from .catalogue import Kind


class State(StrEnum):
    """Where a model is between not there and in use."""

    ABSENT = "absent"
    QUEUED = "queued"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    INSTALLED = "installed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model now."""

    id: str
    kind: Kind
    state: State
    done_bytes: int
    total_bytes: int
    error: SottoError | None = None
    own: bool = False
    """Whether the user put it there: it is not touched."""
    wanted: bool = False
    """Whether it is among those that this household and this machine should have."""

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.done_bytes // self.total_bytes if self.total_bytes else 0
