"""On and off, open and closed, locked and unlocked."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import HomeError
from ..model import Entity, HomeSnapshot
from .request import Request, Result, change, done

_STATES: Mapping[str, tuple[str, str]] = {
    "automation": ("on", "off"),
    "climate": ("heat", "off"),
    "cover": ("open", "closed"),
    "fan": ("on", "off"),
    "humidifier": ("on", "off"),
    "input_boolean": ("on", "off"),
    "light": ("on", "off"),
    "lock": ("locked", "unlocked"),
    "media_player": ("on", "off"),
    "remote": ("on", "off"),
    "siren": ("on", "off"),
    "switch": ("on", "off"),
    "vacuum": ("cleaning", "docked"),
    "valve": ("open", "closed"),
    "water_heater": ("on", "off"),
}
"""The states after HassTurnOn and HassTurnOff, by domain."""


def turn_on(request: Request) -> Result:
    """Turn on, open, lock, activate or start."""
    return _switch(request, on=True)


def turn_off(request: Request) -> Result:
    """Turn off, close or unlock."""
    return _switch(request, on=False)


def toggle(request: Request) -> Result:
    """Turn each target into the other of its two states."""
    return done(switched(entity, on=not _is_on(entity)) for entity in _switchable(request))


def _switch(request: Request, *, on: bool) -> Result:
    targets = _switchable(request)
    changed = [switched(entity, on=on) for entity in targets]
    for entity in targets:
        if on and entity.domain in {"scene", "script"}:
            changed.extend(_scene(entity, request.home))
    return Result(changed=tuple(changed), matched=tuple(changed[: len(targets)]))


def _switchable(request: Request) -> tuple[Entity, ...]:
    targets = request.targets()
    for entity in targets:
        if entity.domain not in _STATES and not (request.intent == "HassTurnOn" and entity.domain in _STARTED):
            raise HomeError(f"{entity.name} cannot be switched.", remedy=f"It is a {entity.domain}.")
    return targets


_STARTED = frozenset({"scene", "script", "button", "input_button"})
"""Domains that can be started and not ended."""


def _is_on(entity: Entity) -> bool:
    off = _STATES.get(entity.domain, ("on", "off"))[1]
    return entity.state not in {off, "unknown", "unavailable"}


def switched(entity: Entity, *, on: bool) -> Entity:
    """Return an entity after it was switched, with the attributes that go with it."""
    states = _STATES.get(entity.domain)
    if states is None:
        return change(entity)
    state = states[0] if on else states[1]
    if entity.domain in {"cover", "valve"} and "current_position" in entity.attributes:
        return change(entity, state, current_position=100 if on else 0)
    if entity.domain == "fan" and "percentage" in entity.attributes:
        return change(entity, state, percentage=(entity.attributes["percentage"] or 100) if on else 0)
    if entity.domain == "light" and "brightness" in entity.attributes:
        return change(entity, state, brightness=(entity.attributes["brightness"] or 255) if on else None)
    return change(entity, entity.state if on and _is_on(entity) else state)


def _in_state(entity: Entity, state: str) -> Entity:
    states = _STATES.get(entity.domain)
    return switched(entity, on=state == states[0]) if states and state in states else change(entity, state)


def _scene(scene: Entity, home: HomeSnapshot) -> list[Entity]:
    """Return what a scene or script changes: its attribute `entities` has the states to set."""
    wanted = scene.attributes.get("entities")
    changed = []
    for entity_id, state in (wanted if isinstance(wanted, Mapping) else {}).items():
        if entity := home.entity(entity_id):
            changed.append(_in_state(entity, str(state)))
    return changed
