"""The house and the server that the other tests of this folder are made of."""

from __future__ import annotations

import aiohttp
from homeassistant.components import intent
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.household import House
from tests.integration.scripted_server import ScriptedServer


async def test_what_an_agent_may_do_is_done(hass: HomeAssistant, house: House) -> None:
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, house.context("assist_satellite.kitchen_satellite"))
    said = await api.async_call_tool(llm.ToolInput("intent__HassTurnOn", {"name": "night lamp"}))
    assert not said.error
    assert house.state("light.bed_lamp") == "on"
    assert house.state("light.kitchen_light") == "off"


async def test_the_bedroom_satellite_has_timers_and_the_kitchen_one_has_none(hass: HomeAssistant, house: House) -> None:
    assert intent.async_device_supports_timers(hass, house.device("assist_satellite.bedroom_satellite"))
    assert not intent.async_device_supports_timers(hass, house.device())


async def test_no_other_address_can_be_reached(hass: HomeAssistant) -> None:
    with pytest.raises(UserWarning, match=r"allowed: .127\.0\.0\.1"):
        await async_get_clientsession(hass).get("http://192.0.2.1", timeout=aiohttp.ClientTimeout(total=5))


async def test_the_entry_follows_its_server(server: ScriptedServer, entry: MockConfigEntry) -> None:
    await server.followed()
    assert entry.title == server.name
