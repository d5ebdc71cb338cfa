"""Calling the action that announces, at any time of day, and reading what it tells."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.sotto.const import CONF_QUIET_END, CONF_QUIET_START, DOMAIN
from tests.integration.talkers import Home, move_in

QUIET = {CONF_QUIET_START: "22:00:00", CONF_QUIET_END: "07:00:00"}
EVENING = "2026-11-29 20:00:00"
NIGHT = "2026-11-29 23:30:00"
MORNING = "2026-11-30 07:00:00"
KITCHEN = "assist_satellite.kitchen"
SOFA = "assist_satellite.sofa"
ALL = {"bedroom", "kitchen", "porch", "sofa", "tv"}
Json = dict[str, Any]


async def settle_in(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Home:
    """Return a home in the evening, with quiet hours from ten to seven; its Sotto cannot be reached."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    at(freezer, EVENING)
    home = await move_in(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    MockConfigEntry(domain=DOMAIN, options=QUIET).add_to_hass(hass)
    return home


def at(freezer: FrozenDateTimeFactory, local: str) -> None:
    """Set the clock on the wall."""
    freezer.move_to(datetime.fromisoformat(local).replace(tzinfo=dt_util.DEFAULT_TIME_ZONE))


async def tick(hass: HomeAssistant, freezer: FrozenDateTimeFactory, local: str) -> None:
    """Let it be this time, and what is due then be done."""
    at(freezer, local)
    async_fire_time_changed(hass, dt_util.utcnow(), fire_all=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def as_far_as_it_goes() -> None:
    """Let tasks run until they wait for something: none of them waits for a thread or a socket here."""
    for _ in range(50):
        await asyncio.sleep(0)


async def announce(hass: HomeAssistant, message: str = "Dinner is ready.", **data: Any) -> dict[str, Json]:
    """Return what became of it on each satellite, by the last part of its entity id."""
    context = data.pop("context", None)
    told: Any = await hass.services.async_call(
        DOMAIN, "announce", {"message": message, **data}, blocking=True, return_response=True, context=context
    )
    return {name.removeprefix("assist_satellite."): outcome for name, outcome in told["satellites"].items()}


def results(told: dict[str, Json]) -> dict[str, str]:
    """Return what became of it, without the why."""
    return {name: outcome["result"] for name, outcome in told.items()}
