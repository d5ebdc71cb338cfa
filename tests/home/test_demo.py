"""The demo house: what stands in it, and that it does all of an order or nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from wyoming_servers.conversation.understanding import Understanding, Utterance
from wyoming_servers.errors import HomeError
from wyoming_servers.home.demo import DEMO_HOUSE, DemoHome, Done, Order
from wyoming_servers.home.targets import fold


@pytest.fixture
def home() -> DemoHome:
    return DemoHome()


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    loaded = Understanding(DemoHome(), "en", 200)
    loaded.load()
    return loaded


def tell(home: DemoHome, understanding: Understanding, text: str, language: str) -> Done:
    answer = understanding.understand(Utterance(text, language))
    assert answer.commands, answer.text
    return home.execute([Order(command.intent, command.slots, template) for command, template in answer.commands])


def test_the_house_is_small_and_believable() -> None:
    domains = Counter(entity.domain for entity in DEMO_HOUSE.entities)
    assert len(DEMO_HOUSE.areas) == 12
    assert 55 <= len(DEMO_HOUSE.entities) <= 70
    assert {"light", "switch", "fan", "cover", "lock", "climate", "media_player", "vacuum", "sensor"} <= set(domains)
    assert {"binary_sensor", "scene", "script", "todo", "weather", "valve", "lawn_mower", "humidifier"} <= set(domains)


def test_everything_has_an_english_name_and_a_chinese_one() -> None:
    things = [each.names for each in DEMO_HOUSE.floors] + [each.names for each in DEMO_HOUSE.areas]
    things += [each.names for each in DEMO_HOUSE.entities]
    for names in things:
        assert names[0].isascii()
        assert any(not name.isascii() for name in names), names


def test_no_two_things_have_a_name_in_common() -> None:
    names = Counter(fold(name) for entity in DEMO_HOUSE.entities for name in entity.names)
    assert [name for name, count in names.items() if count > 1] == []


def test_english_and_chinese_switch_the_same_light(understanding: Understanding) -> None:
    english = tell(DemoHome(), understanding, "turn on the living room light", "en")
    chinese = tell(DemoHome(), understanding, "打开客厅的灯", "zh-CN")
    assert english.changes == chinese.changes
    assert [(each["entity_id"], each["before"], each["after"]) for each in english.changes] == [
        ("light.living_room", "off", "on")
    ]
    assert english.text == "Turned on the light"
    assert chinese.text == "客厅的灯已打开"


def test_several_orders_are_done_in_turn(home: DemoHome, understanding: Understanding) -> None:
    done = tell(home, understanding, "turn off the kitchen light and close the blinds", "en")
    assert done.text == "Turned off the light\nClosing the blinds"
    assert {each["entity_id"]: each["after"] for each in done.changes} == {
        "light.kitchen": "off",
        "cover.kitchen_blinds": "closed",
    }


def test_all_of_the_orders_are_done_or_none(home: DemoHome) -> None:
    with pytest.raises(HomeError, match="HassTeleport"):
        home.execute([Order("HassTurnOn", {"name": "TV"}), Order("HassTeleport", {})])
    assert home.snapshot == DEMO_HOUSE


def test_what_changed_is_told_with_its_attributes(home: DemoHome) -> None:
    done = home.execute([Order("HassLightSet", {"name": "Bed Light", "brightness": 50})])
    assert done.changes == (
        {
            "entity_id": "light.bed_light",
            "name": "Bed Light",
            "before": "off",
            "after": "on",
            "attributes": {"brightness": [None, 128]},
        },
    )


def test_what_stays_as_it_is_is_no_change(home: DemoHome) -> None:
    assert home.execute([Order("HassTurnOn", {"name": "Kitchen Light"})]).changes == ()


def test_a_new_state_is_in_the_snapshot_and_nobody_is_told_of_new_names(home: DemoHome) -> None:
    told: list[object] = []
    home.subscribe(told.append)
    home.execute([Order("HassTurnOn", {"name": "TV"})])
    tv = home.snapshot.entity("media_player.tv")
    assert tv is not None
    assert tv.state == "on"
    assert told == []


def test_an_answer_that_cannot_be_rendered_changes_nothing(home: DemoHome) -> None:
    with pytest.raises(HomeError, match="template"):
        home.execute([Order("HassTurnOn", {"name": "TV"}, "{{ slots.name.__class__.__mro__[1] }}{{ 1 / 0 }}")])
    assert home.snapshot == DEMO_HOUSE
