"""Questions: states, temperature, weather, time and date."""

from __future__ import annotations

from ...errors import HomeError
from ..model import Entity
from ..targets import NoTarget, Wanted, match_targets, wanted_by
from .request import Request, Result


def get_state(request: Request) -> Result:
    """Part what was asked about into that which is in the state in question, and that which is not."""
    match = match_targets(request.home, wanted_by(request.intent, request.slots))
    if match.problem is NoTarget.DUPLICATE_NAME:
        request.targets()
    states = _states(request)
    return Result(
        matched=tuple(entity for entity in match.entities if not states or entity.state in states),
        unmatched=tuple(entity for entity in match.entities if states and entity.state not in states),
    )


def _states(request: Request) -> frozenset[str]:
    value = request.slots.get("state")
    if value is None:
        return frozenset()
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset({str(value)})


def get_temperature(request: Request) -> Result:
    """Read a room's thermostat, or else its thermometer."""
    wanted = wanted_by(request.intent, request.slots)
    match = match_targets(request.home, wanted)
    entities: tuple[Entity, ...] = () if match.problem else match.entities
    if not entities and wanted.name is None:
        thermometers = Wanted(
            area=wanted.area,
            floor=wanted.floor,
            domains=frozenset({"sensor"}),
            device_classes=frozenset({"temperature"}),
        )
        entities = match_targets(request.home, thermometers).entities
    if not entities:
        raise HomeError("Nothing there measures the temperature.", remedy="Ask for another room.")
    return Result(matched=entities[:1])


def get_weather(request: Request) -> Result:
    """Read the weather."""
    return Result(matched=request.targets()[:1])


def get_time(request: Request) -> Result:
    """Tell the time."""
    return Result(slots={"time": request.now.time()})


def get_date(request: Request) -> Result:
    """Tell the date."""
    return Result(slots={"date": request.now.date()})
