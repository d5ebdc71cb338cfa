"""What is told of a model: whether it is there, and how far it is. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..errors import SottoError
from .catalogue import Kind, Model


class State(StrEnum):
    """Where a model is between not there and in use."""

    ABSENT = "absent"
    QUEUED = "queued"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    INSTALLED = "installed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a model."""

    installed: bool = False
    own: bool = False
    """Whether somebody put it there by hand."""
    done_bytes: int = 0
    asked: bool = False
    """Whether somebody asked for it by name, or brought it."""
    replaced_by: str = ""
    """The id of the model in whose favour it was removed."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """That a better model is in the place of one that `auto` fetched."""

    by: str
    """The id of the better one."""
    goes_in_s: float | None
    """After so many more seconds of not being used it is removed; None: it was."""


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
    asked: bool = False
    """Whether somebody asked for it by name, or brought it: what is there without that, `auto` fetched."""
    offered: bool = False
    """Whether it would be wanted if somebody agreed to its terms."""
    replaced: Replaced | None = None

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.done_bytes // self.total_bytes if self.total_bytes else 0


def state_of(model: Model, found: Found, *, wanted: bool, replaced: Replaced | None) -> ModelState:
    """Return the state of a model that nothing is done for now."""
    return ModelState(
        model.id,
        model.kind,
        State.INSTALLED if found.installed else State.ABSENT,
        found.done_bytes,
        model.size_bytes,
        own=found.own,
        wanted=wanted,
        asked=found.asked,
        replaced=Replaced(found.replaced_by, None) if found.replaced_by else replaced,
    )


def own_state(kind: Kind, name: str, size_bytes: int) -> ModelState:
    """Return the state of a model of the user's own that no catalogue knows."""
    return ModelState(f"own:{kind.value}/{name}", kind, State.INSTALLED, size_bytes, size_bytes, own=True)
