"""The mirror of a house against a real Home Assistant."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Any

import pytest

from tests.homeassistant.house import EXPOSED, Furnisher
from tests.homeassistant.instance import HomeAssistant
from wyoming_servers.home.home_assistant import HomeAssistantHome, HomeState, Pace
from wyoming_servers.home.model import Entity, HomeSnapshot

SOON_S = 2.0
"""Within which the household expects a change to be known."""

SENTENCES = {"cover": "open the {}", "light": "turn on {}", "sensor": "what is the {}", "switch": "turn on {}"}


async def until(condition: Callable[[], Any], within_s: float = SOON_S) -> None:
    """Return when the condition holds; fails when it does not within the time."""
    deadline = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline, f"not within {within_s:g} s"
        await asyncio.sleep(0.01)


@pytest.fixture
async def home(home_assistant: HomeAssistant) -> AsyncIterator[HomeAssistantHome]:
    home = HomeAssistantHome(home_assistant.url, home_assistant.token, pace=Pace(retry_s=0.2, retry_most_s=0.5))
    await home.start()
    await until(lambda: home.state is HomeState.CONNECTED, 15)
    yield home
    await home.stop()


def names(home: HomeAssistantHome, entity_id: str) -> tuple[str, ...]:
    entity = home.snapshot.entity(entity_id)
    return entity.names if entity else ()


def the(house: HomeSnapshot, entity_id: str) -> Entity:
    entity = house.entity(entity_id)
    assert entity is not None
    return entity


async def test_what_is_exposed_is_mirrored_with_its_names_places_and_states(home: HomeAssistantHome) -> None:
    house = home.snapshot
    assert tuple(entity.entity_id for entity in house.entities) == EXPOSED
    assert names(home, "light.bed_light") == ("Bed lamp", "night lamp")
    assert names(home, "light.ceiling_lights") == ("ceiling", "Big light")
    assert names(home, "light.kitchen_lights") == ("Kitchen Lights",)
    assert names(home, "switch.old_pump") == ("Old pump",)
    assert {entity.entity_id: entity.area_id for entity in house.entities} == {
        "cover.kitchen_window": None,
        "light.bed_light": "bedroom",
        "light.ceiling_lights": None,
        "light.kitchen_lights": "kitchen",
        "light.living_room_rgbww_lights": None,
        "sensor.outside_temperature_battery": "kitchen",
        "switch.old_pump": None,
    }
    assert the(house, "light.kitchen_lights").state == "on"
    assert "brightness" in the(house, "light.kitchen_lights").attributes


async def test_an_entity_is_called_as_home_assistant_computes_it_and_not_by_its_friendly_name(
    home: HomeAssistantHome,
) -> None:
    battery = the(home.snapshot, "sensor.outside_temperature_battery")
    assert battery.names == ("Battery",)
    assert battery.attributes["friendly_name"] == "Outside Temperature Battery"
    assert battery.device_class == "battery"


async def test_areas_and_floors_are_mirrored_with_their_aliases(home: HomeAssistantHome) -> None:
    areas = {area.area_id: area for area in home.snapshot.areas}
    assert areas["kitchen"].names == ("Kitchen", "cook room", "galley")
    floor = home.snapshot.floor(areas["bedroom"].floor_id)
    assert floor is not None
    assert floor.names == ("Upstairs", "first floor")


async def test_a_satellite_stands_where_its_device_stands(home: HomeAssistantHome, furnisher: Furnisher) -> None:
    device_id = furnisher.call("config/entity_registry/get", entity_id="light.bed_light")["device_id"]
    assert home.snapshot.device_areas[device_id] == "living_room"


async def test_home_assistant_itself_knows_every_name(home: HomeAssistantHome, furnisher: Furnisher) -> None:
    for entity in home.snapshot.entities:
        for name in entity.names:
            sentence = SENTENCES[entity.domain].format(name)
            answer = furnisher.call("conversation/agent/homeassistant/debug", sentences=[sentence])
            assert answer["results"][0]["slots"]["name"] == name, sentence


async def test_a_renamed_entity_is_known_within_two_seconds(home: HomeAssistantHome, furnisher: Furnisher) -> None:
    published: list[HomeSnapshot] = []
    home.subscribe(published.append)
    furnisher.update("cover.kitchen_window", name="Sky light", aliases=[None, "hatch"])
    await until(lambda: names(home, "cover.kitchen_window") == ("Sky light", "hatch"))
    await until(lambda: published)
    furnisher.update("cover.kitchen_window", name=None, aliases=[None])
    await until(lambda: names(home, "cover.kitchen_window") == ("Kitchen Window",))


async def test_a_renamed_device_and_a_moved_one_are_known_within_two_seconds(
    home: HomeAssistantHome, furnisher: Furnisher
) -> None:
    device_id = furnisher.call("config/entity_registry/get", entity_id="cover.kitchen_window")["device_id"]
    furnisher.call("config/device_registry/update", device_id=device_id, name_by_user="Shutter", area_id="bedroom")
    await until(lambda: names(home, "cover.kitchen_window") == ("Shutter",))
    await until(lambda: the(home.snapshot, "cover.kitchen_window").area_id == "bedroom")
    furnisher.call("config/device_registry/update", device_id=device_id, name_by_user=None, area_id=None)
    await until(lambda: names(home, "cover.kitchen_window") == ("Kitchen Window",))


async def test_an_added_entity_is_known_within_two_seconds_and_a_removed_one_is_forgotten(
    home: HomeAssistantHome, furnisher: Furnisher
) -> None:
    helper = furnisher.call("input_boolean/create", name="Party")
    furnisher.expose("input_boolean.party")
    await until(lambda: names(home, "input_boolean.party") == ("Party",))
    furnisher.call("input_boolean/delete", input_boolean_id=helper["id"])
    await until(lambda: not names(home, "input_boolean.party"))


@pytest.mark.parametrize("entity_id", ["light.bed_light", "switch.old_pump"])
async def test_an_unexposed_entity_is_gone_within_two_seconds(
    home: HomeAssistantHome, furnisher: Furnisher, entity_id: str
) -> None:
    furnisher.expose(entity_id, exposed=False)
    await until(lambda: home.snapshot.entity(entity_id) is None)
    furnisher.expose(entity_id)
    await until(lambda: home.snapshot.entity(entity_id) is not None)


async def test_a_renamed_area_and_a_new_floor_are_known_within_two_seconds(
    home: HomeAssistantHome, furnisher: Furnisher
) -> None:
    floor = furnisher.call("config/floor_registry/create", name="Cellar", aliases=[], level=-1)
    furnisher.call("config/area_registry/update", area_id="living_room", name="Lounge", floor_id=floor["floor_id"])
    await until(lambda: "Lounge" in {area.name for area in home.snapshot.areas})
    await until(lambda: home.snapshot.floor(floor["floor_id"]))
    furnisher.call("config/area_registry/update", area_id="living_room", name="Living Room", floor_id=None)
    furnisher.call("config/floor_registry/delete", floor_id=floor["floor_id"])
    await until(lambda: not home.snapshot.floor(floor["floor_id"]))


async def test_a_state_follows_without_a_word_to_those_who_listen_for_names(
    home: HomeAssistantHome, furnisher: Furnisher
) -> None:
    furnisher.act("light", "turn_off", "light.bed_light")
    await until(lambda: the(home.snapshot, "light.bed_light").state == "off")
    published: list[HomeSnapshot] = []
    home.subscribe(published.append)
    before = home.snapshot
    furnisher.act("light", "turn_on", "light.bed_light")
    await until(lambda: the(home.snapshot, "light.bed_light").state == "on")
    furnisher.act("light", "turn_off", "light.bed_light")
    await until(lambda: the(home.snapshot, "light.bed_light").state == "off")
    assert not published
    assert the(before, "light.bed_light").state == "off"


async def test_a_restart_of_home_assistant_is_survived_with_all_names_known_meanwhile(
    home: HomeAssistantHome, home_assistant: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stopping = asyncio.create_task(asyncio.to_thread(home_assistant.stop))
    await until(lambda: home.state is HomeState.UNREACHABLE, 30)
    assert names(home, "light.bed_light") == ("Bed lamp", "night lamp")
    await stopping
    await asyncio.to_thread(home_assistant.start)
    await until(lambda: home.state is HomeState.CONNECTED, 15)
    with home_assistant.administrator() as admin:
        Furnisher(admin).update("light.bed_light", name="Cot")
        await until(lambda: "Cot" in names(home, "light.bed_light"))
        Furnisher(admin).update("light.bed_light", name="Bed lamp")
    assert home_assistant.token not in caplog.text
    assert [record.levelname for record in caplog.records if "lost" in record.message] == ["WARNING"]


async def test_a_wrong_token_is_refused_with_what_to_do(home_assistant: HomeAssistant) -> None:
    home = HomeAssistantHome(home_assistant.url, "no.such.token")
    await home.start()
    await until(lambda: home.state is HomeState.REFUSED, 15)
    assert home.snapshot == HomeSnapshot()
    assert "SOTTO_HOME_TOKEN" in str(home.error)
    await home.stop()
