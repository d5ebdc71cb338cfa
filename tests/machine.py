"""A machine whose free memory a test sets, for the real governor."""

from __future__ import annotations

from dataclasses import dataclass

from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.memory.measured import Measured
from wyoming_servers.settings import MemorySettings


@dataclass
class Machine:
    """8 GB, of which so much is free."""

    free_mb: int = 4000

    def measured(self) -> Measured:
        """Return its memory as it is now."""
        return Measured(8000 * MB, self.free_mb * MB)

    def governor(self) -> Governor:
        """Return who grants its memory, as if nothing of it were used by this process."""
        return Governor(MemorySettings(reserve_mb=100), measured=self.measured, used=lambda: 0)
