"""Which voice satellites are meant, whether they can do what is wanted, and when they are free."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.assist_satellite import (
    DOMAIN as SATELLITE_DOMAIN,
    AssistSatelliteEntityFeature,
)
from homeassistant.components.assist_satellite.entity import AssistSatelliteState
from homeassistant.const import ATTR_ENTITY_ID, ENTITY_MATCH_ALL, STATE_UNAVAILABLE
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import get_supported_features
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN

SETTLE_S = 1.0
"""A satellite that listens again after its answer is idle in between for a moment: nobody cuts in there."""

_NEVER_ALL = {"voip"}
"""Integrations whose satellites are left out where nobody is named, as in Home Assistant's broadcast: phones ring."""

_ENGAGED = {AssistSatelliteState.LISTENING, AssistSatelliteState.PROCESSING, AssistSatelliteState.RESPONDING}


@callback
def async_satellites(
    hass: HomeAssistant, target: Mapping[str, Any], feature: AssistSatelliteEntityFeature
) -> list[str]:
    """Return the entity ids of the satellites of a target, all where it names nothing, sorted.

    Those that are named themselves are returned even if they lack the feature, of areas, floors, labels and devices
    only those that have it. Raises ServiceValidationError if there are none.
    """
    selection = TargetSelection(dict(target))
    if not selection.has_any_target or target.get(ATTR_ENTITY_ID) == ENTITY_MATCH_ALL:
        return _all(hass, feature)
    selected = async_extract_referenced_entity_ids(hass, selection)
    named = {each for each in selected.referenced if _is_satellite(each)}
    if strangers := selected.referenced - named:
        raise _invalid("no_satellite_entity", entity=", ".join(sorted(strangers)))
    found = named | {
        each for each in selected.indirectly_referenced if _is_satellite(each) and can(hass, each, feature)
    }
    if not found:
        raise _invalid("no_satellite_there")
    return sorted(found)


def _all(hass: HomeAssistant, feature: AssistSatelliteEntityFeature) -> list[str]:
    found = [
        each
        for each in hass.states.async_entity_ids(SATELLITE_DOMAIN)
        if can(hass, each, feature) and _integration_of(hass, each) not in _NEVER_ALL
    ]
    if not found:
        raise _invalid("no_satellite")
    return sorted(found)


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _is_satellite(entity_id: str) -> bool:
    return entity_id.startswith(f"{SATELLITE_DOMAIN}.")


def _integration_of(hass: HomeAssistant, entity_id: str) -> str | None:
    entry = er.async_get(hass).async_get(entity_id)
    return entry.platform if entry else None


@callback
def can(hass: HomeAssistant, entity_id: str, feature: AssistSatelliteEntityFeature) -> bool:
    """Return whether a satellite that exists has a feature."""
    return hass.states.get(entity_id) is not None and bool(get_supported_features(hass, entity_id) & feature)


@callback
def is_available(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether a satellite is there and connected."""
    state = hass.states.get(entity_id)
    return state is not None and state.state != STATE_UNAVAILABLE


@callback
def is_engaged(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether somebody speaks with a satellite, or it speaks."""
    state = hass.states.get(entity_id)
    return state is not None and state.state in _ENGAGED


@callback
def name_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return how a household calls a satellite."""
    state = hass.states.get(entity_id)
    return state.name if state else entity_id


async def until_free(hass: HomeAssistant, entity_id: str, limit_s: float) -> bool:
    """Wait until nobody speaks with a satellite; return whether that was so within the limit."""
    if not is_engaged(hass, entity_id):
        return True
    try:
        async with asyncio.timeout(limit_s):
            while is_engaged(hass, entity_id):
                await _until_changed(hass, entity_id)
                await asyncio.sleep(SETTLE_S)
    except TimeoutError:
        return False
    return True


async def _until_changed(hass: HomeAssistant, entity_id: str) -> None:
    """Wait until a satellite is engaged no more, if it is."""
    free = asyncio.Event()

    @callback
    def changed(_: Event[EventStateChangedData]) -> None:
        if not is_engaged(hass, entity_id):
            free.set()

    stop = async_track_state_change_event(hass, entity_id, changed)
    try:
        await free.wait()
    finally:
        stop()


async def async_permitted(hass: HomeAssistant, context: Context, satellites: Iterable[str]) -> None:
    """Raise Unauthorized or UnknownUser if whoever acts may not control all of the satellites."""
    if context.user_id is None:
        return
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context, permission=POLICY_CONTROL, user_id=context.user_id)
    for entity_id in satellites:
        if not user.permissions.check_entity(entity_id, POLICY_CONTROL):
            raise Unauthorized(context=context, entity_id=entity_id, permission=POLICY_CONTROL, user_id=context.user_id)
