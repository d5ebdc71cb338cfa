"""The memory of one process of llama.cpp, as the governor grants it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from ...errors import NoMemoryError, SottoError
from ...memory.governor import REMEDY, Governor
from .watched import Room

SLEEPS_WITHIN_S = 10.0


class Sleeper(Protocol):
    """A model in a process that may sleep."""

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""

    def sleep(self) -> None:
        """Free its memory as soon as nobody waits for it."""


async def slept(model: Sleeper) -> None:
    """Have a model sleep, and return when its memory is free, or after 10 s."""
    model.sleep()
    with suppress(TimeoutError):
        async with asyncio.timeout(SLEEPS_WITHIN_S):
            while model.pid is not None:  # noqa: ASYNC110 - the end of a process is no event here
                await asyncio.sleep(0.05)


class KilledError(NoMemoryError):
    """A process ended for want of memory: what it needs was reckoned too low."""


class GrantedRoom(Room):
    """Memory for a model, of which a process takes so much when it loads."""

    def __init__(self, governor: Governor, kind: str, name: str, need: int) -> None:
        """`kind` as the governor knows it; `name` for people, `need` in bytes."""
        self.freed = asyncio.Event()
        """Cleared while another model has the memory yet that this one is to have."""
        self.freed.set()
        self._governor, self._kind, self._name, self._need = governor, kind, name, need

    async def admit(self) -> None:
        """Have it granted; raises NoMemoryError."""
        await self.freed.wait()
        await self._governor.admit(self._kind, self._name, self._need, own_process=False)

    async def lacked(self) -> SottoError | None:
        """Return an error if the process was ended for want of memory."""
        if not await self._governor.was_short():
            return None
        return KilledError(f"The memory did not suffice for {self._name}.", remedy=REMEDY)
