"""Waiting for what a server brings about: it comes over a socket, of which `async_block_till_done` knows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed


async def until(hass: HomeAssistant, holds: Callable[[], bool]) -> None:
    """Return as soon as something holds; it is looked at again after every event, and when an entry's state changes."""
    happened = asyncio.Event()

    @callback
    def on_event(*_: object) -> None:
        happened.set()

    ends = (
        hass.bus.async_listen(MATCH_ALL, on_event),
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, on_event),
    )
    try:
        while not holds():
            happened.clear()
            await happened.wait()
    finally:
        for end in ends:
            end()


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity that is there."""
    state = hass.states.get(entity_id)
    assert state is not None, f"there is no {entity_id}"
    return state.state


async def until_state(hass: HomeAssistant, entity_id: str, wanted: str) -> None:
    """Return as soon as an entity is in a state."""

    def there() -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state == wanted

    await until(hass, there)


async def pass_time(hass: HomeAssistant, seconds: float) -> None:
    """Let everything happen that is due within so many seconds."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()
