"""What a call does, held against what was said: directions, amounts, and the intent that fits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversation.calls_house import CHINESE_HOUSE, asked, resolved
from wyoming_servers.conversation.calls.call import Call


@pytest.mark.parametrize(
    ("utterance", "tool", "args", "meant"),
    [
        ("close the gate", "HassStopMoving", {"name": "Shed Gate", "domain": ["cover"]}, "HassTurnOff"),
        ("open the gate", "HassTurnOff", {"name": "Shed Gate", "domain": ["cover"]}, "HassTurnOn"),
        ("kettle off", "HassTurnOn", {"name": "Kettle"}, "HassTurnOff"),
        ("lock the front bolt", "HassTurnOff", {"name": "Front Bolt", "domain": ["lock"]}, "HassTurnOn"),
        ("unlock the front bolt", "HassTurnOn", {"name": "Front Bolt", "domain": ["lock"]}, "HassTurnOff"),
        ("next station", "HassMediaPrevious", {"name": "Kitchen Radio"}, "HassMediaNext"),
        ("radio off", "HassMediaPause", {"name": "Kitchen Radio"}, "HassTurnOff"),
        ("stop Dusty", "HassStopMoving", {"name": "Dusty"}, "HassVacuumReturnToBase"),
        ("start Dusty", "HassTurnOn", {"name": "dusty"}, "HassVacuumStart"),
        ("stop the radio", "HassStopMoving", {"name": "Kitchen Radio"}, "HassMediaPause"),
    ],
)
def test_what_was_said_is_done(utterance: str, tool: str, args: dict[str, Any], meant: str) -> None:
    resolution = resolved(utterance, tool, args)
    assert isinstance(resolution, Call)
    assert resolution.tool == meant


@pytest.mark.parametrize(
    ("utterance", "tool"),
    [
        ("kettle off and radio on", "HassTurnOn"),
        ("don't turn the kettle off", "HassTurnOn"),
        ("the kettle, please", "HassTurnOn"),
        ("", "HassTurnOff"),
        ("mach den Kettle aus", "HassTurnOn"),
    ],
)
def test_what_is_not_clearly_opposed_is_believed(utterance: str, tool: str) -> None:
    assert resolved(utterance, tool, {"name": "Kettle"}) == Call(tool, {"name": "Kettle"})


def test_closing_needs_no_stop_in_chinese() -> None:
    args = {"name": "客厅窗帘", "domain": ["cover"]}
    assert resolved("把客厅窗帘关上", "HassStopMoving", args, home=CHINESE_HOUSE) == Call("HassTurnOff", args)


def test_a_prefix_of_the_tool_stays() -> None:
    resolution = resolved("radio off", "assist__media_player__HassMediaPause", {"name": "Kitchen Radio"})
    assert resolution == Call("assist__media_player__HassTurnOff", {"name": "Kitchen Radio"})


def test_an_amount_that_nobody_said_is_not_set() -> None:
    args = {"name": "Study Lamp", "brightness": 100}
    assert resolved("turn on the study lamp", "HassLightSet", args) == Call(
        "HassTurnOn", {"name": "Study Lamp", "domain": ["light"]}
    )


@pytest.mark.parametrize(
    "utterance", ["turn on the study lamp at full", "study lamp to 100", "brighten the study lamp"]
)
def test_an_amount_that_was_said_is_set(utterance: str) -> None:
    args = {"name": "Study Lamp", "brightness": 100}
    assert resolved(utterance, "HassLightSet", args) == Call("HassLightSet", args)


def test_a_colour_is_set_though_no_amount_was_said() -> None:
    args = {"name": "Study Lamp", "brightness": 100, "color": "red"}
    assert resolved("turn on the study lamp in red", "HassLightSet", args) == Call("HassLightSet", args)


def test_a_speed_of_nothing_is_off() -> None:
    resolution = resolved("turn off the desk fan", "HassFanSetSpeed", {"name": "Desk Fan", "percentage": 0})
    assert resolution == Call("HassTurnOff", {"name": "Desk Fan"})


def test_a_room_whose_speed_is_nothing_has_only_its_fans_turned_off() -> None:
    resolution = resolved("study fan off", "HassFanSetSpeed", {"area": "Study", "percentage": 0})
    assert resolution == Call("HassTurnOff", {"area": "Study", "domain": ["fan"]})


@pytest.mark.parametrize(
    ("utterance", "value", "meant"),
    [
        ("study lamp at 40%", "40%", 40),
        ("study lamp at 40%", 0.4, 40),
        ("study lamp at 40%", 102, 102 and 40),
        ("study lamp at 40%", "much", 40),
        ("study lamp at 40%", 35, 35),
        ("dim the study lamp", 0.4, 0.4),
    ],
)
def test_a_figure_is_a_percentage(utterance: str, value: Any, meant: Any) -> None:
    resolution = resolved(utterance, "HassLightSet", {"name": "Study Lamp", "brightness": value})
    assert resolution == Call("HassLightSet", {"name": "Study Lamp", "brightness": meant})


def test_blanks_say_nothing() -> None:
    args = {"name": "Kettle", "area": "", "floor": None, "domain": [], "device_class": [None, ""], "x": ""}
    assert resolved("kettle on", "HassTurnOn", args) == Call("HassTurnOn", {"name": "Kettle"})


def test_all_is_no_name() -> None:
    args = {"name": "all", "area": "Hall", "domain": ["light"]}
    assert resolved("all lamps in the hall off", "HassTurnOff", args) == Call(
        "HassTurnOff", {"area": "Hall", "domain": ["light"]}
    )


def test_tools_that_act_on_no_entity_are_left_alone() -> None:
    for tool in ("GetLiveContext", "HassStartTimer", "script__movie", "llm__GetDateTime"):
        assert resolved("lock the door", tool, {"name": "whatever"}) == Call(tool, {"name": "whatever"})


def test_a_home_that_is_not_known_changes_nothing() -> None:
    from wyoming_servers.home.model import HomeSnapshot  # noqa: PLC0415

    args = {"name": "Anything", "device_class": ["door"]}
    assert resolved("kettle on", "HassTurnOn", args, home=HomeSnapshot()) == Call("HassTurnOn", args)


def test_opposed_words_for_a_lock_are_no_reason_to_open_it() -> None:
    resolution = resolved("turn off the front bolt", "HassTurnOn", {"name": "Front Bolt", "domain": ["lock"]})
    assert resolution == Call("HassTurnOn", {"name": "Front Bolt", "domain": ["lock"]})
    assert asked(resolved("lock the door", "HassTurnOn", {"name": "Front Bolt", "domain": ["lock"]}))
