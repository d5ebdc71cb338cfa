"""How the server is, as it tells at once whenever that changes, and whether it can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, NoReturn, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .client import CannotConnectError, InvalidTokenError, SottoClient, SottoError, Status
from .const import API_VERSION, DOMAIN, LOGGER

RETRY_S = (1, 2, 5, 10, 30)
"""Before each try to reach a server that is away; the last one holds from then on."""

type SottoConfigEntry = ConfigEntry[SottoCoordinator]


class SottoCoordinator(DataUpdateCoordinator[Status]):
    """Follows one server. It is the entry's runtime data."""

    config_entry: SottoConfigEntry

    def __init__(self, hass: HomeAssistant, entry: SottoConfigEntry, client: SottoClient) -> None:
        """Nothing is asked for before `async_config_entry_first_refresh`, and nothing followed before `follow`."""
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title, always_update=False)
        self.client = client
        self.home_hash: str | None = None
        """By which the server knows the home; None: it must be told of it."""
        self._home_naming = ""
        self._telling = asyncio.Lock()

    @override
    async def _async_update_data(self) -> Status:
        try:
            return self._checked(await self.client.status())
        except InvalidTokenError as err:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_token") from err
        except SottoError as err:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="cannot_connect") from err

    async def async_home(self, naming: str, snapshot: Mapping[str, Any]) -> str:
        """Return the hash by which the server knows the home; it is told of it only when its naming has changed."""
        async with self._telling:
            if self.home_hash is None or naming != self._home_naming:
                self.home_hash = await self.client.send_home(snapshot)
                self._home_naming = naming
            return self.home_hash

    def follow(self) -> None:
        """Begin to follow the server, as long as the entry is loaded."""
        self.config_entry.async_create_background_task(self.hass, self._follow(), f"sotto-follow-{self.name}")

    async def _follow(self) -> NoReturn:
        tries = 0
        while True:
            try:
                async with aclosing(self.client.events()) as statuses:
                    async for status in statuses:
                        tries = 0
                        self._reached(status)
                self._lost(CannotConnectError("The server has stopped."))
            except InvalidTokenError as err:
                self._lost(err)
                self.config_entry.async_start_reauth(self.hass)
            except SottoError as err:
                self._lost(err)
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
            tries += 1

    def _reached(self, status: Status) -> None:
        if not self.last_update_success:
            LOGGER.info("%s can be reached again", self.name)
            self.home_hash = None
        if self.data.info.version != status.info.version:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
        self.async_set_updated_data(status)

    def _lost(self, err: SottoError) -> None:
        """Tell the entities; the coordinator logs the first time."""
        self.home_hash = None
        self.async_set_update_error(err)

    def _checked(self, status: Status) -> Status:
        if status.info.api != API_VERSION:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="versions",
                translation_placeholders={"version": status.info.version},
            )
        return status
