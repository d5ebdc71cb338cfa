"""Whom a call reaches: names, rooms, floors and classes that are not this home's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversation.calls_house import CHINESE_HOUSE, asked, resolved
from wyoming_servers.conversation.calls.call import Call


def changed(utterance: str, tool: str, args: dict[str, Any]) -> dict[str, Any]:
    resolution = resolved(utterance, tool, args)
    assert isinstance(resolution, Call), resolution
    assert resolution.tool == tool
    return dict(resolution.args)


@pytest.mark.parametrize(
    ("utterance", "args", "meant"),
    [
        # a name that nobody has
        ("spots on", {"name": "Counter Spots, worktop lamp"}, {"name": "Counter Spots"}),
        ("spots on", {"name": "Conter Spots"}, {"name": "Counter Spots"}),
        ("lamps in the hall on", {"name": "Hall", "domain": ["light"]}, {"area": "Hall", "domain": ["light"]}),
        ("lamps in the loft on", {"name": "loft", "domain": ["light"]}, {"floor": "Attic floor", "domain": ["light"]}),
        ("study lamp on", {"name": "lamp", "area": "Study"}, {"area": "Study", "domain": ["light"]}),
        # several of one name
        ("open the shed gate", {"name": "Shed Gate"}, {"name": "Shed Gate", "domain": ["cover"]}),
        ("the lamp at the shed gate on", {"name": "Shed Gate"}, {"name": "Shed Gate", "domain": ["light"]}),
        ("lock the front bolt", {"name": "Front Bolt"}, {"name": "Front Bolt", "domain": ["lock"]}),
        # what was made up
        ("kettle on", {"name": "Kettle", "device_class": ["switch"]}, {"name": "Kettle"}),
        ("kettle on", {"name": "Kettle", "floor": "First floor"}, {"name": "Kettle"}),
        ("kettle on", {"name": "Kettle", "area": "Study"}, {"name": "Kettle"}),
        ("kettle on", {"name": "Kettle", "domain": ["light"]}, {"name": "Kettle"}),
        ("kettle on", {"name": "Kettle", "area": "House", "floor": "1", "device_class": "x"}, {"name": "Kettle"}),
        ("open the pond valve", {"domain": ["valve"], "device_class": ["water"]}, {"domain": ["valve"]}),
        # a room that is misspelt, or another than was said
        ("study lamp on", {"area": "Studdy", "domain": ["light"]}, {"area": "Study", "domain": ["light"]}),
        ("study lamp on", {"area": "Hall", "domain": ["light"]}, {"area": "Study", "domain": ["light"]}),
        # too much
        ("turn on the study lamp", {"area": "Study"}, {"area": "Study", "domain": ["light"]}),
        ("turn on the lamps in the hall", {"domain": ["light"]}, {"domain": ["light"], "area": "Hall"}),
        ("turn on the study lamp", {"domain": ["light"]}, {"domain": ["light"], "name": "Study Lamp"}),
        ("lamps on the ground floor on", {"domain": ["light"]}, {"domain": ["light"], "floor": "Ground floor"}),
    ],
)
def test_what_is_not_this_home_s_is_put_right(utterance: str, args: dict[str, Any], meant: dict[str, Any]) -> None:
    assert changed(utterance, "HassTurnOn", args) == meant


@pytest.mark.parametrize(
    ("utterance", "args"),
    [
        ("everything in the study on", {"area": "Study"}),
        ("all lamps on", {"domain": ["light"]}),
        ("hall lamp 3 on", {"name": "Hall Lamp 3"}),
        ("open the window in the shed", {"area": "Shed", "domain": ["cover"], "device_class": ["window"]}),
        ("lamp in the garden on", {"area": "Garden", "domain": ["light"], "name": "Garden Lamp"}),
        ("coffee machine in the kitchen", {"name": "coffee machine"}),
        ("fan in the hall on", {"area": "Hall", "domain": ["fan"]}),
        ("kettle on", {"area": "House"}),
        ("kettle on", {"name": "light"}),
    ],
)
def test_what_cannot_be_put_right_is_left_for_home_assistant_to_refuse(utterance: str, args: dict[str, Any]) -> None:
    assert changed(utterance, "HassTurnOn", args) == args


def test_a_room_given_as_a_name_is_not_switched_as_a_whole() -> None:
    args = {"name": "Kitchen"}
    assert changed("coffee machine in the kitchen on", "HassTurnOn", args) == args


def test_a_list_that_nobody_has_is_the_one_that_was_said() -> None:
    args = {"item": "paint the fence", "name": "Paint the fence"}
    meant = {"item": "paint the fence", "name": "Errands"}
    assert changed("put paint the fence on the weekend list", "HassListAddItem", args) == meant


def test_a_kind_that_the_call_confuses_is_the_one_that_was_said() -> None:
    args = {"area": "Shed", "domain": ["switch"]}
    assert changed("open the pond valve in the shed", "HassTurnOn", args)["domain"] == ["valve"]


def test_several_that_a_made_up_slot_kept_apart_are_asked_about() -> None:
    resolution = resolved("lamp on in the attic room", "HassTurnOn", {"domain": ["light"], "area": "Attic room"})
    assert "light.study" in asked(resolution)


def test_a_noun_given_as_a_name_reaches_one_thing_or_is_asked_about() -> None:
    assert "light.study" in asked(resolved("turn on the porch light", "HassTurnOn", {"name": "light"}))
    args = {"name": "lights", "domain": ["light"]}
    assert resolved("turn on the lights", "HassTurnOn", args) == Call("HassTurnOn", {"domain": ["light"]})


def test_one_name_in_two_rooms_is_the_one_in_this_room_or_asked_about() -> None:
    from dataclasses import replace  # noqa: PLC0415

    from tests.conversation.calls_house import HOUSE  # noqa: PLC0415

    twin = replace(HOUSE.entities[4], entity_id="light.twin", area_id="kitchen")
    home = replace(HOUSE, entities=(*HOUSE.entities, twin))
    args = {"name": "Study Lamp"}
    assert asked(resolved("desk light on", "HassTurnOn", args, home=home)) == ("light.study", "light.twin")
    assert resolved("desk light on", "HassTurnOn", args, "study", home) == Call("HassTurnOn", args)
    said = resolved("Study Lamp in the kitchen on", "HassTurnOn", {**args, "area": "Kitchen"}, home=home)
    assert said == Call("HassTurnOn", {**args, "area": "Kitchen"})


@pytest.mark.parametrize(
    ("utterance", "args", "meant"),
    [
        ("打开客听吊灯", {"name": "客听吊灯"}, {"name": "客厅吊灯"}),
        ("打开大灯", {"name": "客厅吊灯、大灯"}, {"name": "客厅吊灯"}),
        ("打开书房的灯", {"area": "书方", "domain": ["light"]}, {"area": "书房", "domain": ["light"]}),
        ("打开书房的灯", {"area": "书房"}, {"area": "书房", "domain": ["light"]}),
        ("打开书房的灯", {"domain": ["light"]}, {"area": "书房", "domain": ["light"]}),
        ("打开卧室风扇", {"name": "卧室风扇", "floor": "一楼", "device_class": "fan"}, {"name": "卧室风扇"}),
        ("打开二楼的灯", {"name": "二楼", "domain": ["light"]}, {"floor": "二楼", "domain": ["light"]}),
    ],
)
def test_chinese_calls_are_put_right(utterance: str, args: dict[str, Any], meant: dict[str, Any]) -> None:
    assert resolved(utterance, "HassTurnOn", args, home=CHINESE_HOUSE) == Call("HassTurnOn", meant)
