"""What text-to-speech does when memory is short: it keeps the voice that spoke last, and loads others when asked.

A voice for which there is no room stays unloaded, and one that is in memory, or needs none, reads instead.
"""

from __future__ import annotations

from ..errors import NoMemoryError
from ..memory.governor import REMEDY, Governor
from .engine import VoiceNeed
from .roster import Roster

KIND = "tts"


class Mouth:
    """Text-to-speech as the governor of memory sees it."""

    kind = KIND

    def __init__(self, roster: Roster, governor: Governor) -> None:
        self._roster, self._governor = roster, governor
        self._refused: set[str] = set()
        roster.memory = self
        governor.register(self)

    async def admit(self, need: VoiceNeed, *, asked: bool) -> None:
        """Have memory granted to a voice that is about to be loaded.

        For one that somebody asked for, others give way, our own first. Raises NoMemoryError, and tells of it the first
        time that it was asked for.
        """
        if not asked and not await self._governor.fits(need.size_bytes):
            raise NoMemoryError(f"There is no room for the voice {need.name}.", remedy=REMEDY)
        try:
            await self._governor.admit(_promised(need), need.name, need.size_bytes)
        except NoMemoryError as err:
            if asked and need.name not in self._refused:
                self._refused.add(need.name)
                self._governor.note(f"Text-to-speech does without a better voice: {err.message}")
            raise
        self._refused.discard(need.name)

    def settled(self, need: VoiceNeed) -> None:
        """Be told that a voice is loaded, or will not be."""
        self._governor.settled(_promised(need))

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


def _promised(need: VoiceNeed) -> str:
    """Return by which name the governor keeps a promise: several voices may be about to be loaded."""
    return f"{KIND} {need.name}"
