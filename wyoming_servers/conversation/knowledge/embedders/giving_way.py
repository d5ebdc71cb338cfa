"""What embedding does when memory is short: its model sleeps, and documents are searched by words until it wakes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from ....memory.governor import Governor
from ...engine import ModelState

if TYPE_CHECKING:
    from .llama_cpp import LlamaCppEmbedder

KIND = "embedding"
SLEEPS_WITHIN_S = 10.0


class Reader:
    """An embedding model as the governor of memory sees it."""

    kind = KIND

    def __init__(self, embedder: LlamaCppEmbedder, governor: Governor, need: int) -> None:
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
        self._embedder.sleep()
        with suppress(TimeoutError):
            async with asyncio.timeout(SLEEPS_WITHIN_S):
                while self._embedder.pid is not None:  # noqa: ASYNC110 - the end of a process is no event here
                    await asyncio.sleep(0.05)
        return f"The embedding model {self._embedder.status.model} sleeps until somebody asks"

    async def take_more(self, free: int) -> str:
        """Do nothing: it wakes when somebody asks."""
        del free
        return ""
