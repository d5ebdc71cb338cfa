"""Kitchen timers. They ring nowhere: this house only knows how much time is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ...errors import HomeError
from ..targets import fold
from .request import Request, Result, Timer

_UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))


def start(request: Request) -> Result:
    """Start a timer of so many hours, minutes and seconds."""
    hours, minutes, seconds = (_amount(request, unit) for unit, _ in _UNITS)
    total_s = _total_s(request)
    if not total_s:
        raise HomeError("A timer of no time cannot be started.", remedy="Say how long.")
    number = max((timer.number for timer in request.timers), default=0) + 1
    name = request.slots.get("name") or request.slots.get("conversation_command")
    ends_at = request.now + timedelta(seconds=total_s)
    timer = Timer(number, str(name) if name else None, hours, minutes, seconds, ends_at)
    return Result(timers=(*request.timers, timer))


def _amount(request: Request, unit: str) -> int:
    return round(request.number(unit, 0, 100_000)) if unit in request.slots else 0


def _total_s(request: Request) -> int:
    return sum(_amount(request, unit) * seconds for unit, seconds in _UNITS)


def cancel(request: Request) -> Result:
    """Cancel the timer that is meant."""
    timer = _find(request)
    return Result(timers=tuple(each for each in request.timers if each is not timer))


def cancel_all(request: Request) -> Result:
    """Cancel every timer."""
    return Result(timers=(), slots={"canceled": len(request.timers)})


def shift(sign: int) -> Callable[[Request], Result]:
    """Return the handler that adds time to a timer, or takes some off."""

    def handle(request: Request) -> Result:
        timer = _find(request)
        seconds = sign * _total_s(request)
        moved = replace(timer, ends_at=timer.ends_at + timedelta(seconds=seconds))
        if timer.paused_s is not None:
            moved = replace(moved, paused_s=max(0.0, timer.paused_s + seconds))
        return _replaced(request, timer, moved)

    return handle


def pause(request: Request) -> Result:
    """Stop a timer's clock."""
    timer = _find(request)
    return _replaced(request, timer, replace(timer, paused_s=timer.left_s(request.now)))


def unpause(request: Request) -> Result:
    """Let a timer's clock run again."""
    timer = _find(request)
    ends_at = request.now + timedelta(seconds=timer.left_s(request.now))
    return _replaced(request, timer, replace(timer, paused_s=None, ends_at=ends_at))


def status(request: Request) -> Result:
    """Tell how much time is left."""
    timers = _matching(request)
    return Result(slots={"timers": [_status(timer, request) for timer in timers]})


def _replaced(request: Request, timer: Timer, by: Timer) -> Result:
    return Result(timers=tuple(by if each is timer else each for each in request.timers))


def _find(request: Request) -> Timer:
    timers = _matching(request)
    if len(timers) != 1:
        problem = "Several timers match." if timers else "There is no such timer."
        raise HomeError(problem, remedy="Say its name, or how long it was.")
    return timers[0]


def _matching(request: Request) -> list[Timer]:
    found = list(request.timers)
    if name := request.slots.get("name"):
        found = [timer for timer in found if timer.name is not None and fold(timer.name) == fold(str(name))]
    if any(f"start_{unit}" in request.slots for unit, _ in _UNITS):
        started = tuple(_amount(request, f"start_{unit}") for unit, _ in _UNITS)
        found = [timer for timer in found if (timer.hours, timer.minutes, timer.seconds) == started]
    return found


def _status(timer: Timer, request: Request) -> dict[str, Any]:
    """Return what Home Assistant's templates know of a timer."""
    total_s = round(timer.left_s(request.now))
    left = (total_s // 3600, total_s // 60 % 60, total_s % 60)
    rounded = _rounded(*left)
    return {
        "id": str(timer.number),
        "name": timer.name or "",
        "area": "",
        "device_id": "",
        "is_active": timer.paused_s is None,
        "start_hours": timer.hours,
        "start_minutes": timer.minutes,
        "start_seconds": timer.seconds,
        "total_seconds_left": total_s,
        **{f"{unit}_left": value for (unit, _), value in zip(_UNITS, left, strict=True)},
        **{f"rounded_{unit}_left": value for (unit, _), value in zip(_UNITS, rounded, strict=True)},
    }


def _rounded(hours: int, minutes: int, seconds: int) -> tuple[int, int, int]:
    """Round as people say it: half hours above an hour, half minutes above a minute, tens of seconds below."""
    if hours:
        return (*_half(hours, minutes), 0)
    if minutes:
        return (0, *_half(minutes, seconds))
    if seconds > 50:
        return 0, 1, 0
    return 0, 0, seconds if seconds < 10 else seconds - seconds % 10


def _half(whole: int, sixtieths: int) -> tuple[int, int]:
    if sixtieths > 45:
        return whole + 1, 0
    return whole, 0 if sixtieths < 15 else 30
