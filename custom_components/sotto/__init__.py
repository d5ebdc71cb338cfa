"""Sotto in Home Assistant: its conversation agents, with streamed replies and every Assist tool."""

from __future__ import annotations

from homeassistant.const import CONF_TOKEN, CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.typing import ConfigType

from .client import SottoClient
from .const import DOMAIN
from .coordinator import SottoConfigEntry, SottoCoordinator
from .document_services import async_setup_document_services
from .issues import forget_with_entries
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = (Platform.AI_TASK, Platform.CONVERSATION, Platform.EVENT, Platform.SENSOR)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions: automations are checked against them also while no server is there."""
    await async_setup_services(hass)
    async_setup_document_services(hass)
    forget_with_entries(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SottoConfigEntry) -> bool:
    """Ask the server how it is, make its entities, and follow it from then on."""
    client = SottoClient(async_get_clientsession(hass), entry.data[CONF_URL], entry.data.get(CONF_TOKEN, ""))
    coordinator = SottoCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_reload))
    coordinator.follow()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SottoConfigEntry) -> bool:
    """Take the entities away; the entry ends what it has begun."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def _reload(hass: HomeAssistant, entry: SottoConfigEntry) -> None:
    """Start anew with other options or agents."""
    await hass.config_entries.async_reload(entry.entry_id)
