"""Announcements that wait for the end of quiet hours, in the order in which they are spoken. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

TOO_OLD = timedelta(hours=12)
"""By then nobody wants to hear any more that the washing machine is done."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is spoken, and how."""

    message: str
    preannounce: bool = True
    """Whether a chime comes first."""
    language: str | None = None
    """None: the one of the satellite's assistant."""


@dataclass(frozen=True, slots=True)
class Held:
    """An announcement that waits."""

    announcement: Announcement
    satellites: tuple[str, ...]
    """Entity ids of those that have not spoken it yet."""
    since: datetime
    """When it was last asked for."""

    def as_json(self) -> Json:
        """Return it as it is kept on disk."""
        return {**asdict(self.announcement), "satellites": list(self.satellites), "since": self.since.isoformat()}


def from_json(kept: Json) -> Held:
    """Return what was kept. Raises KeyError, TypeError or ValueError if that is nothing of ours."""
    announcement = Announcement(message=kept["message"], preannounce=kept["preannounce"], language=kept["language"])
    return Held(announcement, tuple(kept["satellites"]), datetime.fromisoformat(kept["since"]))


def with_another(waiting: Sequence[Held], another: Held) -> list[Held]:
    """Return what waits, and one more. A repetition keeps the place of the first, and is as young as the last."""
    merged = [_merged(each, another) if each.announcement == another.announcement else each for each in waiting]
    return merged if any(each.announcement == another.announcement for each in waiting) else [*merged, another]


def _merged(first: Held, another: Held) -> Held:
    satellites = tuple(dict.fromkeys((*first.satellites, *another.satellites)))
    return replace(first, satellites=satellites, since=max(first.since, another.since))


def without(waiting: Iterable[Held], announcement: Announcement, satellite: str) -> list[Held]:
    """Return what waits when one satellite has done with an announcement."""
    left = (
        replace(each, satellites=tuple(name for name in each.satellites if name != satellite))
        if each.announcement == announcement
        else each
        for each in waiting
    )
    return [each for each in left if each.satellites]


def still_wanted(waiting: Iterable[Held], now: datetime) -> list[Held]:
    """Return what is not too old."""
    return [each for each in waiting if now - each.since <= TOO_OLD]
