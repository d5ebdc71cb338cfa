"""Which entities a command means, by the rules of Home Assistant's `intent.async_match_targets`.

Home Assistant finds the targets again when it executes an intent. Finding them first, by the same rules, is
what lets us ask back in the user's language where it would fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .model import Entity, HomeSnapshot

DOMAINS: Mapping[str, frozenset[str]] = {
    intent: frozenset(domains.split())
    for intents, domains in {
        "HassLightSet": "light",
        "HassSetPosition": "cover valve",
        "HassStopMoving": "cover valve",
        "HassOpenCover HassCloseCover": "cover",
        "HassFanSetSpeed": "fan",
        "HassClimateSetTemperature HassClimateSetFanMode": "climate",
        "HassClimateGetTemperature": "climate",
        "HassGetWeather": "weather",
        "HassMediaNext HassMediaPrevious HassMediaPause HassMediaUnpause": "media_player",
        "HassMediaPlayerMute HassMediaPlayerUnmute HassMediaSearchAndPlay": "media_player",
        "HassSetVolume HassSetVolumeRelative": "media_player",
        "HassVacuumStart HassVacuumReturnToBase HassVacuumCleanArea": "vacuum",
        "HassLawnMowerStartMowing HassLawnMowerDock": "lawn_mower",
        "HassListAddItem HassListCompleteItem HassListRemoveItem": "todo",
        "HassShoppingListAddItem HassShoppingListCompleteItem": "todo",
        "HassHumidifierSetpoint HassHumidifierMode": "humidifier",
    }.items()
    for intent in intents.split()
}
"""The domains that an intent acts on; an intent that is not here acts on any, or on no entity."""

ANY_DOMAIN = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle", "HassGetState"})
"""Intents whose targets may be of any domain."""


class NoTarget(StrEnum):
    """Why no entity, or not one entity, is meant."""

    NAME = "entity"
    AREA = "area"
    FLOOR = "floor"
    DOMAIN = "domain"
    DEVICE_CLASS = "device_class"
    DUPLICATE_NAME = "duplicate"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of the entities that a command means. None and an empty set restrict nothing."""

    name: str | None = None
    area: str | None = None
    """Name, alias or id, in any case."""
    floor: str | None = None
    domains: frozenset[str] = frozenset()
    device_classes: frozenset[str] = frozenset()
    preferred_area_id: str | None = None
    """Decides between entities of the same name."""


@dataclass(frozen=True, slots=True)
class Match:
    """The entities meant, or the candidates among which it is not clear which; and why not."""

    entities: tuple[Entity, ...] = ()
    problem: NoTarget | None = None


def wanted_by(intent: str, slots: Mapping[str, Any]) -> Wanted:
    """Return what an intent's slots say about its targets."""
    domains = _texts(slots.get("domain")) or DOMAINS.get(intent, frozenset())
    # The area of "clean the kitchen" is where the vacuum goes, not where it stands.
    area = None if intent == "HassVacuumCleanArea" else slots.get("area")
    return Wanted(
        name=_text(slots.get("name")),
        area=_text(area),
        floor=_text(slots.get("floor")),
        domains=domains,
        device_classes=_texts(slots.get("device_class")),
        preferred_area_id=_text(slots.get("preferred_area_id")),
    )


def match_targets(home: HomeSnapshot, wanted: Wanted) -> Match:
    """Return the entities that are meant."""
    found = list(home.entities)
    for problem, keep in _filters(home, wanted):
        found = [entity for entity in found if keep(entity)]
        if not found:
            return Match(problem=problem)
    if wanted.name is None or len(found) == 1:
        return Match(tuple(found))
    preferred = [entity for entity in found if wanted.preferred_area_id and entity.area_id == wanted.preferred_area_id]
    return Match(tuple(preferred)) if len(preferred) == 1 else Match(tuple(found), NoTarget.DUPLICATE_NAME)


def _filters(home: HomeSnapshot, wanted: Wanted) -> Iterable[tuple[NoTarget, Any]]:
    """Yield each restriction with what it means when nothing passes it, in Home Assistant's order."""
    if wanted.domains:
        yield NoTarget.DOMAIN, lambda entity: entity.domain in wanted.domains
    if wanted.name is not None:
        name = fold(wanted.name)
        yield NoTarget.NAME, lambda entity: entity.entity_id == wanted.name or name in map(fold, entity.names)
    if wanted.device_classes:
        yield NoTarget.DEVICE_CLASS, lambda entity: entity.device_class in wanted.device_classes
    if wanted.floor is not None:
        floors = {each.floor_id for each in home.floors if is_called(wanted.floor, each.floor_id, each.names)}
        on_floor = {area.area_id for area in home.areas if area.floor_id in floors}
        yield NoTarget.FLOOR, lambda entity: entity.area_id in on_floor
    if wanted.area is not None:
        areas = areas_called(home, wanted.area)
        yield NoTarget.AREA, lambda entity: entity.area_id in areas


def areas_called(home: HomeSnapshot, name: str) -> frozenset[str]:
    """Return the ids of the areas with this name, alias or id."""
    return frozenset(area.area_id for area in home.areas if is_called(name, area.area_id, area.names))


def is_called(spoken: str, identity: str, names: Iterable[str]) -> bool:
    """Whether somebody who says this means the thing with this id and these names."""
    return spoken == identity or fold(spoken) in map(fold, names)


def fold(name: str) -> str:
    """Return a name as it is compared."""
    return name.strip().casefold()


def _text(value: Any) -> str | None:
    return None if value is None or value in ("", "all") else str(value)


def _texts(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    return frozenset(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else frozenset({str(value)})
