"""The home as the server is told of it: what is exposed to Assist, its names and places, and how things are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
import hashlib
import json
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


@callback
def exposed_states(hass: HomeAssistant) -> list[State]:
    """Return the states of what is exposed to Assist, by entity id."""
    everything = sorted(hass.states.async_all(), key=lambda state: state.entity_id)
    return [state for state in everything if async_should_expose(hass, CONVERSATION_DOMAIN, state.entity_id)]


@callback
def async_snapshot(hass: HomeAssistant) -> Json:
    """Return the body of `POST /api/home`, without tools: all in an order that only naming decides."""
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    known = {area.id for area in areas.async_list_areas()}
    return {
        "floors": [
            {"floor_id": floor.floor_id, "name": floor.name, "aliases": sorted(floor.aliases)}
            for floor in sorted(floors.async_list_floors(), key=lambda floor: floor.floor_id)
        ],
        "areas": [
            {"area_id": area.id, "name": area.name, "aliases": sorted(area.aliases), "floor_id": area.floor_id}
            for area in sorted(areas.async_list_areas(), key=lambda area: area.id)
        ],
        "entities": [_entity(hass, state) for state in exposed_states(hass)],
        "device_areas": {
            device.id: area_id
            for device in dr.async_get(hass).devices
            if (area_id := dr.async_get_effective_area_id(hass, device)) in known
        },
    }


def _entity(hass: HomeAssistant, state: State) -> Json:
    entry = er.async_get(hass).async_get(state.entity_id)
    name, *aliases = intent.async_get_entity_aliases(hass, entry, state=state) or [state.name]
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
    return str(value) if value else None


@callback
def async_states(hass: HomeAssistant) -> Json:
    """Return how everything that is exposed is now, for the tail of a prompt."""
    return {state.entity_id: _state(hass, state) for state in exposed_states(hass)}


def _state(hass: HomeAssistant, state: State) -> Json:
    told = async_rounded_state(hass, state.entity_id, state) if state.domain == SENSOR_DOMAIN else state.state
    attributes = {name: _plain(value) for name, value in state.attributes.items() if name in TOLD_ATTRIBUTES}
    return {"state": told, "attributes": attributes}


def _plain(value: Any) -> Any:
    """Return an attribute as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    return float(value) if isinstance(value, Decimal) else value


def naming_of(snapshot: Mapping[str, Any]) -> str:
    """Return a hash of all but states: while it stays the same, the server need not be told again."""
    unsaid = {"state", "attributes"}
    entities = [{key: entity[key] for key in entity if key not in unsaid} for entity in snapshot["entities"]]
    written = json.dumps({**snapshot, "entities": entities}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()
