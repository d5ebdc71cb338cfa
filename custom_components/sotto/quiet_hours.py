"""When a household wants to hear nothing that can wait. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .const import CONF_QUIET_END, CONF_QUIET_START

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, every day; past midnight where the end comes before the start.

    Where clocks are changed, a time may be shown twice, or never. Then the longer night counts: it begins with the
    first of both moments, and ends with the second.
    """

    start: time
    end: time

    def until(self, now: datetime) -> datetime | None:
        """Return when quiet hours end that hold at `now`, in UTC; None if none do. `now` is in local time."""
        today = now.date()
        nights = (self._night_of(today + days * _DAY, now) for days in (-1, 0, 1))
        return max((end for start, end in nights if start <= now < end), default=None)

    def _night_of(self, day: date, now: datetime) -> tuple[datetime, datetime]:
        """Return the moments at which the quiet hours of a day begin and end."""
        last_day = day if self.start < self.end else day + _DAY
        return min(_moments(day, self.start, now)), max(_moments(last_day, self.end, now))


def _moments(day: date, at: time, now: datetime) -> tuple[datetime, datetime]:
    """Return the two moments of a time of day in the zone of `now`: the same one, except where clocks are changed."""
    local = datetime.combine(day, at, now.tzinfo)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def quiet_hours_of(options: Mapping[str, Any]) -> QuietHours | None:
    """Return what an entry's options say ("22:00:00"); None without both times, or where these are the same."""
    start, end = options.get(CONF_QUIET_START), options.get(CONF_QUIET_END)
    if not start or not end or start == end:
        return None
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end))


def quiet_until(hours: Iterable[QuietHours], now: datetime) -> datetime | None:
    """Return until when it is quiet, in UTC, where several quiet hours hold; None if it is not quiet at `now`."""
    return max((end for each in hours if (end := each.until(now)) is not None), default=None)
