"""The dialogs of Home Assistant's settings, filled in as a user does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntry,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import DOMAIN

Result = Mapping[str, Any]


class Dialogs:
    """Opens dialogs of one Home Assistant, and submits them; at its end, what was added is unloaded again."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Open nothing yet."""
        self._hass = hass

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Unload what follows a server that is about to stop."""
        await self._hass.async_block_till_done()
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            await self._hass.config_entries.async_unload(entry.entry_id)

    async def add(self, **typed: str) -> Result:
        """Open "Add integration" and choose Sotto; type an address, if one is given, and submit."""
        result = await self._config(SOURCE_USER)
        return await self.submit(result, **typed) if typed else result

    async def announced(self, info: ZeroconfServiceInfo | HassioServiceInfo) -> Result:
        """Let the network or the Supervisor announce a server."""
        source = SOURCE_ZEROCONF if isinstance(info, ZeroconfServiceInfo) else SOURCE_HASSIO
        return await self._config(source, info)

    async def sign_in(self, entry: MockConfigEntry) -> Result:
        """Open the dialog that wants a token."""
        return await entry.start_reauth_flow(self._hass)

    async def move(self, entry: MockConfigEntry) -> Result:
        """Open "Reconfigure" of a server."""
        return await entry.start_reconfigure_flow(self._hass)

    async def submit(self, result: Result, **typed: Any) -> Result:
        """Fill a form of a server in, and submit it."""
        return await self._hass.config_entries.flow.async_configure(result["flow_id"], typed)

    async def options(self, entry: ConfigEntry) -> Result:
        """Open the options of a server."""
        return await self._hass.config_entries.options.async_init(entry.entry_id)

    async def submit_options(self, result: Result, **typed: Any) -> Result:
        """Fill the options in, and submit them."""
        return await self._hass.config_entries.options.async_configure(result["flow_id"], typed)

    async def add_agent(self, entry: ConfigEntry, kind: str) -> Result:
        """Open "Add conversation agent" or "Add AI task"."""
        return await self._hass.config_entries.subentries.async_init(
            (entry.entry_id, kind), context={"source": SOURCE_USER}
        )

    async def change_agent(self, entry: ConfigEntry, subentry_id: str) -> Result:
        """Open "Reconfigure" of an agent."""
        return await self._hass.config_entries.subentries.async_init(
            (entry.entry_id, entry.subentries[subentry_id].subentry_type),
            context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
        )

    async def submit_agent(self, result: Result, **typed: Any) -> Result:
        """Fill a form of an agent in, and submit it."""
        return await self._hass.config_entries.subentries.async_configure(result["flow_id"], typed)

    async def _config(self, source: str, data: Any = None) -> Result:
        return await self._hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data)


def assert_form(result: Result, step_id: str, **errors: str) -> None:
    """Fail if a dialog does not show this form, with these errors by field."""
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, step_id)
    assert (result["errors"] or {}) == errors


def assert_abort(result: Result, reason: str) -> None:
    """Fail if a dialog does not end for this reason."""
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)


def shown(result: Result) -> dict[str, Any]:
    """Return what stands in the fields of a form before anybody types."""
    fields = {}
    for key in result["data_schema"].schema:
        suggested = (key.description or {}).get("suggested_value")
        default = key.default() if callable(key.default) else None
        fields[str(key)] = default if suggested is None else suggested
    return fields
