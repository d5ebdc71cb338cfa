"""What a command may wait for. Pure logic."""

from __future__ import annotations

from enum import StrEnum


class LaterKind(StrEnum):
    """What a command waits for."""

    DURATION = "duration"
    """So many seconds from now."""
    CLOCK = "clock"
    """A time of day, a day, again and again, or a time that is not exact: "later"."""
    CONDITION = "condition"
    """Something that happens, or stops to be so."""
    FOR = "for"
    """Nothing: it is done now, but wanted undone after so many seconds, 0 where they are not exact."""
