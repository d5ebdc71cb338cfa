"""Announcements in quiet hours: dropped, spoken all the same, or held until these end, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
import signal
import sys

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.sotto.announcing import DATA_ANNOUNCER, STORAGE_KEY
from custom_components.sotto.const import CONF_QUIET_END, CONF_QUIET_START, DOMAIN
from custom_components.sotto.services import async_setup_services
from tests.integration.announcing import (
    ALL,
    KITCHEN,
    MORNING,
    NIGHT,
    SOFA,
    Json,
    announce,
    at,
    results,
    settle_in,
    tick,
)
from tests.integration.talkers import Home


@pytest.fixture
def hass_storage() -> Json:
    """Let Home Assistant write to the disk: what survives is found there."""
    return {}


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give each test a disk of its own."""
    return str(tmp_path)


@pytest.fixture
async def home(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Home:
    """Return a home in the evening."""
    return await settle_in(hass, freezer)


def path_of(hass: HomeAssistant) -> Path:
    """Return where announcements wait."""
    return Path(hass.config.path(".storage", STORAGE_KEY))


def kept(hass: HomeAssistant) -> list[Json]:
    """Return what is on the disk."""
    path = path_of(hass)
    found: list[Json] = json.loads(path.read_text())["data"] if path.exists() else []
    return found


def set_options(hass: HomeAssistant, options: Json) -> None:
    """Set other quiet hours."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    hass.config_entries.async_update_entry(entry, options=options)


async def stop(hass: HomeAssistant) -> None:
    """Do what is done when Home Assistant stops."""
    await hass.data[DATA_ANNOUNCER]._end(Event("homeassistant_stop"))


async def restart(hass: HomeAssistant) -> None:
    """Forget everything but what is on the disk."""
    await stop(hass)
    hass.data.pop("storage_manager")
    await async_setup_services(hass)


def write(path: Path, text: str) -> None:
    """Write to the disk."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


class TestQuietHours:
    async def test_what_is_low_is_dropped(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        told = await announce(hass, entity_id=KITCHEN, priority="low")
        assert told == {"kitchen": {"result": "dropped", "until": "2026-11-30T06:00:00+00:00"}}
        await tick(hass, freezer, MORNING)
        assert not home.spoken

    async def test_what_is_urgent_is_spoken(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        assert results(await announce(hass, "Fire!", priority="urgent")) == dict.fromkeys(ALL, "spoken")

    async def test_what_is_normal_waits_for_their_end(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        told = await announce(hass, "The washing is done.", area_id="kitchen")
        assert told == {"kitchen": {"result": "held", "until": "2026-11-30T06:00:00+00:00"}}
        await tick(hass, freezer, "2026-11-30 06:59:00")
        assert not home.spoken
        await tick(hass, freezer, MORNING)
        assert home.spoken == {"kitchen": ["The washing is done."]}
        assert not kept(hass)

    async def test_in_the_order_in_which_they_came_repetitions_once(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, "The window is open.", entity_id=KITCHEN)
        await announce(hass, "The washing is done.", entity_id=KITCHEN)
        await announce(hass, "The window is open.", entity_id=[KITCHEN, SOFA])
        await tick(hass, freezer, MORNING)
        assert home.spoken == {
            "kitchen": ["The window is open.", "The washing is done."],
            "sofa": ["The window is open."],
        }

    async def test_what_is_older_than_half_a_day_is_dropped_a_repetition_makes_it_young(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        set_options(hass, {CONF_QUIET_START: "18:00:00", CONF_QUIET_END: "07:00:00"})
        at(freezer, "2026-11-29 18:30:00")
        await announce(hass, "Old.", entity_id=KITCHEN)
        await announce(hass, "Repeated.", entity_id=KITCHEN)
        at(freezer, NIGHT)
        await announce(hass, "Repeated.", entity_id=KITCHEN)
        await tick(hass, freezer, MORNING)
        assert home["kitchen"].spoken == ["Repeated."]

    async def test_when_the_options_end_them_what_waits_is_spoken_within_a_minute(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, entity_id=KITCHEN)
        set_options(hass, {})
        await tick(hass, freezer, "2026-11-29 23:31:00")
        assert home["kitchen"].spoken == ["Dinner is ready."]

    async def test_one_that_is_away_at_their_end_speaks_when_it_is_back_if_it_is_not_too_late(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, "The washing is done.", entity_id=[KITCHEN, SOFA])
        home["kitchen"].leave()
        home["sofa"].leave()
        await tick(hass, freezer, MORNING)
        home["kitchen"].come_back()
        await tick(hass, freezer, "2026-11-30 07:01:00")
        assert home.spoken == {"kitchen": ["The washing is done."]}
        home["sofa"].come_back()
        await tick(hass, freezer, "2026-11-30 12:00:00")
        assert home.spoken == {"kitchen": ["The washing is done."]}
        assert not kept(hass)

    async def test_one_that_fails_is_not_tried_for_ever(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        home["kitchen"].fails = HomeAssistantError("The cable is loose.")
        await announce(hass, entity_id=KITCHEN)
        await tick(hass, freezer, MORNING)
        await tick(hass, freezer, "2026-11-30 07:01:00")
        assert len(home["kitchen"].announcements) == 1
        assert not kept(hass)

    async def test_in_the_evening_nothing_waits(self, hass: HomeAssistant, home: Home) -> None:
        assert results(await announce(hass, priority="low")) == dict.fromkeys(ALL, "spoken")


class TestSurviving:
    async def test_it_is_on_the_disk_before_it_is_said_to_be_held(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, "The washing is done.", entity_id=[KITCHEN, SOFA], preannounce=False)
        assert kept(hass) == [
            {
                "message": "The washing is done.",
                "preannounce": False,
                "language": None,
                "satellites": [KITCHEN, SOFA],
                "since": "2026-11-29T22:30:00+00:00",
            }
        ]
        await tick(hass, freezer, MORNING)

    async def test_after_a_restart_it_is_spoken_once_home_assistant_runs(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, "The washing is done.", entity_id=KITCHEN)
        at(freezer, "2026-11-30 07:30:00")
        hass.set_state(CoreState.starting)
        await restart(hass)
        await tick(hass, freezer, "2026-11-30 07:31:00")
        assert not home.spoken
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert home.spoken == {"kitchen": ["The washing is done."]}

    @pytest.mark.parametrize(
        "damage", ["{", '{"version": 1, "minor_version": 1, "key": "x", "data": [{"message": 1}]}']
    )
    async def test_a_file_that_is_broken_is_no_reason_not_to_start(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory, damage: str
    ) -> None:
        write(path_of(hass), damage)
        await restart(hass)
        assert results(await announce(hass, entity_id=KITCHEN)) == {"kitchen": "spoken"}

    async def test_what_was_spoken_is_not_spoken_again_if_it_is_killed_while_others_still_speak(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, "The washing is done.", entity_id=[KITCHEN, SOFA])
        home["sofa"].may_end.clear()
        at(freezer, MORNING)
        async_fire_time_changed(hass, dt_util.utcnow(), fire_all=True)
        await home["sofa"].begun.wait()
        while [each["satellites"] for each in kept(hass)] != [[SOFA]]:  # noqa: ASYNC110 - it is a disk
            await asyncio.sleep(0)
        home["sofa"].may_end.set()
        await hass.async_block_till_done(wait_background_tasks=True)
        assert home.spoken == {"kitchen": ["The washing is done."], "sofa": ["The washing is done."]}

    async def test_nothing_is_spoken_or_written_while_home_assistant_stops(
        self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory
    ) -> None:
        at(freezer, NIGHT)
        await announce(hass, entity_id=KITCHEN)
        home["kitchen"].may_end.clear()
        at(freezer, MORNING)
        async_fire_time_changed(hass, dt_util.utcnow(), fire_all=True)
        await home["kitchen"].begun.wait()
        await stop(hass)
        assert not home.spoken
        assert len(kept(hass)) == 1

    async def test_kill_9(self, hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory) -> None:
        """Another process holds an announcement back, and is killed as soon as it has said so."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDS, hass.config.config_dir, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        at(freezer, "2026-11-30 07:30:00")
        await restart(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert home.spoken == {"kitchen": ["The washing is done."]}


HOLDS = """
import asyncio, sys
from datetime import datetime, UTC
from homeassistant.core import HomeAssistant
from custom_components.sotto.announcing import Announcer
from custom_components.sotto.held import Announcement, Held

async def main():
    hass = HomeAssistant(sys.argv[1])
    announcer = Announcer(hass)
    await announcer.async_load()
    announcement = Announcement(message="The washing is done.")
    await announcer._hold(Held(announcement, ("assist_satellite.kitchen",), datetime(2026, 11, 29, 22, 30, tzinfo=UTC)))
    print("held", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
