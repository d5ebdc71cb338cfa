from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.acting import command_of
from wyoming_servers.conversation.calls.call import Call
from wyoming_servers.conversation.languages import load_language
from wyoming_servers.home.intents.handlers import HANDLERS

ENGLISH, CHINESE = load_language("en").responses, load_language("zh-CN").responses


@pytest.mark.parametrize(
    ("tool", "args", "response"),
    [
        ("HassTurnOn", {"name": "Counter Spots"}, "default"),
        ("HassTurnOff", {"area": "Hall", "domain": ["light"]}, "lights_area"),
        (
            "HassTurnOff",
            {"floor": "Ground floor", "domain": ["light"]},
            "lights_floor",
        ),
        ("HassTurnOff", {"domain": ["light"]}, "light_all"),
        ("HassTurnOn", {"name": "Front Bolt", "domain": ["lock"]}, "lock"),
        ("HassTurnOn", {"name": "Shed Gate", "domain": "cover"}, "cover"),
        ("HassTurnOn", {"area": "Hall"}, "default"),
        ("assist__intent__HassLightSet", {"area": "Hall", "brightness": 40}, "brightness"),
        ("HassLightSet", {"name": "Study Lamp", "color": "red"}, "color"),
        ("HassListAddItem", {"name": "Market", "item": "milk"}, "item_added"),
        ("HassStartTimer", {"minutes": 5, "conversation_command": "turn off the hall lights"}, "command"),
        ("HassStartTimer", {"minutes": 5}, "default"),
    ],
)
def test_the_answer_fits_what_the_call_reaches(tool: str, args: dict[str, Any], response: str) -> None:
    command = command_of(Call(tool, args), HOUSE, ENGLISH)
    assert command.intent == tool.rpartition("__")[2]
    assert command.response == response


@pytest.mark.parametrize(
    ("tool", "args", "response"),
    [
        ("HassTurnOff", {"area": "客厅", "domain": ["light"]}, "lights_area"),
        ("HassTurnOff", {"domain": ["light"]}, "lights_all"),
        ("HassTurnOff", {"name": "卧室风扇"}, "default"),
        ("HassTurnOn", {"name": "大门锁"}, "lock"),
        ("HassLightSet", {"area": "客厅", "brightness": 40}, "brightness_area"),
        ("HassSetPosition", {"name": "客厅窗帘", "position": 40}, "cover_name"),
    ],
)
def test_and_in_chinese(tool: str, args: dict[str, Any], response: str) -> None:
    assert command_of(Call(tool, args), CHINESE_HOUSE, CHINESE).response == response


def test_blank_arguments_are_no_slots() -> None:
    command = command_of(Call("HassTurnOn", {"name": "Kettle", "area": "", "domain": []}), HOUSE, ENGLISH)
    assert command.slots == {"name": "Kettle"}


@given(
    st.sampled_from(sorted(HANDLERS)),
    st.dictionaries(
        st.sampled_from(["name", "area", "floor", "domain", "brightness", "item"]), st.text() | st.integers()
    ),
)
def test_any_call_has_an_answer_where_its_intent_has_one(tool: str, args: dict[str, Any]) -> None:
    for answers in (ENGLISH, CHINESE):
        command = command_of(Call(tool, args), HOUSE, answers)
        assert (command.response is None) == (not answers.get(tool))
