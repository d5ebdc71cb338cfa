"""What the demo house does for each intent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from home_assistant_intents import get_intents

from wyoming_servers.errors import HomeError
from wyoming_servers.home.demo import DemoHome, Done, Order
from wyoming_servers.home.intents.handlers import HANDLERS


@pytest.fixture
def home() -> DemoHome:
    return DemoHome(now=lambda: datetime(2026, 11, 20, 13, 5, tzinfo=UTC))


def do(home: DemoHome, intent: str, text: str = "", **slots: Any) -> Done:
    return home.execute([Order(intent, slots, text)])


def after(home: DemoHome, entity_id: str, attribute: str | None = None) -> Any:
    entity = home.snapshot.entity(entity_id)
    assert entity is not None
    return entity.state if attribute is None else entity.attributes.get(attribute)


def test_every_intent_with_english_sentences_is_known() -> None:
    english = get_intents("en")
    assert english is not None
    assert set(english["intents"]) - set(HANDLERS) == set()


@pytest.mark.parametrize(
    ("intent", "slots", "entity_id", "state"),
    [
        ("HassTurnOn", {"name": "Living Room Light"}, "light.living_room", "on"),
        ("HassTurnOn", {"name": "客厅灯"}, "light.living_room", "on"),
        ("HassTurnOn", {"name": "light.living_room"}, "light.living_room", "on"),
        ("HassTurnOff", {"area": "Kitchen", "domain": "light"}, "light.kitchen", "off"),
        ("HassTurnOff", {"floor": "楼上", "domain": "light"}, "light.desk_lamp", "off"),
        ("HassTurnOn", {"name": "Garage Door"}, "cover.garage_door", "open"),
        ("HassTurnOff", {"area": "Living Room", "device_class": "curtain"}, "cover.living_room_curtain", "closed"),
        ("HassTurnOff", {"name": "Front Door"}, "lock.front_door", "unlocked"),
        ("HassTurnOn", {"name": "Sprinkler"}, "valve.sprinkler", "open"),
        ("HassTurnOn", {"name": "Humidifier"}, "humidifier.bedroom", "on"),
        ("HassTurnOn", {"name": "Guest Mode"}, "input_boolean.guest_mode", "on"),
        ("HassTurnOff", {"name": "Thermostat"}, "climate.thermostat", "off"),
        ("HassTurnOn", {"name": "Movie Night"}, "cover.living_room_curtain", "closed"),
        ("HassTurnOn", {"name": "Mood Lighting"}, "light.living_room_lamp", "on"),
        ("HassToggle", {"name": "Kitchen Light"}, "light.kitchen", "off"),
        ("HassToggle", {"name": "Desk Lamp", "domain": "light"}, "light.desk_lamp", "off"),
        ("HassLightSet", {"name": "Bed Light", "brightness": 0}, "light.bed_light", "off"),
        ("HassSetPosition", {"name": "Gate", "position": 30}, "cover.gate", "open"),
        ("HassSetPosition", {"name": "Kitchen Blinds", "position": 0}, "cover.kitchen_blinds", "closed"),
        ("HassFanSetSpeed", {"name": "Ceiling Fan", "percentage": 0}, "fan.ceiling_fan", "off"),
        ("HassMediaPause", {"area": "Kitchen"}, "media_player.kitchen_speaker", "paused"),
        ("HassMediaUnpause", {"name": "Kids Speaker"}, "media_player.kids_speaker", "playing"),
        ("HassMediaSearchAndPlay", {"name": "TV", "search_query": "news"}, "media_player.tv", "playing"),
        ("HassVacuumStart", {"name": "Robot Vacuum"}, "vacuum.robot", "cleaning"),
        ("HassVacuumReturnToBase", {}, "vacuum.robot", "returning"),
        ("HassVacuumCleanArea", {"area": "厨房"}, "vacuum.robot", "cleaning"),
        ("HassLawnMowerStartMowing", {}, "lawn_mower.mower", "mowing"),
        ("HassLawnMowerDock", {"name": "Mower"}, "lawn_mower.mower", "returning"),
        ("HassListAddItem", {"name": "Shopping List", "item": "eggs"}, "todo.shopping_list", "3"),
        ("HassShoppingListAddItem", {"item": "eggs"}, "todo.shopping_list", "3"),
        ("HassListCompleteItem", {"name": "Shopping List", "item": "Milk"}, "todo.shopping_list", "1"),
        ("HassListRemoveItem", {"name": "Shopping List", "item": "bread"}, "todo.shopping_list", "1"),
        ("HassHumidifierSetpoint", {"name": "Humidifier", "humidity": 50}, "humidifier.bedroom", "on"),
    ],
)
def test_an_intent_brings_its_target_into_a_state(
    home: DemoHome, intent: str, slots: dict[str, Any], entity_id: str, state: str
) -> None:
    do(home, intent, **slots)
    assert after(home, entity_id) == state


@pytest.mark.parametrize(
    ("intent", "slots", "entity_id", "attribute", "value"),
    [
        ("HassLightSet", {"name": "Bed Light", "brightness": 50}, "light.bed_light", "brightness", 128),
        ("HassLightSet", {"name": "Bed Light", "color": "red"}, "light.bed_light", "rgb_color", [255, 0, 0]),
        ("HassLightSet", {"name": "Bed Light", "temperature": 2700}, "light.bed_light", "color_temp_kelvin", 2700),
        ("HassSetPosition", {"name": "Gate", "position": 30}, "cover.gate", "current_position", 30),
        ("HassTurnOff", {"name": "Kitchen Blinds"}, "cover.kitchen_blinds", "current_position", 0),
        ("HassFanSetSpeed", {"name": "Ceiling Fan", "percentage": 40}, "fan.ceiling_fan", "percentage", 40),
        ("HassTurnOn", {"name": "Ceiling Fan"}, "fan.ceiling_fan", "percentage", 100),
        ("HassClimateSetTemperature", {"temperature": 22.5}, "climate.thermostat", "temperature", 22.5),
        ("HassClimateSetFanMode", {"fan_mode": "high"}, "climate.thermostat", "fan_mode", "high"),
        ("HassSetVolume", {"name": "TV", "volume_level": 20}, "media_player.tv", "volume_level", 0.2),
        ("HassSetVolumeRelative", {"name": "TV", "volume_step": "up"}, "media_player.tv", "volume_level", 0.4),
        ("HassSetVolumeRelative", {"name": "TV", "volume_step": -90}, "media_player.tv", "volume_level", 0.0),
        ("HassMediaPlayerMute", {"name": "TV"}, "media_player.tv", "is_volume_muted", True),
        ("HassMediaNext", {"area": "Kitchen"}, "media_player.kitchen_speaker", "track", 2),
        ("HassMediaPrevious", {"area": "Kitchen"}, "media_player.kitchen_speaker", "track", 0),
        ("HassHumidifierMode", {"name": "Humidifier", "mode": "eco"}, "humidifier.bedroom", "mode", "eco"),
    ],
)
def test_an_intent_sets_an_attribute(
    home: DemoHome, intent: str, slots: dict[str, Any], entity_id: str, attribute: str, value: Any
) -> None:
    do(home, intent, **slots)
    assert after(home, entity_id, attribute) == value


@pytest.mark.parametrize(
    ("intent", "slots", "problem"),
    [
        ("HassTurnOn", {"name": "Ghost"}, "matches"),
        ("HassTurnOn", {"name": "Kitchen Light", "area": "Office"}, "matches"),
        ("HassTurnOn", {"name": "Outdoor Humidity"}, "cannot be switched"),
        ("HassTurnOff", {"name": "Movie Night"}, "cannot be switched"),
        ("HassLightSet", {"name": "Counter Light", "color": "red"}, "No light here can do that"),
        ("HassLightSet", {"name": "Bed Light", "color": "mauve"}, "no colour mauve"),
        ("HassLightSet", {"name": "Bed Light", "brightness": 101}, "brightness is 101"),
        ("HassLightSet", {"name": "Bed Light", "brightness": "bright"}, "brightness is 'bright'"),
        ("HassSetPosition", {"name": "Gate"}, "needs the slot position"),
        ("HassMediaPause", {"name": "TV"}, "in a state"),
        ("HassListCompleteItem", {"name": "Shopping List", "item": "gold"}, "not on the list"),
        ("HassVacuumCleanArea", {"area": "Dungeon"}, "There is no Dungeon"),
        ("HassMediaSearchAndPlay", {"search_query": "news"}, "Several"),
        ("HassTeleport", {}, "does not know HassTeleport"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    home: DemoHome, intent: str, slots: dict[str, Any], problem: str
) -> None:
    before = home.snapshot
    with pytest.raises(HomeError, match=problem):
        do(home, intent, **slots)
    assert home.snapshot is before


def test_a_question_parts_what_matches_from_what_does_not(home: DemoHome) -> None:
    text = "{{ query.matched | map(attribute='name') | sort | join(', ') }}; {{ query.unmatched | length }}"
    done = do(home, "HassGetState", text, domain="light", area="Kitchen", state="on")
    assert done.text == "Kitchen Light; 1"
    assert done.changes == ()


def test_a_state_is_told_with_its_unit(home: DemoHome) -> None:
    text = "{{ slots.name }}: {{ state.state_with_unit }} ({{ state.domain }})"
    assert do(home, "HassGetState", text, name="Outdoor Temperature").text == "Outdoor Temperature: 12.5 °C (sensor)"


def test_a_question_about_nothing_finds_nothing(home: DemoHome) -> None:
    assert do(home, "HassGetState", "{{ query.matched | length }}", area="Garage", domain="fan").text == "0"


@pytest.mark.parametrize(("area", "answer"), [("Living Room", "21"), ("Bedroom", "19.2")])
def test_the_temperature_is_the_thermostats_or_the_thermometers(home: DemoHome, area: str, answer: str) -> None:
    text = "{{ state_attr(state.entity_id, 'current_temperature') or state.state }}"
    assert do(home, "HassClimateGetTemperature", text, area=area).text == answer


def test_time_and_date_come_from_the_clock(home: DemoHome) -> None:
    assert do(home, "HassGetCurrentTime", "{{ slots.time.hour }}:{{ slots.time.minute }}").text == "13:5"
    assert do(home, "HassGetCurrentDate", "{{ slots.date }}").text == "2026-11-20"


def test_a_greeting_changes_nothing(home: DemoHome) -> None:
    assert do(home, "HassRespond", "Hello") == Done("Hello")
    assert do(home, "HassNevermind") == Done("")
    assert do(home, "HassBroadcast", "Done", message="dinner").changes == ()


def test_the_weather_is_told(home: DemoHome) -> None:
    assert do(home, "HassGetWeather", "{{ state.state }}").text == "partlycloudy"


@pytest.mark.parametrize("temperature", [72, 3])
def test_a_thermostat_takes_no_temperature_that_home_assistants_would_not(home: DemoHome, temperature: int) -> None:
    before = home.snapshot
    with pytest.raises(HomeError, match="7 to 35"):
        home.execute([Order("HassClimateSetTemperature", {"temperature": temperature})])
    assert home.snapshot == before
