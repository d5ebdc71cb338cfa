"""What embedding does when memory is short: its model sleeps, and documents are searched by words until it wakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ....memory.governor import Governor
from ...engine import ModelState, ModelStatus
from ...llama.granted import Sleeper, slept

KIND = "embedding"


class Sleeping(Sleeper, Protocol):
    """An embedder with a model in a process."""

    @property
    def status(self) -> ModelStatus:
        """How it is."""

    @property
    def is_busy(self) -> bool:
        """Whether it was asked for something that is not done."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever its state is another one."""


class Reader:
    """An embedding model as the governor of memory sees it."""

    kind = KIND

    def __init__(self, embedder: Sleeping, governor: Governor, need: int) -> None:
        """`need`: bytes that it takes while it is awake."""
        self._embedder, self._governor, self._need = embedder, governor, need
        embedder.on_change(self._look)

    def join(self) -> None:
        """Be counted with."""
        self._governor.register(self)

    def leave(self) -> None:
        """Be counted with no longer."""
        self._governor.forget(self)

    def _look(self) -> None:
        if self._embedder.status.state is not ModelState.LOADING:
            self._governor.settled(KIND)

    @property
    def name(self) -> str:
        """The model in memory; empty if none is."""
        status = self._embedder.status
        return status.model if status.state in {ModelState.LOADING, ModelState.READY} else ""

    @property
    def used_bytes(self) -> int:
        """What it takes."""
        return self._need if self.name else 0

    @property
    def last_used_s(self) -> float:
        """Before any language model: without it documents are still found by their words."""
        return -0.5

    async def give_way(self, *, to_another: bool) -> str:
        """Sleep, unless it reads for another's sake."""
        if self._embedder.status.state is not ModelState.READY or (to_another and self._embedder.is_busy):
            return ""
        await slept(self._embedder)
        return f"The embedding model {self._embedder.status.model} sleeps until somebody asks"

    async def take_more(self, free: int) -> str:
        """Do nothing: it wakes when somebody asks."""
        del free
        return ""
