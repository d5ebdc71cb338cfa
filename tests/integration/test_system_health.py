"""The servers in Home Assistant's system information."""

from __future__ import annotations

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.sotto.const import DOMAIN
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import until_state


async def _told(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    told: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    return {key: await value if asyncio.iscoroutine(value) else value for key, value in told.items()}


async def test_a_server(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await _told(hass) == {
        "can_reach_server": "ok",
        "server_version": "0.1.0",
        "model": "parrot",
        "model_state": "ready",
    }


async def test_a_server_that_is_away(hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer) -> None:
    await server.followed()
    await server.stop()
    await until_state(hass, "sensor.sotto_test_language_model", "unavailable")
    assert await _told(hass) == {
        "can_reach_server": {"type": "failed", "error": "unreachable"},
        "server_version": "unknown",
        "model": "unknown",
        "model_state": "unknown",
    }


async def test_a_server_without_a_model(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer
) -> None:
    server.model = None
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    told = await _told(hass)
    assert (told["model"], told["model_state"]) == ("none", "none")
    await hass.config_entries.async_unload(new_entry.entry_id)


async def test_several_stand_in_the_order_of_their_entries(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    async with ScriptedServer(server_id="another") as other:
        other.version = "0.2.0"
        second = MockConfigEntry(
            domain=DOMAIN, unique_id=other.id, title="Attic", data={CONF_URL: other.url, CONF_TOKEN: other.token}
        )
        second.add_to_hass(hass)
        assert await hass.config_entries.async_setup(second.entry_id)
        await other.followed()
        await other.stop()
        await until_state(hass, "sensor.attic_language_model", "unavailable")
        told = await _told(hass)
        assert told == {
            "can_reach_server": "ok; unreachable",
            "server_version": "0.1.0; unknown",
            "model": "parrot; unknown",
            "model_state": "ready; unknown",
        }
        await hass.config_entries.async_unload(second.entry_id)


async def test_a_disabled_entry_is_nobodys_business(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert await _told(hass) == {}
