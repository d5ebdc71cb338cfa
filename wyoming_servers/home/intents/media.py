"""Players: pause, next, volume, and what to play."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import HomeError
from ..model import Entity
from .request import Request, Result, change, done

VOLUME_STEP = 0.1
"""Of a full volume of 1, for "louder"; Home Assistant's own."""


def _players(request: Request, states: frozenset[str]) -> tuple[Entity, ...]:
    players = tuple(entity for entity in request.targets() if entity.state in states)
    if not players:
        raise HomeError("No player here is in a state for that.", remedy=f"It must be {' or '.join(sorted(states))}.")
    return players


_PLAYING = frozenset({"playing"})
_PAUSED = frozenset({"paused", "idle", "on"})


def pause(request: Request) -> Result:
    """Pause what is playing."""
    return done(change(entity, "paused") for entity in _players(request, _PLAYING))


def unpause(request: Request) -> Result:
    """Go on with what is paused, or else start what stands still."""
    players = _players(request, _PAUSED)
    paused = [entity for entity in players if entity.state == "paused"]
    return done(change(entity, "playing") for entity in paused or players)


def skip(step: int) -> Callable[[Request], Result]:
    """Return the handler that goes that many tracks on."""

    def handle(request: Request) -> Result:
        players = _players(request, _PLAYING)
        return done(change(entity, track=int(entity.attributes.get("track", 1)) + step) for entity in players)

    return handle


def set_volume(request: Request) -> Result:
    """Set the volume in percent."""
    level = request.number("volume_level", 0, 100) / 100
    return done(change(entity, volume_level=level) for entity in request.targets())


def set_volume_relative(request: Request) -> Result:
    """Make it louder or quieter: `up`, `down`, or a difference in percent."""
    step = request.text("volume_step")
    difference = {"up": VOLUME_STEP, "down": -VOLUME_STEP}.get(step)
    if difference is None:
        difference = request.number("volume_step", -100, 100) / 100
    return done(_louder(entity, difference) for entity in request.targets())


def _louder(entity: Entity, difference: float) -> Entity:
    level = float(entity.attributes.get("volume_level") or 0.0) + difference
    return change(entity, volume_level=round(min(1.0, max(0.0, level)), 2))


def mute(muted: bool) -> Callable[[Request], Result]:
    """Return the handler that mutes, or does the opposite."""

    def handle(request: Request) -> Result:
        return done(change(entity, is_volume_muted=muted) for entity in request.targets())

    return handle


def search_and_play(request: Request) -> Result:
    """Play what was asked for; this house has every record."""
    title = request.text("search_query")
    player = request.target()
    played = change(player, "playing", media_title=title)
    return Result(changed=(played,), matched=(played,), slots={"media": {"title": title}})
