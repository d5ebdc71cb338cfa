"""How the server is, as it tells at once whenever that changes, and whether it can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, override

from aiohttp import ClientTimeout
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .client import (
    AT_ONCE,
    SOON,
    CannotConnectError,
    Info,
    InvalidTokenError,
    OtherServerError,
    SottoClient,
    SottoError,
    Status,
)
from .const import DOMAIN, LOGGER
from .home import naming_of
from .issues import Issues

RETRY_S = (1, 2, 5, 10, 30)
"""Before each try to reach a server that is away; the last one holds from then on."""

type SottoConfigEntry = ConfigEntry[SottoCoordinator]


class SottoCoordinator(DataUpdateCoordinator[Status]):
    """Follows one server. It is the entry's runtime data."""

    config_entry: SottoConfigEntry

    def __init__(self, hass: HomeAssistant, entry: SottoConfigEntry, client: SottoClient) -> None:
        """Nothing is asked for before `async_config_entry_first_refresh`, and nothing followed before `follow`."""
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title)
        self.client = client
        self.home_hash: str | None = None
        """By which the server knows the home; None: it must be told of it."""
        self._home_naming: Mapping[str, Any] = {}
        self._telling = asyncio.Lock()
        self._issues = Issues(hass, entry)
        self._following: asyncio.Task[None] | None = None

    @override
    async def _async_update_data(self) -> Status:
        try:
            self._check_version(await self._introduced())
            status = await self.client.status()
        except InvalidTokenError as err:
            self._issues.reached()
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_token") from err
        except SottoError as err:
            self._issues.away()
            key = "other_server" if isinstance(err, OtherServerError) else "cannot_connect"
            raise UpdateFailed(translation_domain=DOMAIN, translation_key=key) from err
        self._issues.told(status)
        return status

    async def async_reached(self) -> None:
        """Raise SottoError soon if a server that is known to be away is away still, or another one is in its place."""
        if not self.last_update_success:
            await self._introduced(SOON)

    async def _introduced(self, patience: ClientTimeout = AT_ONCE) -> Info:
        """Return what the server tells of itself; raises OtherServerError if it is not the one that was added."""
        info = await self.client.info(patience)
        if info.id != self.config_entry.unique_id:
            raise OtherServerError("Another Sotto answers at its address.")
        return info

    def _check_version(self, info: Info) -> None:
        """Raise UpdateFailed if the two do not fit: it is tried again, since the server may be updated at any time."""
        misfit = self._issues.introduced(info)
        if misfit is not None:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=misfit.value,
                translation_placeholders={"version": info.version},
            )

    async def async_home(self, snapshot: Mapping[str, Any]) -> str:
        """Return the hash by which the server knows the home; it is told of it only when its naming has changed."""
        naming = naming_of(snapshot)
        async with self._telling:
            if self.home_hash is None or naming != self._home_naming:
                self.home_hash = await self.client.send_home(snapshot)
                self._home_naming = naming
            return self.home_hash

    def follow(self) -> None:
        """Begin to follow the server, as long as the entry is loaded."""
        self._following = self.config_entry.async_create_background_task(
            self.hass, self._follow(), f"sotto-follow-{self.config_entry.entry_id}"
        )

    @property
    def following(self) -> bool:
        """Whether the server is followed, or tried to be reached again."""
        return self._following is not None and not self._following.done()

    async def _follow(self) -> None:
        """Follow the server until it has another version: with that the entry is set up anew."""
        tries = 0
        while True:
            try:
                if self._was_updated(await self._introduced()):
                    self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
                    return
                async with aclosing(self.client.events()) as statuses:
                    async for status in statuses:
                        tries = 0
                        self._reached(status)
                self._lost(CannotConnectError("The server has stopped."))
            except SottoError as err:
                self._lost(err)
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
            tries += 1

    def _was_updated(self, info: Info) -> bool:
        known = self.data.info
        if (info.version, info.api) == (known.version, known.api):
            return False
        LOGGER.info("%s was updated from version %s to %s", self.name, known.version, info.version)
        return True

    def _reached(self, status: Status) -> None:
        if not self.last_update_success:
            LOGGER.info("%s can be reached again", self.name)
            self.home_hash = None
        self._issues.told(status)
        self.async_set_updated_data(status)

    def _lost(self, err: SottoError) -> None:
        """Tell the entities; the coordinator logs the first time."""
        self.home_hash = None
        if isinstance(err, InvalidTokenError):
            self._issues.reached()
            self.config_entry.async_start_reauth(self.hass)
        else:
            self._issues.away()
        self.async_set_update_error(err)
