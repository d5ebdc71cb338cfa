"""The memory of one process of llama.cpp, as the governor grants it."""

from __future__ import annotations

import asyncio

from ...errors import NoMemoryError, SottoError
from ...memory.governor import REMEDY, Governor
from .watched import Room


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
