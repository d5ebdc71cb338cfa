"""The home as the server is told of it: what is exposed to Assist, its names and places, and how things are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, async_rounded_state
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    intent,
)

Json = dict[str, Any]

TOLD_ATTRIBUTES = frozenset(
    {
        "brightness",
        "current_humidity",
        "current_position",
        "current_temperature",
        "humidity",
        "media_album_name",
        "media_artist",
        "media_title",
        "percentage",
        "temperature",
        "temperature_unit",
        "unit_of_measurement",
        "volume_level",
    }
)
"""What people ask about beside the state: Assist's list."""
LONGEST_NAME = 256
"""Characters, as the server has it. One name that it does not take would leave the household without any answer."""


@callback
def async_snapshot(hass: HomeAssistant) -> Json:
    """Return the body of `POST /api/home`, without tools: all in an order that only naming decides."""
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    known = {area.id for area in areas.async_list_areas()}
    return {
        "floors": [
            {"floor_id": floor.floor_id, **_named(floor.name, floor.aliases, floor.floor_id)}
            for floor in sorted(floors.async_list_floors(), key=lambda floor: floor.floor_id)
        ],
        "areas": [
            {"area_id": area.id, **_named(area.name, area.aliases, area.id), "floor_id": area.floor_id}
            for area in sorted(areas.async_list_areas(), key=lambda area: area.id)
        ],
        "entities": [_entity(hass, state) for state in _exposed(hass)],
        "device_areas": {
            device.id: area_id
            for device in dr.async_get(hass).devices
            if (area_id := dr.async_get_effective_area_id(hass, device)) in known
        },
    }


def _exposed(hass: HomeAssistant) -> list[State]:
    everything = sorted(hass.states.async_all(), key=lambda state: state.entity_id)
    return [state for state in everything if async_should_expose(hass, CONVERSATION_DOMAIN, state.entity_id)]


def _named(name: str, aliases: Iterable[str], otherwise: str) -> Json:
    """Return names as the server takes them: with something in them, not too long, sorted, and one in any case."""
    return {"name": (_sayable([name]) or [otherwise])[0], "aliases": _sayable(sorted(aliases))}


def _sayable(names: Iterable[str]) -> list[str]:
    return [name for each in names if 0 < len(name := each.strip()) <= LONGEST_NAME]


def _entity(hass: HomeAssistant, state: State) -> Json:
    entry = er.async_get(hass).async_get(state.entity_id)
    aliases = _sayable(intent.async_get_entity_aliases(hass, entry, state=state))
    name, *aliases = aliases or _sayable([state.name]) or [state.object_id]
    return {
        "entity_id": state.entity_id,
        "name": name,
        "aliases": aliases,
        "area_id": _area_of(hass, entry),
        "device_class": _device_class(state),
        **_state(hass, state),
    }


def _area_of(hass: HomeAssistant, entry: er.RegistryEntry | None) -> str | None:
    if entry is None:
        return None
    area_id = entry.area_id
    if area_id is None and entry.device_id and (device := dr.async_get(hass).async_get(entry.device_id)):
        area_id = dr.async_get_effective_area_id(hass, device)
    return area_id if area_id and ar.async_get(hass).async_get_area(area_id) else None


def _device_class(state: State) -> str | None:
    value = state.attributes.get("device_class")
    return str(value)[:LONGEST_NAME] if value else None


def _state(hass: HomeAssistant, state: State) -> Json:
    told = async_rounded_state(hass, state.entity_id, state) if state.domain == SENSOR_DOMAIN else state.state
    attributes = {name: _plain(value) for name, value in state.attributes.items() if name in TOLD_ATTRIBUTES}
    return {"state": told, "attributes": attributes}


def _plain(value: Any) -> Any:
    """Return an attribute as JSON has it. Integrations put anything there, also what is no number."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def states_in(snapshot: Mapping[str, Any]) -> Json:
    """Return how everything is that is in a home, for the tail of a prompt."""
    return {entity["entity_id"]: {key: entity[key] for key in _CHANGING} for entity in snapshot["entities"]}


def naming_of(snapshot: Mapping[str, Any]) -> Json:
    """Return all but states: while it stays the same, the server need not be told again."""
    entities = [{key: entity[key] for key in entity if key not in _CHANGING} for entity in snapshot["entities"]]
    return {**snapshot, "entities": entities}


_CHANGING = ("state", "attributes")
