"""What text-to-speech does when memory is short: it keeps the voice that spoke last, and loads others when asked."""

from __future__ import annotations

from ..memory.governor import Governor
from .roster import Roster

KIND = "tts"


class Mouth:
    """Text-to-speech as the governor of memory sees it."""

    kind = KIND

    def __init__(self, roster: Roster, governor: Governor) -> None:
        self._roster = roster
        governor.register(self)

    @property
    def name(self) -> str:
        """How many voices are in memory; empty if none is."""
        voices = sum(host.engine.resident for host in self._roster.hosts)
        return f"{voices} voices" if voices else ""

    @property
    def used_bytes(self) -> int:
        """What they take."""
        return sum(host.engine.used_bytes for host in self._roster.hosts)

    @property
    def last_used_s(self) -> float:
        """Long ago: voices beyond the last one are the first to go."""
        return -1.0

    async def give_way(self, *, to_another: bool) -> str:
        """Let go of all voices but the one that spoke last."""
        del to_another
        return "Voices that did not speak last are not kept" if await self._roster.free() else ""

    async def take_more(self, free: int) -> str:
        """Do nothing: voices are loaded when somebody asks for them."""
        del free
        return ""
