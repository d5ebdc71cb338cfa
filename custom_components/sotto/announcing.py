"""Announcements for a household: at once, or when quiet hours end, also if Home Assistant was killed in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Context, CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .held import Announcement, Held, Json, from_json, still_wanted, with_another, without
from .quiet_hours import quiet_hours_of, quiet_until
from .speaking import Outcome, Result, Speaking
from .speaking_order import Rank, SpeakingOrder

STORAGE_KEY = f"{DOMAIN}.announcements"
STORAGE_VERSION = 1


class Priority(StrEnum):
    """What an announcement is worth."""

    LOW = "low"
    """Nothing in quiet hours: it is dropped."""
    NORMAL = "normal"
    """It waits for the end of quiet hours."""
    URGENT = "urgent"
    """It is spoken at once, in the middle of whatever a satellite does."""


_RANKS = {Priority.LOW: Rank.LOW, Priority.NORMAL: Rank.NORMAL, Priority.URGENT: Rank.URGENT}


class Announcer:
    """Announces, and keeps what waits for the end of quiet hours."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nothing waits before `async_load`."""
        self._hass = hass
        self.order = SpeakingOrder()
        self._speaking = Speaking(hass, self.order)
        self._store: Store[list[Json]] = Store(hass, STORAGE_VERSION, STORAGE_KEY, private=True, atomic_writes=True)
        self._waiting: list[Held] = []
        self._saving = asyncio.Lock()
        self._stop_watching: CALLBACK_TYPE | None = None
        self._delivering: asyncio.Task[None] | None = None

    async def async_load(self) -> None:
        """Go on with what waited when Home Assistant ended, once it runs again."""
        try:
            self._waiting = [from_json(each) for each in await self._store.async_load() or []]
        except (HomeAssistantError, KeyError, TypeError, ValueError) as err:
            LOGGER.warning("Announcements that waited for the end of quiet hours are lost: %s", type(err).__name__)
        self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._end)
        if self._waiting:
            async_at_started(self._hass, self._watch)

    async def announce(
        self, announcement: Announcement, satellites: Iterable[str], priority: Priority, context: Context
    ) -> dict[str, Outcome]:
        """Have all satellites speak at the same time, or keep the words for later; return what became of it on each."""
        satellites = tuple(satellites)
        until = None if priority is Priority.URGENT else self.quiet_until()
        if until is None:
            rank = _RANKS[priority]
            spoken = (self._speaking.speak(each, announcement, rank, context) for each in satellites)
            return dict(zip(satellites, await asyncio.gather(*spoken), strict=True))
        if priority is Priority.LOW:
            return dict.fromkeys(satellites, Outcome(Result.DROPPED, until=until))
        await self._hold(Held(announcement, satellites, dt_util.utcnow()))
        return dict.fromkeys(satellites, Outcome(Result.HELD, until=until))

    @callback
    def quiet_until(self) -> datetime | None:
        """Return when the quiet hours end that hold now, in UTC; None if none do."""
        entries = self._hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
        hours = (quiet_hours_of(entry.options) for entry in entries)
        return quiet_until((each for each in hours if each is not None), dt_util.now())

    async def _hold(self, held: Held) -> None:
        self._waiting = with_another(self._waiting, held)
        await self._save()
        self._watch(self._hass)

    async def _save(self) -> None:
        async with self._saving:
            if self._waiting:
                await self._store.async_save([each.as_json() for each in self._waiting])
            else:
                await self._store.async_remove()

    @callback
    def _watch(self, _: HomeAssistant) -> None:
        """Look at the clock every minute while something waits: options, time zone and the clock itself may change."""
        if self._stop_watching is None:
            self._stop_watching = async_track_utc_time_change(self._hass, self._look, second=0)
            self._look(dt_util.utcnow())

    @callback
    def _look(self, _: datetime) -> None:
        delivers = self._delivering is not None and not self._delivering.done()
        if self._hass.state is CoreState.running and not delivers and self.quiet_until() is None:
            self._delivering = self._hass.async_create_background_task(self._deliver(), "sotto-held-announcements")

    @callback
    def _watch_no_more(self) -> None:
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None

    async def _end(self, _: Event) -> None:
        """Stop with Home Assistant; what waits is on the disk."""
        self._watch_no_more()
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.wait([self._delivering])

    async def _deliver(self) -> None:
        """Have what waits spoken, on each satellite in order. What cannot be heard yet waits for the next minute."""
        self._waiting = still_wanted(self._waiting, dt_util.utcnow())
        satellites = {entity_id for held in self._waiting for entity_id in held.satellites}
        await asyncio.gather(*(self._deliver_on(entity_id) for entity_id in satellites))
        await self._save()
        if not self._waiting:
            self._watch_no_more()

    async def _deliver_on(self, entity_id: str) -> None:
        for held in [each for each in self._waiting if entity_id in each.satellites]:
            outcome = await self._speaking.speak(entity_id, held.announcement, Rank.NORMAL, Context())
            if outcome.reason is not None and outcome.reason.may_pass:
                return
            self._waiting = without(self._waiting, held.announcement, entity_id)
            await self._save()


DATA_ANNOUNCER: HassKey[Announcer] = HassKey(f"{DOMAIN}_announcer")
