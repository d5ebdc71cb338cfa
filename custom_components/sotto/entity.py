"""What all entities of a server share: one device for the server, one for each agent."""

from __future__ import annotations

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import SottoConfigEntry, SottoCoordinator


class SottoServerEntity(CoordinatorEntity[SottoCoordinator]):
    """Something of the server itself. Unavailable while the server cannot be reached."""

    _attr_has_entity_name = True

    def __init__(self, entry: SottoConfigEntry, key: str) -> None:
        """`key` is the translation key, and unique within the server."""
        super().__init__(entry.runtime_data)
        info = self.coordinator.data.info
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.unique_id}-{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, info.id)},
            name=entry.title,
            manufacturer="Sotto",
            model="Sotto server",
            sw_version=info.version,
            entry_type=DeviceEntryType.SERVICE,
        )


def agent_device(subentry: ConfigSubentry) -> DeviceInfo:
    """Return the device of an agent, on which all of its entities are."""
    return DeviceInfo(
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
        manufacturer="Sotto",
        model="Sotto agent",
        entry_type=DeviceEntryType.SERVICE,
    )


class SottoAgentEntity(CoordinatorEntity[SottoCoordinator]):
    """An agent: a subentry, with a device of its own.

    Unavailable with the server, but Home Assistant asks it all the same: then it says why it cannot answer.
    """

    _attr_has_entity_name = True
    _attr_name = None

    def __init__(self, entry: SottoConfigEntry, subentry: ConfigSubentry) -> None:
        """Take on what the subentry says."""
        super().__init__(entry.runtime_data)
        self.entry = entry
        self.subentry = subentry
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = agent_device(subentry)
