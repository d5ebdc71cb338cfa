"""What speech recognition does when memory is short: a smaller model, or the phrases that need none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import NoMemoryError
from ..memory.budget import CLEARLY
from ..memory.governor import Governor
from .engine import SttEngine

KIND = "stt"


class Hearing(Protocol):
    """What uses one engine of several."""

    @property
    def engine(self) -> SttEngine | None:
        """The engine that it uses; None while there is none."""

    async def replace(self, choose: Callable[[list[SttEngine]], list[SttEngine]]) -> bool:
        """Use the first that can be loaded of those that are chosen of what there is; returns whether there is one."""


class Ears:
    """Speech recognition as the governor of memory sees it."""

    kind = KIND

    def __init__(self, hearing: Hearing, governor: Governor) -> None:
        self._hearing, self._governor = hearing, governor
        governor.register(self)

    async def admit(self, engine: SttEngine) -> None:
        """Have memory granted to an engine that is about to be loaded; raises NoMemoryError."""
        if not engine.needs_bytes:
            return
        try:
            await self._governor.admit(KIND, _named(engine), engine.needs_bytes)
        except NoMemoryError as err:
            self._governor.note(f"Speech recognition does without a better model: {err.message}")
            raise

    def settled(self) -> None:
        """Be told that an engine is loaded, or is not."""
        self._governor.settled(KIND)

    @property
    def name(self) -> str:
        """The model; empty if it takes next to nothing."""
        return self._now if self.used_bytes else ""

    @property
    def used_bytes(self) -> int:
        """What the model takes."""
        return 0 if self._hearing.engine is None else self._hearing.engine.needs_bytes

    @property
    def last_used_s(self) -> float:
        """Infinity: whoever speaks waits for nothing else, and a model that must be loaded first comes too late."""
        return math.inf

    async def give_way(self, *, to_another: bool) -> str:
        """Use a smaller model, or phrases; never for another model's sake."""
        if to_another or not self.used_bytes:
            return ""
        before, used = self._now, self.used_bytes
        changed = await self._hearing.replace(lambda engines: smaller(engines, used))
        return f"Speech recognition uses {self._now} instead of {before}" if changed else ""

    async def take_more(self, free: int) -> str:
        """Use a better model that clearly fits now."""
        engine, room = self._hearing.engine, free + self.used_bytes
        if engine is None:
            return ""
        changed = await self._hearing.replace(lambda engines: better(engines, engine, room))
        return f"Speech recognition uses {self._now} again" if changed else ""

    @property
    def _now(self) -> str:
        return "" if self._hearing.engine is None else _named(self._hearing.engine)


def smaller(engines: Sequence[SttEngine], than_bytes: int) -> list[SttEngine]:
    """Return those that take less, in the order given."""
    return [each for each in engines if each.needs_bytes < than_bytes]


def better(engines: Sequence[SttEngine], present: SttEngine, room: int) -> list[SttEngine]:
    """Return those before the present one that clearly fit into so many bytes; all that fit where it is not there."""
    sources = [each.source for each in engines]
    preferred = engines[: sources.index(present.source)] if present.source in sources else engines
    return [each for each in preferred if each.needs_bytes * CLEARLY <= room]


def _named(engine: SttEngine) -> str:
    about = engine.capabilities
    return f"{about.name} {about.model}"
