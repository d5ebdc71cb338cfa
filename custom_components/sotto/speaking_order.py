"""One at a time on each satellite: of those who wait, the most urgent comes next, then who came first."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
import heapq
from itertools import count


class Rank(IntEnum):
    """Who comes first; the lowest does."""

    URGENT = 0
    NORMAL = 1
    LOW = 2


class Slot:
    """The time in which one may speak on a satellite."""

    def __init__(self) -> None:
        """It has no end of its own."""
        self._limit: asyncio.Timeout | None = None
        self.was_cut_short = False
        """By something urgent."""

    @asynccontextmanager
    async def limited(self, limit_s: float) -> AsyncIterator[None]:
        """Raise TimeoutError in the block when the time is over, or when something urgent cuts it short."""
        async with asyncio.timeout(limit_s) as limit:
            self._limit = limit
            try:
                yield
            finally:
                self._limit = None

    def cut_short(self) -> None:
        """End a limited block; what has no limit is not ended."""
        if self._limit is not None:
            self.was_cut_short = True
            self._limit.reschedule(asyncio.get_running_loop().time())


class _Satellite:
    """Who speaks, and who waits."""

    def __init__(self) -> None:
        self.taken = False
        """Also while the next one, whose slot it is already, has not run yet."""
        self.slot: Slot | None = None
        self.waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        """A heap."""

    def pass_on(self) -> None:
        """Let the next one speak, if one still waits."""
        self.slot, self.taken = None, False
        while self.waiting and not self.taken:
            future = heapq.heappop(self.waiting)[-1]
            if not future.done():
                future.set_result(None)
                self.taken = True


class SpeakingOrder:
    """Who may speak on each satellite, and who comes next."""

    def __init__(self) -> None:
        """Nobody speaks."""
        self._satellites: defaultdict[str, _Satellite] = defaultdict(_Satellite)
        self._number = count()

    @asynccontextmanager
    async def slot(self, entity_id: str, rank: Rank) -> AsyncIterator[Slot]:
        """Wait for a slot on a satellite, and keep it until the end of the block."""
        satellite = self._satellites[entity_id]
        await self._wait(satellite, rank)
        satellite.slot = Slot()
        try:
            yield satellite.slot
        finally:
            satellite.pass_on()

    async def _wait(self, satellite: _Satellite, rank: Rank) -> None:
        if not satellite.taken:
            satellite.taken = True
            return
        if satellite.slot is not None and rank is Rank.URGENT:
            satellite.slot.cut_short()
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(satellite.waiting, (rank, next(self._number), future))
        try:
            await future
        except asyncio.CancelledError:
            if not future.cancelled():  # It had become its turn in the same moment.
                satellite.pass_on()
            raise
