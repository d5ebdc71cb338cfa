from __future__ import annotations

from typing import Any

import pytest

from wyoming_servers.conversation.recognizer import HERE, Command
from wyoming_servers.conversation.resolution import Refusal, resolve
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

KITCHEN = Area("kitchen", "Kitchen", ("厨房",), "ground")
OFFICE = Area("office", "Office", ("书房",), "first")
ATTIC = Area("attic", "Attic")
HOUSE = HomeSnapshot(
    floors=(Floor("ground", "Ground Floor"), Floor("first", "First Floor")),
    areas=(KITCHEN, OFFICE, ATTIC),
    entities=(
        Entity("light.kitchen_ceiling", "Ceiling", area_id="kitchen"),
        Entity("light.office_ceiling", "Ceiling", area_id="office"),
        Entity("light.kitchen_heater", "Heater", area_id="kitchen"),
        Entity("climate.kitchen_heater", "Heater", area_id="kitchen"),
        Entity("cover.kitchen", "Kitchen Blind", area_id="kitchen", device_class="blind"),
        Entity("sensor.office", "Office Thermometer", ("书房温度计",), area_id="office", device_class="temperature"),
        Entity("media_player.kitchen", "Radio", area_id="kitchen", state="playing"),
        Entity("media_player.office", "Speaker", area_id="office", state="idle"),
    ),
)


def command(intent: str, domain: str | None = None, **slots: Any) -> Command:
    return Command("text", intent, slots, domain=domain)


def outcome(*commands: Command, here: Area | None = None, language: str = "en") -> list[dict[str, Any]] | Refusal:
    resolved = resolve(commands, HOUSE, here, language)
    return resolved if isinstance(resolved, Refusal) else [dict(each.slots) for each in resolved]


def test_a_command_that_fits_one_thing_stays_as_it_is() -> None:
    assert outcome(command("HassTurnOn", name="Kitchen Blind")) == [{"name": "Kitchen Blind"}]


def test_here_is_the_room_of_the_device() -> None:
    lights = Command("turn on the lights", "HassTurnOn", {"domain": "light", "area": HERE})
    assert outcome(lights, here=OFFICE) == [{"domain": "light", "area": "Office"}]
    assert outcome(lights, here=OFFICE, language="zh-CN") == [{"domain": "light", "area": "书房"}]


def test_without_a_device_and_with_lights_in_two_rooms_it_asks_which() -> None:
    lights = Command("turn on the lights", "HassTurnOn", {"domain": "light", "area": HERE})
    assert outcome(lights) == Refusal("which_area")


@pytest.mark.parametrize("here", [None, OFFICE])
def test_everything_in_the_house_needs_no_room(here: Area | None) -> None:
    lights = Command("打开家里所有的灯", "HassTurnOn", {"domain": "light", "area": HERE}, response="lights_all")
    assert outcome(lights, here=here) == [{"domain": "light"}]


def test_the_only_room_with_such_a_thing_is_meant() -> None:
    blinds = Command("close the blinds", "HassTurnOff", {"domain": "cover", "device_class": "blind", "area": HERE})
    assert outcome(blinds) == [{"domain": "cover", "device_class": "blind", "area": "Kitchen"}]


def test_the_only_such_thing_is_meant_also_if_it_stands_in_no_room() -> None:
    home = HomeSnapshot(entities=(Entity("media_player.tv", "TV", state="playing"),))
    pause = Command("pause", "HassMediaPause", {"area": HERE})
    assert resolve([pause], home, None, "en") == (Command("pause", "HassMediaPause", {}),)


def test_after_a_command_for_a_room_here_is_that_room() -> None:
    first = Command("turn on the office light", "HassTurnOn", {"domain": "light", "area": "Office"})
    then = Command("brighter", "HassLightSet", {"brightness": 90, "area": HERE})
    assert outcome(first, then) == [
        {"domain": "light", "area": "Office"},
        {"brightness": 90, "area": "Office"},
    ]


def test_two_of_a_name_are_told_apart_by_the_room_of_the_device() -> None:
    ceiling = command("HassTurnOn", "light", name="Ceiling")
    assert outcome(ceiling, here=KITCHEN) == [{"name": "Ceiling", "preferred_area_id": "kitchen"}]


@pytest.mark.parametrize("here", [None, ATTIC])
def test_two_of_a_name_and_no_room_that_tells_them_apart_are_asked_about(here: Area | None) -> None:
    refusal = outcome(command("HassTurnOn", "light", name="Ceiling"), here=here)
    assert refusal == Refusal("which_entity", {"entity": "Ceiling", "areas": (KITCHEN, OFFICE), "count": 2})


def test_of_two_kinds_with_one_name_the_sentence_tells_which() -> None:
    assert outcome(command("HassTurnOn", "climate", name="Heater")) == [{"name": "Heater", "domain": "climate"}]


@pytest.mark.parametrize(
    ("slots", "refusal"),
    [
        (
            {"name": "Kitchen Blind", "area": "Office"},
            ("no_entity_in_area", {"entity": "Kitchen Blind", "area": "Office"}),
        ),
        ({"name": "Ghost"}, ("no_entity", {"entity": "Ghost"})),
        ({"domain": "light", "area": "Attic"}, ("no_domain_in_area", {"domain": "light", "area": "Attic"})),
        (
            {"domain": "cover", "device_class": "blind", "floor": "First Floor"},
            ("no_device_class_in_floor", {"device_class": "blind", "floor": "First Floor"}),
        ),
        ({"domain": "fan"}, ("no_domain", {"domain": "fan"})),
    ],
)
def test_what_is_not_there_is_named(slots: dict[str, Any], refusal: tuple[str, dict[str, Any]]) -> None:
    assert outcome(Command("text", "HassTurnOn", slots)) == Refusal(*refusal)


def test_a_question_about_nothing_is_left_to_home_assistant() -> None:
    question = Command("any fans on?", "HassGetState", {"domain": "fan", "state": "on"})
    assert outcome(question) == [{"domain": "fan", "state": "on"}]


def test_a_room_without_thermostat_is_asked_for_its_thermometer() -> None:
    asked = command("HassClimateGetTemperature", area="Office")
    resolved = resolve([asked], HOUSE, None, "zh-CN")
    assert not isinstance(resolved, Refusal)
    assert (resolved[0].intent, dict(resolved[0].slots)) == ("HassGetState", {"name": "书房温度计"})


def test_pause_means_the_room_in_which_something_plays() -> None:
    assert outcome(Command("pause", "HassMediaPause", {"area": HERE})) == [{"area": "Kitchen"}]


def test_nothing_that_plays_cannot_be_paused() -> None:
    refusal = outcome(command("HassMediaPause", name="Speaker"))
    assert refusal == Refusal("entity_wrong_state", {"state": "playing"})


def test_a_shopping_list_that_is_not_there_is_said_so() -> None:
    assert outcome(command("HassShoppingListAddItem", item="milk")) == Refusal("no_domain", {"domain": "todo"})


def test_a_home_that_is_not_known_yet_refuses_nothing() -> None:
    resolved = resolve([Command("text", "HassTurnOff", {"domain": "light"})], HomeSnapshot(), None, "en")
    assert not isinstance(resolved, Refusal)


def test_intents_that_act_on_no_entity_pass() -> None:
    assert outcome(command("HassGetCurrentTime")) == [{}]
