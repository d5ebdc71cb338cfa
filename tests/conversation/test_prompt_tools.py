from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.prompt_homes import FLAT, homes, shuffled
from wyoming_servers.conversation.engine import Tool
from wyoming_servers.conversation.prompt.tools import LIVE_CONTEXT, callable_tools, delayed_only, tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.intents.handlers import HANDLERS
from wyoming_servers.home.model import HomeSnapshot

DEMO = {tool.name: tool for tool in tools(DEMO_HOUSE)}

CALLS: list[tuple[str, Mapping[str, Any]]] = [
    ("HassTurnOn", {"area": "Kitchen", "domain": "light"}),
    ("HassTurnOff", {"floor": "First Floor", "domain": "cover", "device_class": "blind"}),
    ("HassLightSet", {"name": "Kitchen Light", "brightness": 40, "color": "red", "temperature": 2700}),
    ("HassSetPosition", {"name": "Garage Door", "position": 50}),
    ("HassStopMoving", {"name": "Garage Door"}),
    ("HassFanSetSpeed", {"name": "Ceiling Fan", "percentage": 30}),
    ("HassClimateSetTemperature", {"temperature": 21.5}),
    ("HassHumidifierSetpoint", {"name": "Humidifier", "humidity": 45}),
    ("HassSetVolume", {"volume_level": 30}),
    ("HassSetVolumeRelative", {"volume_step": "up"}),
    ("HassSetVolumeRelative", {"volume_step": -20}),
    ("HassMediaSearchAndPlay", {"search_query": "Nina Simone", "media_class": "artist"}),
    ("HassVacuumCleanArea", {"area": "Kitchen"}),
    ("HassListAddItem", {"item": "milk", "name": "Shopping List"}),
    ("HassStartTimer", {"minutes": 10, "conversation_command": "turn off the light"}),
    ("HassCancelTimer", {"start_minutes": 5}),
    ("HassIncreaseTimer", {"minutes": 2, "name": "pizza"}),
    (LIVE_CONTEXT, {"area": "Kitchen", "domain": "binary_sensor", "device_class": "moisture"}),
]

MISTAKES: list[tuple[str, Mapping[str, Any]]] = [
    ("HassLightSet", {"brightness": 101}),
    ("HassLightSet", {"brightness": "bright"}),
    ("HassSetPosition", {"name": "Garage Door"}),
    ("HassTurnOn", {"domain": "sensor"}),
    ("HassTurnOff", {"domain": "scene"}),
    ("HassTurnOn", {"device_class": "light"}),
    ("HassListAddItem", {"item": "milk"}),
    ("HassStartTimer", {"minutes": -1}),
    ("HassSetVolumeRelative", {"volume_step": "loud"}),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=lambda each: each if isinstance(each, str) else "")
def test_what_people_ask_for_can_be_called(name: str, arguments: Mapping[str, Any]) -> None:
    jsonschema.validate(arguments, DEMO[name].parameters)


@pytest.mark.parametrize(("name", "arguments"), MISTAKES, ids=lambda each: each if isinstance(each, str) else "")
def test_values_out_of_range_and_kinds_that_are_not_there_do_not_satisfy_the_schema(
    name: str, arguments: Mapping[str, Any]
) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(arguments, DEMO[name].parameters)


def test_the_demo_house_can_do_everything_that_it_describes() -> None:
    assert set(DEMO) - {LIVE_CONTEXT} <= set(HANDLERS)
    assert len(DEMO) >= 35


def only(*domains: str) -> HomeSnapshot:
    return replace(FLAT, entities=tuple(each for each in FLAT.entities if each.domain in domains))


def names(home: HomeSnapshot) -> set[str]:
    return {tool.name for tool in tools(home)}


def test_a_home_without_a_fan_is_told_of_no_tool_for_fans() -> None:
    assert "HassFanSetSpeed" not in names(FLAT)
    assert "HassFanSetSpeed" in DEMO
    assert names(only("sensor")) & {"HassTurnOn", "HassLightSet", "HassMediaPause", "HassVacuumStart"} == set()
    assert "HassListAddItem" not in names(only("light"))


def test_an_empty_home_still_has_timers_and_announcements() -> None:
    assert "HassStartTimer" in names(HomeSnapshot())
    assert LIVE_CONTEXT not in names(HomeSnapshot())


def slots(home: HomeSnapshot, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(tool for tool in tools(home) if tool.name == name).parameters["properties"]
    return found


def test_floors_and_classes_can_only_be_said_where_there_are_any() -> None:
    assert "floor" in slots(FLAT, "HassTurnOn")
    assert "floor" not in slots(replace(FLAT, floors=()), "HassTurnOn")
    assert slots(FLAT, "HassTurnOn")["device_class"]["enum"] == ["curtain"]
    assert "device_class" not in slots(only("light"), "HassTurnOn")
    assert slots(FLAT, "HassTurnOff")["domain"]["enum"] == ["climate", "cover", "light", "lock", "media_player"]


def test_without_a_device_that_rings_only_a_command_for_later_and_the_end_of_all_timers_remain() -> None:
    described = tools(DEMO_HOUSE)
    ringing, silent = callable_tools(described, timers=True), callable_tools(described, timers=False)
    assert ringing == set(DEMO)
    assert ringing - silent == {
        "HassCancelTimer",
        "HassDecreaseTimer",
        "HassIncreaseTimer",
        "HassPauseTimer",
        "HassTimerStatus",
        "HassUnpauseTimer",
    }
    schema = delayed_only(described)["HassStartTimer"]
    jsonschema.validate({"minutes": 10, "conversation_command": "lights off"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"minutes": 10}, schema)


def written(described: tuple[Tool, ...]) -> str:
    return json.dumps([(tool.name, tool.description, tool.parameters) for tool in described])


@given(homes(), st.integers(0, 9))
def test_tools_are_sorted_valid_and_the_same_for_the_same_naming(home: HomeSnapshot, seed: int) -> None:
    described = tools(home)
    assert [tool.name for tool in described] == sorted({tool.name for tool in described})
    for tool in described:
        jsonschema.Draft202012Validator.check_schema(tool.parameters)
        assert tool.parameters["type"] == "object"
        assert set(tool.parameters.get("required", ())) <= set(tool.parameters["properties"])
    assert written(described) == written(tools(shuffled(home, seed)))


def test_all_tools_of_a_full_house_take_less_than_assists_own() -> None:
    """Assist's take 14.1 kB, and 3 kB more with timers, in a house with 13 domains."""
    assert len(written(tools(DEMO_HOUSE))) < 11_000
