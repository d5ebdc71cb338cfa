"""Following a server: it stops, restarts, is updated, wants another token, or falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import logging

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.client import STREAMED
from custom_components.sotto.const import DOMAIN
from custom_components.sotto.coordinator import RETRY_S
from custom_components.sotto.home import async_snapshot
from tests.integration.household import House
from tests.integration.scripted_answer import Respond
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import pass_time, state_of, until, until_state

MODEL = "sensor.sotto_test_language_model"
AGENT = "conversation.sotto"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str]]]:
    """Return what tells the integration's lines above DEBUG, as level and text, since it was asked last."""
    caplog.set_level(logging.DEBUG)

    def told() -> list[tuple[str, str]]:
        found = [
            (record.levelname, record.getMessage())
            for record in caplog.records
            if record.name.startswith("custom_components.sotto") and record.levelno > logging.DEBUG
        ]
        caplog.clear()
        return found

    return told


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have what follows the server rest for no time at all; return for how long it wanted to, each time."""
    wanted: list[float] = []
    sleep = asyncio.sleep

    async def rest(delay: float, result: object = None) -> object:
        task = asyncio.current_task()
        if task is not None and task.get_name().startswith("sotto-follow"):
            wanted.append(delay)
            delay = 0
        return await sleep(delay, result)

    monkeypatch.setattr(asyncio, "sleep", rest)
    return wanted


async def _stop(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.stop()
    await until_state(hass, MODEL, "unavailable")


# Away, and back


@pytest.mark.usefixtures("entry")
async def test_entities_go_and_come_with_the_server(hass: HomeAssistant, server: ScriptedServer) -> None:
    await _stop(hass, server)
    await until_state(hass, AGENT, "unavailable")
    await server.start()
    await pass_time(hass, RETRY_S[0])
    await until_state(hass, MODEL, "parrot")
    await until_state(hass, AGENT, "unknown")


@pytest.mark.usefixtures("entry")
async def test_one_line_when_it_goes_and_one_when_it_comes_back(
    hass: HomeAssistant, server: ScriptedServer, lines: Callable[[], list[tuple[str, str]]]
) -> None:
    lines()
    await _stop(hass, server)
    for wait_s in RETRY_S:
        await pass_time(hass, wait_s)
    assert lines() == [("ERROR", "Error requesting sotto-test data: The server has stopped.")]
    await server.start()
    await pass_time(hass, RETRY_S[-1])
    await until_state(hass, MODEL, "parrot")
    assert lines() == [("INFO", "sotto-test can be reached again")]


@pytest.mark.usefixtures("entry")
async def test_it_is_tried_less_and_less_often_and_at_once_again_after_it_was_there(
    hass: HomeAssistant, server: ScriptedServer, rests: list[float]
) -> None:
    await server.followed()
    server.instead["/api/info"] = Respond(503, {"error": {"code": "overloaded", "message": "No."}})
    await server.restart()
    await server.asked(9, "/api/info")
    assert rests[:7] == [1, 2, 5, 10, 30, 30, 30]
    server.instead.clear()
    await server.followed()
    rests.clear()
    await _stop(hass, server)
    assert rests[0] == 1


@pytest.mark.usefixtures("entry")
async def test_one_that_falls_silent_is_away(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await pass_time(hass, (STREAMED.sock_read or 0) + 1)
    await until_state(hass, MODEL, "unavailable")


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    "told", ["<html>It works!</html>", f"data: {'x' * 2**22}", 'event: status\ndata: {"id": 1}\n\n']
)
async def test_something_else_that_answers_there_is_no_server(
    hass: HomeAssistant, server: ScriptedServer, told: str
) -> None:
    await server.followed()
    server.instead["/api/events"] = Respond(200, told, content_type="text/html")
    await server.restart()
    await until_state(hass, MODEL, "unavailable")
    for tries, wait_s in enumerate(RETRY_S[:2], start=2):
        await pass_time(hass, wait_s)
        await server.asked(tries, "/api/events")
    assert state_of(hass, MODEL) == "unavailable"


async def test_a_server_that_is_away_when_home_assistant_starts_is_tried_again(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer
) -> None:
    await server.stop()
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    assert new_entry.state is ConfigEntryState.SETUP_RETRY
    assert new_entry.error_reason_translation_key == "cannot_connect"
    await server.start()
    await pass_time(hass, 10)
    await until(hass, lambda: new_entry.state is ConfigEntryState.LOADED)
    await hass.config_entries.async_unload(new_entry.entry_id)


async def test_nothing_follows_an_entry_that_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    await server.followed()
    coordinator = entry.runtime_data
    (following,) = server.of("/api/events")
    assert coordinator.following
    await hass.config_entries.async_unload(entry.entry_id)
    await following.left.wait()
    assert not coordinator.following


# Updated


async def test_an_updated_server_is_set_up_anew(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    server: ScriptedServer,
    device_registry: dr.DeviceRegistry,
    lines: Callable[[], list[tuple[str, str]]],
) -> None:
    before = entry.runtime_data
    lines()
    await _stop(hass, server)
    server.version = "0.2.0"
    await server.start()
    await pass_time(hass, RETRY_S[0])
    await until_state(hass, MODEL, "parrot")
    assert entry.runtime_data is not before
    device = device_registry.async_get_device_by_identifier((DOMAIN, server.id), entry.entry_id)
    assert device is not None
    assert device.sw_version == "0.2.0"
    assert lines() == [
        ("ERROR", "Error requesting sotto-test data: The server has stopped."),
        ("INFO", "sotto-test was updated from version 0.1.0 to 0.2.0"),
    ]


async def test_one_that_was_updated_too_far_is_away_with_a_line_and_comes_back_by_itself(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    server: ScriptedServer,
    lines: Callable[[], list[tuple[str, str]]],
) -> None:
    lines()
    await _stop(hass, server)
    server.version, server.api = "9.0.0", 2
    # It may tell of itself in another way, too.
    server.instead["/api/status"] = server.instead["/api/events"] = Respond(200, {"status": {"everything": "new"}})
    await server.start()
    await pass_time(hass, RETRY_S[0])
    await until(hass, lambda: entry.state is ConfigEntryState.SETUP_RETRY)
    assert entry.error_reason_translation_key == "server_too_new"
    lost, updated, *not_ready = lines()
    assert lost == ("ERROR", "Error requesting sotto-test data: The server has stopped.")
    assert updated == ("INFO", "sotto-test was updated from version 0.1.0 to 9.0.0")
    assert [level for level, _ in not_ready] == ["INFO"]

    server.version, server.api = "0.1.1", 1
    server.instead.clear()
    await pass_time(hass, 10)
    await until(hass, lambda: entry.state is ConfigEntryState.LOADED)
    await until_state(hass, MODEL, "parrot")


# Another token


async def test_a_server_that_wants_another_token_is_asked_no_more_than_any_and_the_user_signs_in(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    server: ScriptedServer,
    lines: Callable[[], list[tuple[str, str]]],
) -> None:
    lines()
    await server.followed()
    server.token = "the-new-token"
    await server.restart()
    await pass_time(hass, RETRY_S[0])
    await until(hass, lambda: bool(hass.config_entries.flow.async_progress()))
    await pass_time(hass, RETRY_S[1])
    await server.asked(2, "/api/events")
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["context"]["entry_id"] == entry.entry_id
    assert state_of(hass, MODEL) == "unavailable"
    assert len(lines()) == 1

    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TOKEN: server.token})
    await until_state(hass, MODEL, "parrot")


async def test_a_token_that_is_refused_at_the_start(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer
) -> None:
    hass.config_entries.async_update_entry(new_entry, data={**new_entry.data, CONF_TOKEN: "wrong"})
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    assert new_entry.state is ConfigEntryState.SETUP_ERROR
    assert new_entry.error_reason_translation_key == "invalid_token"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


# The home


async def test_the_server_is_told_of_a_home_once_and_again_when_it_may_have_forgotten_it(
    hass: HomeAssistant, house: House, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    async def tell() -> str:
        snapshot = async_snapshot(hass)
        told: str = await entry.runtime_data.async_home(snapshot)
        return told

    await server.followed()
    known = await tell()
    assert set(await asyncio.gather(tell(), tell())) == {known}
    assert len(server.of("/api/home")) == 1
    house.expose("light.bed_lamp", exposed=False)
    assert await tell() != known
    assert len(server.of("/api/home")) == 2
    await _stop(hass, server)
    await server.start()
    await pass_time(hass, RETRY_S[0])
    await until_state(hass, MODEL, "parrot")
    await tell()
    assert len(server.of("/api/home")) == 3


# Another one in its place


@pytest.mark.usefixtures("entry", "rests")
async def test_another_sotto_at_the_same_address_gets_no_token_and_is_told_nothing(
    hass: HomeAssistant, server: ScriptedServer
) -> None:
    await _stop(hass, server)
    server.id = "0" * 32
    before, asked = len(server.received), len(server.of("/api/info"))
    await server.start()
    await server.asked(asked + 2, "/api/info")
    assert state_of(hass, MODEL) == "unavailable"
    seen = server.received[before:]
    assert {each.path for each in seen} == {"/api/info"}
    assert not [each for each in seen if "Authorization" in each.headers]


async def test_an_entry_is_not_set_up_with_another_sotto(
    hass: HomeAssistant, server: ScriptedServer, new_entry: MockConfigEntry
) -> None:
    server.id = "0" * 32
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    assert new_entry.state is ConfigEntryState.SETUP_RETRY
    assert new_entry.reason is not None
    assert "another one answers" in new_entry.reason
    assert not server.of("/api/status")
