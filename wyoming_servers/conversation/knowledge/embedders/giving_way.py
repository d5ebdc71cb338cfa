"""What finding does when memory is short: its models sleep until somebody asks.

Without the one that embeds, documents are searched by words; without a reranker, they are in the order of the search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ....memory.governor import Governor
from ...engine import ModelState, ModelStatus
from ...llama.granted import Sleeper, slept

EMBEDDING, RERANKER = "embedding", "reranker"
_GOES_AT_S = {EMBEDDING: -0.5, RERANKER: -0.75}
"""On the event loop's clock, when they were used last as the governor sees it: before any language model, and first the
one without which less is lost."""


class Sleeping(Sleeper, Protocol):
    """An embedder or a reranker with a model in a process."""

    @property
    def status(self) -> ModelStatus:
        """How it is."""

    @property
    def is_busy(self) -> bool:
        """Whether it was asked for something that is not done."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever its state is another one."""


class Reader:
    """A model that embeds or ranks, as the governor of memory sees it."""

    def __init__(self, model: Sleeping, governor: Governor, kind: str, need: int) -> None:
        """`kind`: EMBEDDING or RERANKER; `need`: bytes that it takes while it is awake."""
        self.kind = kind
        self._model, self._governor, self._need = model, governor, need
        model.on_change(self._look)

    def join(self) -> None:
        """Be counted with."""
        self._governor.register(self)

    def leave(self) -> None:
        """Be counted with no longer."""
        self._governor.forget(self)

    def _look(self) -> None:
        if self._model.status.state is not ModelState.LOADING:
            self._governor.settled(self.kind)

    @property
    def name(self) -> str:
        """The model in memory; empty if none is."""
        status = self._model.status
        return status.model if status.state in {ModelState.LOADING, ModelState.READY} else ""

    @property
    def used_bytes(self) -> int:
        """What it takes."""
        return self._need if self.name else 0

    @property
    def last_used_s(self) -> float:
        """Before any language model: documents are still found without."""
        return _GOES_AT_S[self.kind]

    async def give_way(self, *, to_another: bool) -> str:
        """Sleep, unless it reads for another's sake."""
        if self._model.status.state is not ModelState.READY or (to_another and self._model.is_busy):
            return ""
        await slept(self._model)
        if self.kind == RERANKER:
            return f"The reranker {self._model.status.model} sleeps until somebody asks"
        return f"The embedding model {self._model.status.model} sleeps until somebody asks"

    async def take_more(self, free: int) -> str:
        """Do nothing: it wakes when somebody asks."""
        del free
        return ""
