"""Grants memory to models before they are loaded, has others give way where it runs short, and says so.

Before a model is loaded, those that nobody has used for longest give way to it. While the servers run, it looks every
few seconds whether memory has become short, as when another program grows, and has one after the other give way; when
there is clearly room again, they take more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import NoMemoryError, place_of
from ..settings import MemorySettings
from .budget import MB, Budget, budget_of, written
from .measured import Measured, measure, used_by_this

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""Reading it takes a millisecond."""
STALLED = 20.0
"""Percent of the last 10 s in which everything waited for memory, from which it counts as short."""
REST_LOOKS = 3
"""After somebody gave way: freed memory shows late."""
ROOM_LOOKS = 12
"""In a row, in which there must be room before anybody takes more: a minute."""
MOST_NOTES = 20
TOLD_MB = 50
"""To which what is free is told: whoever follows the status is not told of every look."""
REMEDY = "Choose a smaller model, close other programs, or raise --memory-limit-mb if there is more memory than that."


class Tenant(Protocol):
    """Whoever has models in memory. Its methods run on the event loop and never block it."""

    kind: str
    """Which models: stt, tts, llm, embedding or reranker."""

    @property
    def name(self) -> str:
        """What is in memory, for people; empty if nothing is."""

    @property
    def used_bytes(self) -> int:
        """Memory that this takes, about."""

    @property
    def last_used_s(self) -> float:
        """When it was last asked for anything, on the event loop's clock; infinity while it answers."""

    async def give_way(self, *, to_another: bool) -> str:
        """Free memory, and return what was done; empty if nothing could be.

        `to_another` model, which somebody wants now: then only what nobody uses is freed.
        """

    async def take_more(self, free: int) -> str:
        """Use a better model if one fits clearly into so many bytes more; return what was done, empty if none does."""


@dataclass(frozen=True)
class _Promise:
    size: int
    own_process: bool


class Governor:
    """The memory of one installation."""

    def __init__(
        self,
        settings: MemorySettings | None = None,
        *,
        measured: Callable[[], Measured] = measure,
        used: Callable[[], int] = used_by_this,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Measure once; to be made before the event loop serves anybody."""
        self._settings = settings or MemorySettings()
        self._measure, self._used, self._sleep = measured, used, sleep
        self._tenants: list[Tenant] = []
        self._promises: dict[str, _Promise] = {}
        self._notes: deque[str] = deque(maxlen=MOST_NOTES)
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._rest = self._roomy = 0
        self._measured = measured()
        self._used_bytes = used()
        self._kills = self._measured.oom_kills

    @property
    def budget(self) -> Budget:
        """As it was when it was measured last."""
        return budget_of(
            self._measured,
            limit_mb=self._settings.limit_mb,
            reserve_mb=self._settings.reserve_mb,
            used=self._used_bytes,
            promised=sum(promise.size for promise in self._promises.values()),
        )

    @property
    def gpu_apart(self) -> bool:
        """Whether there is a GPU with memory of its own, into which language models go."""
        return self._measured.gpu_apart

    def register(self, tenant: Tenant) -> None:
        """Count with one that has models in memory."""
        self._tenants.append(tenant)

    def forget(self, tenant: Tenant) -> None:
        """Count no longer with one that has left."""
        if tenant in self._tenants:
            self._tenants.remove(tenant)
            self.settled(tenant.kind)

    async def start(self) -> None:
        """Begin to look."""
        budget = self.budget
        _LOGGER.info(
            "Models may take %s (%s less a reserve of %s)",
            written(budget.total), budget.limit, written(budget.reserve),
        )  # fmt: skip
        self._task = asyncio.create_task(self._watch(), name="memory")

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def admit(self, kind: str, name: str, need: int, *, own_process: bool = True) -> None:
        """Grant memory to a model that is about to be loaded, until `settled`; others give way if they must.

        `kind`: by which the promise is kept; the tenant of that kind, whose model it is, does not give way to it.
        `own_process`: whether it is loaded in the process of the servers. Raises NoMemoryError with what there is.
        """
        async with self._lock:
            self._promises.pop(kind, None)
            budget = await self._look()
            for tenant in sorted(self._tenants, key=lambda tenant: tenant.last_used_s):
                if not budget.lacking(need, own_process=own_process):
                    break
                if tenant.kind != kind and (done := await tenant.give_way(to_another=True)):
                    self.note(f"{done}: {name} needs {written(need)}")
                    budget = await self._look()
            if budget.lacking(need, own_process=own_process):
                raise NoMemoryError(
                    f"{name} needs {written(need)} of memory, and {written(max(0, budget.free))} of "
                    f"{written(budget.total)} are free for models ({budget.limit}).",
                    remedy=REMEDY,
                )
            self._promises[kind] = _Promise(need, own_process)

    def settled(self, kind: str) -> None:
        """Be told that what was granted is taken now, or will not be."""
        self._promises.pop(kind, None)

    async def fits(self, need: int, *, own_process: bool = True, freed: int = 0) -> bool:
        """Whether there is room for so many bytes now, without anybody giving way, once so many others are freed."""
        return (await self._look()).lacking(need - freed, own_process=own_process) == 0

    async def was_short(self) -> bool:
        """Whether the kernel has ended a process for want of memory since this was asked last, or little is left."""
        before = self._kills
        budget = await self._look()
        self._kills = self._measured.oom_kills
        return self._kills > before or budget.free + budget.reserve < budget.reserve // 4

    def note(self, text: str) -> None:
        """Tell of a change that memory has forced, in the log and in the status."""
        _LOGGER.warning("Memory: %s", text)
        self._notes.append(text)

    def report(self) -> dict[str, Any]:
        """Return what `/api/status` says of it, from memory."""
        budget = self.budget
        return {
            "total_mb": budget.total // MB,
            "free_mb": max(0, budget.free) // (TOLD_MB * MB) * TOLD_MB,
            "reserve_mb": budget.reserve // MB,
            "short": budget.is_short,
            "limit": str(budget.limit),
            "unified": self._measured.unified,
            "tenants": [
                {"kind": tenant.kind, "name": tenant.name, "used_mb": tenant.used_bytes // MB}
                for tenant in self._tenants
                if tenant.name
            ],
            "notes": [*self._notes],
        }

    async def _look(self) -> Budget:
        self._measured, self._used_bytes = await asyncio.to_thread(lambda: (self._measure(), self._used()))
        return self.budget

    async def _watch(self) -> None:
        while True:
            await self._sleep(LOOK_EVERY_S)
            try:
                await self._tend(await self._look())
            except Exception as err:  # noqa: BLE001 - memory must be watched on, whatever one tenant does
                _LOGGER.error("Memory could not be tended to: %s at %s", type(err).__name__, place_of(err))  # noqa: TRY400

    async def _tend(self, budget: Budget) -> None:
        """Have one give way if memory is short, or take more if there has been room for long enough."""
        if self._rest:
            self._rest -= 1
            return
        if budget.is_short or (self._measured.stalled >= STALLED and budget.free < 0):
            self._roomy = 0
            await self._relieve(budget)
            return
        self._roomy = self._roomy + 1 if budget.free > 0 else 0
        if self._roomy >= ROOM_LOOKS:
            self._roomy = 0
            for tenant in self._tenants:
                if done := await tenant.take_more(budget.free):
                    self.note(f"{done}: there is room again")
                    return

    async def _relieve(self, budget: Budget) -> None:
        left = written(max(0, budget.free + budget.reserve))
        for tenant in sorted(self._tenants, key=lambda tenant: tenant.last_used_s):
            if done := await tenant.give_way(to_another=False):
                self.note(f"{done}: only {left} of memory were left")
                self._rest = REST_LOOKS
                return
