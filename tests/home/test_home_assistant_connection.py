"""Following a Home Assistant over real sockets: a stand-in that speaks its WebSocket API, and misbehaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from tests.home.fake_home_assistant import TOKEN, FakeHomeAssistant, entry
from wyoming_servers.home import home_assistant as module
from wyoming_servers.home import link as link_module
from wyoming_servers.home.failures import HomeUnreachableError
from wyoming_servers.home.home_assistant import HomeAssistantHome, HomeState, Pace, websocket_url
from wyoming_servers.home.link import Link
from wyoming_servers.home.model import HomeSnapshot

QUICK = Pace(
    gather_s=0.05, busy_s=0.1, exposure_s=0.05, exposure_share=1.0, retry_s=0.01, retry_most_s=0.05, starting_s=0.02
)


async def until(condition: Callable[[], Any], within_s: float = 5.0) -> None:
    """Return when the condition holds; fails when it does not within the time."""
    deadline = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline, f"not within {within_s:g} s"
        await asyncio.sleep(0.005)


@pytest.fixture
async def house() -> AsyncIterator[FakeHomeAssistant]:
    async with FakeHomeAssistant() as house:
        yield house


@pytest.fixture
async def follow() -> AsyncIterator[Callable[..., Any]]:
    """Follow a house: `home = await follow(url)`; by default until it is read."""
    homes: list[HomeAssistantHome] = []

    async def start(
        url: str, token: str = TOKEN, pace: Pace = QUICK, state: HomeState = HomeState.CONNECTED
    ) -> HomeAssistantHome:
        home = HomeAssistantHome(url, token, pace=pace)
        homes.append(home)
        await home.start()
        await until(lambda: home.state is state)
        return home

    yield start
    for home in homes:
        await home.stop()


def published(home: HomeAssistantHome) -> list[HomeSnapshot]:
    """Return a list that fills with what the home publishes."""
    snapshots: list[HomeSnapshot] = []
    home.subscribe(snapshots.append)
    return snapshots


def names(home: HomeAssistantHome) -> dict[str, str]:
    return {entity.entity_id: entity.name for entity in home.snapshot.entities}


async def test_before_the_first_connection_the_house_is_empty(house: FakeHomeAssistant) -> None:
    home = HomeAssistantHome(house.url, TOKEN)
    snapshots = published(home)
    await home.start()
    assert home.snapshot == HomeSnapshot()
    assert home.state is HomeState.CONNECTING
    await until(lambda: home.state is HomeState.CONNECTED)
    assert names(home) == {"light.lamp": "Lamp", "switch.pump": "Pump"}
    assert [snapshot.entities for snapshot in snapshots] == [home.snapshot.entities]
    await home.stop()
    assert home.state.value == "stopped"


async def test_areas_floors_and_devices_are_read(house: FakeHomeAssistant, follow: Callable[..., Any]) -> None:
    home = await follow(house.url)
    assert [floor.name for floor in home.snapshot.floors] == ["Upstairs"]
    assert [area.names for area in home.snapshot.areas] == [("Bathroom", "loo"), ("Hall",)]
    assert home.snapshot.device_areas == {"d1": "bath"}
    assert home.snapshot.entity("light.lamp").area_id == "bath"


async def test_a_burst_of_changes_is_read_once_and_told_once(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url, pace=replace(QUICK, gather_s=0.3))
    snapshots = published(home)
    house.commands.clear()
    house.entries["light.lamp"]["name"] = "Beacon"
    for _ in range(30):
        for _ in range(10):
            house.fire("entity_registry_updated")
            house.fire("device_registry_updated")
        await asyncio.sleep(0.001)  # so that they do not all arrive at once
    await until(lambda: names(home)["light.lamp"] == "Beacon")
    await until(lambda: house.commands["homeassistant/expose_entity/list"] > 5)
    assert house.commands["config/entity_registry/get_entries"] <= 2
    assert house.commands["config/device_registry/list"] <= 2
    assert house.commands["config/area_registry/list"] == 0
    assert len(snapshots) == 1


async def test_thousands_of_states_reach_the_snapshot_without_a_registry_read_or_a_word(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    snapshots = published(home)
    house.commands.clear()
    for number in range(5000):
        house.tell_states({"c": {"light.lamp": {"+": {"a": {"brightness": number}}}}})
    await until(lambda: home.snapshot.entity("light.lamp").attributes.get("brightness") == 4999)
    assert house.commands["config/entity_registry/get_entries"] == 0
    assert not snapshots


async def test_a_friendly_name_that_changes_in_a_state_is_told(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    snapshots = published(home)
    house.tell_states({"c": {"switch.pump": {"+": {"a": {"friendly_name": "Fountain"}}}}})
    await until(lambda: snapshots)
    assert names(home)["switch.pump"] == "Fountain"


async def test_exposure_that_changes_without_an_event_is_found(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    house.exposed = {"switch.pump", "switch.hidden"}
    await until(lambda: names(home) == {"switch.pump": "Pump", "switch.hidden": "Hidden"})
    await until(lambda: [len(peer.states) for peer in house.peers] == [1])


async def test_where_nothing_is_exposed_no_states_are_asked_for(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    house.exposed = set()
    home = await follow(house.url)
    assert home.snapshot.entities == ()
    assert house.commands["subscribe_entities"] == 0
    house.exposed = {"light.lamp"}
    await until(lambda: names(home) == {"light.lamp": "Lamp"})


async def test_a_lost_connection_is_warned_of_once_and_all_is_read_anew_after_it(
    house: FakeHomeAssistant, follow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wyoming_servers")
    home = await follow(house.url)
    await house.close()
    await until(lambda: home.state is HomeState.UNREACHABLE)
    await until(lambda: sum(record.levelname == "DEBUG" for record in caplog.records) > 3)
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == ["WARNING"]
    assert names(home) == {"light.lamp": "Lamp", "switch.pump": "Pump"}
    house.entries["light.lamp"]["name"] = "Beacon"
    house.areas.append({"area_id": "attic", "name": "Attic", "aliases": []})
    snapshots = published(home)
    await house.listen()
    await until(lambda: home.state is HomeState.CONNECTED)
    assert names(home)["light.lamp"] == "Beacon"
    assert [area.name for area in home.snapshot.areas] == ["Bathroom", "Hall", "Attic"]
    assert len(snapshots) == 1
    assert home.error is None


async def test_a_house_that_is_known_is_not_replaced_by_half_of_one_while_home_assistant_starts(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    snapshots = published(home)
    house.phase, house.exposed = "STARTING", set()
    house.drop()
    await until(lambda: house.commands["get_config"] >= 3)
    assert names(home) == {"light.lamp": "Lamp", "switch.pump": "Pump"}
    house.phase, house.exposed = "RUNNING", {"light.lamp"}
    await until(lambda: home.state is HomeState.CONNECTED)
    assert names(home) == {"light.lamp": "Lamp"}
    assert len(snapshots) == 1


async def test_a_house_that_is_not_known_yet_is_taken_as_it_is(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    house.phase = "STARTING"
    home = await follow(house.url)
    assert names(home) == {"light.lamp": "Lamp", "switch.pump": "Pump"}


async def test_a_connection_that_breaks_again_and_again_recovers_each_time(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    for _ in range(5):
        house.drop()
        await until(lambda: home.state is HomeState.UNREACHABLE)
        await until(lambda: home.state is HomeState.CONNECTED)
    assert names(home) == {"light.lamp": "Lamp", "switch.pump": "Pump"}


async def test_a_lost_connection_is_noticed_at_once(house: FakeHomeAssistant, follow: Callable[..., Any]) -> None:
    home = await follow(house.url, pace=Pace(exposure_s=600))
    house.drop()
    await until(lambda: home.state is HomeState.UNREACHABLE)


async def test_a_wrong_token_is_reported_once_with_its_remedy_and_not_tried_again_soon(
    house: FakeHomeAssistant, follow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = await follow(house.url, "a.bad.token", state=HomeState.REFUSED)
    assert "SOTTO_HOME_TOKEN" in caplog.text
    assert str(home.error) in caplog.text
    await until(lambda: not house.peers)
    assert house.logins == 1


async def test_a_refused_token_is_tried_again_after_a_long_while_and_then_quietly(
    house: FakeHomeAssistant, follow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wyoming_servers")
    await follow(house.url, "a.bad.token", Pace(refused_s=0.02), HomeState.REFUSED)
    await until(lambda: house.logins >= 3)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("token", [TOKEN, "a.bad.token"])
async def test_the_token_is_in_no_log_of_any_package_and_states_are_in_none(
    house: FakeHomeAssistant, follow: Callable[..., Any], caplog: pytest.LogCaptureFixture, token: str
) -> None:
    caplog.set_level(logging.DEBUG)
    state = HomeState.CONNECTED if token == TOKEN else HomeState.REFUSED
    home = await follow(house.url, token, state=state)
    house.tell_states({"c": {"light.lamp": {"+": {"s": "on"}}}})
    await until(lambda: state is HomeState.REFUSED or home.snapshot.entity("light.lamp").state == "on")
    assert caplog.records
    assert token not in caplog.text
    assert "light.lamp" not in caplog.text
    assert token not in repr(vars(home)["error"])


async def test_a_user_who_may_not_read_exposure_is_told_to_use_another(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    house.errors["homeassistant/expose_entity/list"] = "unauthorized"
    home = await follow(house.url, state=HomeState.REFUSED)
    assert "administrator" in str(home.error)


async def test_a_home_assistant_without_floors_is_read_all_the_same(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    house.errors["config/floor_registry/list"] = "unknown_command"
    home = await follow(house.url)
    assert home.snapshot.floors == ()
    assert len(home.snapshot.areas) == 2


async def test_an_error_is_no_answer_and_the_house_is_tried_again(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    house.errors["config/area_registry/list"] = "unknown_error"
    home = await follow(house.url, state=HomeState.UNREACHABLE)
    assert "config/area_registry/list" in str(home.error)
    house.errors.clear()
    await until(lambda: home.state is HomeState.CONNECTED)


async def test_a_home_assistant_that_says_nothing_is_given_up(
    house: FakeHomeAssistant, follow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "CONNECT_S", 0.2)
    house.silent = True
    home = await follow(house.url, state=HomeState.UNREACHABLE)
    house.silent = False
    await until(lambda: home.state is HomeState.CONNECTED)


async def test_one_that_falls_silent_later_is_noticed_by_the_question_for_exposure(
    house: FakeHomeAssistant, follow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await follow(house.url)
    monkeypatch.setattr(link_module, "ANSWER_S", 0.2)
    monkeypatch.setattr(link_module, "CONNECT_S", 0.2)
    house.silent = True
    await until(lambda: home.state is HomeState.UNREACHABLE)


async def test_messages_that_nobody_waits_for_are_let_pass(
    house: FakeHomeAssistant, follow: Callable[..., Any]
) -> None:
    home = await follow(house.url)
    for message in ({}, {"id": "x"}, {"id": 9999, "type": "event"}, {"id": 9999, "type": "result"}, {"id": 1}):
        for peer in house.peers:
            peer.send(message)
    house.tell_states("odd")
    house.tell_states({"c": {"light.lamp": {"+": {"s": "on"}}}})
    await until(lambda: home.snapshot.entity("light.lamp").state == "on")


async def test_a_server_that_is_no_home_assistant_is_unreachable(follow: Callable[..., Any]) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    home = await follow(f"http://127.0.0.1:{port}", state=HomeState.UNREACHABLE)
    assert isinstance(home.error, HomeUnreachableError)
    server.close()


async def test_stopping_while_it_connects_leaves_nothing_behind(house: FakeHomeAssistant) -> None:
    house.silent = True
    home = HomeAssistantHome(house.url, TOKEN)
    await home.start()
    await until(lambda: house.logins)
    await home.stop()
    await until(lambda: not house.peers)


async def test_without_the_package_the_command_that_installs_it_is_named(
    follow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    home = await follow("http://127.0.0.1:1", state=HomeState.UNSUPPORTED)
    assert "pip install 'sotto[homeassistant]'" in str(home.error)


async def test_commands_side_by_side_get_their_own_answers_and_leave_nothing_behind(house: FakeHomeAssistant) -> None:
    house.entries["light.b"] = entry("light.b")
    async with Link(websocket_url(house.url), TOKEN) as link:
        ask = "config/entity_registry/get_entries"
        wanted = [f"light.{number % 3}" for number in range(100)]
        answers = await asyncio.gather(*(link.command(ask, entity_ids=[entity_id]) for entity_id in wanted))
        assert [list(answer) for answer in answers] == [[entity_id] for entity_id in wanted]
        assert not link._client.answers
        assert len(link._client._event_responses) + len(link._client._result_responses) <= 1  # of the greeting


async def test_a_lost_connection_ends_the_waiting_for_answers(house: FakeHomeAssistant) -> None:
    async with Link(websocket_url(house.url), TOKEN) as link:
        house.silent = True
        asking = asyncio.create_task(link.command("config/area_registry/list"))
        await until(lambda: house.commands["config/area_registry/list"])
        house.drop()
        async with asyncio.timeout(link_module.ANSWER_S / 4):
            with pytest.raises(HomeUnreachableError):
                await asking
        with pytest.raises(HomeUnreachableError):
            await link.command("config/area_registry/list")
