"""Vacuum cleaners, mowers, announcements, and what needs nothing done."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import HomeError
from ..targets import areas_called
from .request import Request, Result, change, done


def become(state: str) -> Callable[[Request], Result]:
    """Return the handler that brings its targets into a state."""

    def handle(request: Request) -> Result:
        return done(change(entity, state) for entity in request.targets())

    return handle


def clean_area(request: Request) -> Result:
    """Send the vacuum cleaner to a room."""
    area = request.text("area")
    if not areas_called(request.home, area):
        raise HomeError(f"There is no {area} in this house.", remedy="Name one of its rooms.")
    return done(change(entity, "cleaning", cleaning_area=area) for entity in request.targets()[:1])


def broadcast(request: Request) -> Result:
    """Announce a message; in this house it is only noted."""
    return Result(slots={"message": request.text("message")})


def nothing(request: Request) -> Result:
    """Do nothing: a greeting, or a command that was taken back."""
    response = request.slots.get("response")
    return Result(speech=response if isinstance(response, str) else None)
