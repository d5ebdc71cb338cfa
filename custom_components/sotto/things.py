"""What is in the home, as far as it matters for what a call would move: names, device classes, members of groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.components.script import (
    DOMAIN as SCRIPT_DOMAIN,
    areas_in_script,
    devices_in_script,
    entities_in_script,
    floors_in_script,
    labels_in_script,
)
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_CLASS,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    CONF_ACTION,
)
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er, intent
from homeassistant.helpers.script import Script
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .risk import Thing
from .sentences import is_chinese

DEEPEST = 4
"""Groups within groups within scripts. What is deeper is not looked at."""

_IN_SCRIPT: dict[str, Callable[[HomeAssistant, str], list[str]]] = {
    ATTR_ENTITY_ID: entities_in_script,
    ATTR_DEVICE_ID: devices_in_script,
    ATTR_AREA_ID: areas_in_script,
    ATTR_FLOOR_ID: floors_in_script,
    ATTR_LABEL_ID: labels_in_script,
}


@callback
def async_thing(hass: HomeAssistant, state: State, language: str, depth: int = 0) -> Thing:
    """Return what a state is the state of, with what is in it: of a script, what its steps name."""
    entry = er.async_get(hass).async_get(state.entity_id)
    names = [name for name in intent.async_get_entity_aliases(hass, entry, state=state) if name] or [state.name]
    spoken = _spoken(names, language)
    device_class = state.attributes.get(ATTR_DEVICE_CLASS)
    return Thing(
        domain=state.domain,
        name=spoken,
        aliases=tuple(name for name in names if name != spoken),
        device_class=str(device_class) if device_class else None,
        members=_things(hass, _member_ids(hass, state), language, depth + 1) if depth < DEEPEST else (),
    )


def _spoken(names: list[str], language: str) -> str:
    """Return the first name; in Chinese the first one that is Chinese."""
    if is_chinese(language):
        return next((name for name in names if any("\u4e00" <= sign <= "\u9fff" for sign in name)), names[0])
    return names[0]


def _member_ids(hass: HomeAssistant, state: State) -> Iterable[str]:
    if state.domain == SCRIPT_DOMAIN:
        return _targeted(hass, {key: ids(hass, state.entity_id) for key, ids in _IN_SCRIPT.items()})
    members = state.attributes.get(ATTR_ENTITY_ID)
    return [each for each in members if isinstance(each, str)] if isinstance(members, (list, tuple, set)) else ()


@callback
def async_things_in_steps_of(hass: HomeAssistant, handler: intent.IntentHandler, language: str) -> tuple[Thing, ...]:
    """Return what the steps of an intent name that somebody wrote as a script; none of another."""
    config = getattr(handler, "config", None)
    action = config.get(CONF_ACTION) if isinstance(config, dict) else None
    if not isinstance(action, Script):
        return ()
    targets: dict[str, Any] = {
        ATTR_ENTITY_ID: list(action.referenced_entities),
        ATTR_DEVICE_ID: list(action.referenced_devices),
        ATTR_AREA_ID: list(action.referenced_areas),
        ATTR_FLOOR_ID: list(action.referenced_floors),
        ATTR_LABEL_ID: list(action.referenced_labels),
    }
    return _things(hass, _targeted(hass, targets), language, 1)


def _targeted(hass: HomeAssistant, targets: dict[str, Any]) -> set[str]:
    found = async_extract_referenced_entity_ids(hass, TargetSelection(targets))
    return found.referenced | found.indirectly_referenced


def _things(hass: HomeAssistant, entity_ids: Iterable[str], language: str, depth: int) -> tuple[Thing, ...]:
    states = (hass.states.get(entity_id) for entity_id in sorted(entity_ids))
    return tuple(async_thing(hass, state, language, depth) for state in states if state is not None)
