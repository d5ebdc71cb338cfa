"""One device for the server and one for each agent, which come and go with their subentries."""

from __future__ import annotations

from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import DOMAIN, SUBENTRY_CONVERSATION
from custom_components.sotto.subentry_flow import NEW_CONVERSATION
from tests.integration.scripted_server import ScriptedServer


def _devices(registry: dr.DeviceRegistry, entry: MockConfigEntry) -> dict[str | None, str]:
    """Return the identifier of each device within the integration, by its name."""
    found = dr.async_entries_for_config_entry(registry, entry.entry_id)
    return {
        device.name: identifier for device in found for domain, identifier in device.identifiers if domain == DOMAIN
    }


def _entities(registry: er.EntityRegistry, subentry_id: str) -> set[str]:
    return {each.entity_id for each in registry.entities.values() if each.config_subentry_id == subentry_id}


async def test_a_device_for_the_server_and_one_for_each_agent(
    entry: MockConfigEntry, server: ScriptedServer, device_registry: dr.DeviceRegistry
) -> None:
    agents = {subentry.title: subentry_id for subentry_id, subentry in entry.subentries.items()}
    assert _devices(device_registry, entry) == {server.name: server.id, **agents}
    found = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert {device.entry_type for device in found} == {dr.DeviceEntryType.SERVICE}


async def test_an_agent_that_is_removed_takes_its_device_along(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    server: ScriptedServer,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    (agent,) = entry.get_subentries_of_type(SUBENTRY_CONVERSATION)
    assert _entities(entity_registry, agent.subentry_id) == {"conversation.sotto", "event.sotto_conversation_turn"}
    hass.config_entries.async_remove_subentry(entry, agent.subentry_id)
    await hass.async_block_till_done()
    assert set(_devices(device_registry, entry)) == {server.name, "Sotto AI task"}
    assert _entities(entity_registry, agent.subentry_id) == set()
    assert hass.states.get("conversation.sotto") is None


async def test_an_agent_that_is_added_is_there_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    agent = ConfigSubentry(
        data=MappingProxyType(dict(NEW_CONVERSATION)),
        subentry_type=SUBENTRY_CONVERSATION,
        title="Butler",
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, agent)
    await hass.async_block_till_done()
    assert _devices(device_registry, entry)["Butler"] == agent.subentry_id
    assert _entities(entity_registry, agent.subentry_id) == {"conversation.butler", "event.butler_conversation_turn"}
    assert hass.states.get("conversation.butler") is not None
