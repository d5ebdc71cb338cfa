"""The prompt is evaluated ahead of time: what is known of it now, and not what was known a while ago."""

from __future__ import annotations

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.preparing import NAMES_SETTLE_S
from tests.integration.household import House
from tests.integration.scripted_server import Hang, ScriptedServer
from tests.integration.waiting import pass_time

PREFILL = "/api/prefill"


@pytest.mark.usefixtures("house", "entry")
async def test_names_that_change_are_evaluated_once_they_have_settled(
    hass: HomeAssistant, server: ScriptedServer
) -> None:
    first = await server.asked(1, PREFILL)
    for name in ("Reading", "Reading lamp"):
        er.async_get(hass).async_update_entity("light.bed_lamp", aliases=[name])
    await hass.async_block_till_done()
    assert len(server.prefills) == 1
    await pass_time(hass, NAMES_SETTLE_S + 1)
    second = await server.asked(2, PREFILL)
    assert second.body["sotto"]["home"] != first.body["sotto"]["home"]


async def test_the_name_of_a_device_is_one_of_its_things(
    hass: HomeAssistant, house: House, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    await server.asked(1, PREFILL)
    dr.async_get(hass).async_update_device(house.device("switch.kettle"), name_by_user="Samovar")
    await hass.async_block_till_done()
    await pass_time(hass, NAMES_SETTLE_S + 1)
    prepared = await server.asked(2, PREFILL)
    entities = server.homes[prepared.body["sotto"]["home"]]["entities"]
    assert "Samovar" in {entity["name"] for entity in entities}


async def test_a_prompt_that_takes_long_gives_way_to_that_with_the_new_names(
    hass: HomeAssistant, house: House, new_entry: MockConfigEntry, server: ScriptedServer
) -> None:
    server.instead[PREFILL] = Hang()
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    await server.asked(1, PREFILL)
    er.async_get(hass).async_update_entity("light.bed_lamp", aliases=["Reading lamp"])
    await hass.async_block_till_done()
    await pass_time(hass, NAMES_SETTLE_S + 1)
    await server.asked(2, PREFILL)
    await hass.config_entries.async_unload(new_entry.entry_id)


async def test_a_server_that_is_back_evaluates_it_anew_whatever_became_of_the_last_time(
    hass: HomeAssistant, house: House, new_entry: MockConfigEntry, server: ScriptedServer
) -> None:
    server.instead[PREFILL] = Hang()
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    await server.asked(1, PREFILL)
    await server.followed()
    assert server.model is not None
    await server.tell(model={**server.model, "state": "loading"})
    await server.tell(model={**server.model, "state": "ready"})
    await server.asked(2, PREFILL)
    await hass.config_entries.async_unload(new_entry.entry_id)
