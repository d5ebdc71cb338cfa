from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.errors import HomeError
from wyoming_servers.home.demo import DEMO_FILE
from wyoming_servers.home.model import Area, Entity, Floor
from wyoming_servers.home.yaml_home import parse_home, read_home

HOUSE = """
floors:
  - {floor_id: ground, name: Ground Floor, aliases: [楼下]}
areas:
  - area_id: kitchen
    name: Kitchen
    aliases: [厨房]
    floor: ground
entities:
  - entity_id: light.kitchen
    name: Kitchen Light
    aliases: [厨房灯]
    area: kitchen
    state: on
    attributes: {brightness: 128}
  - entity_id: sensor.power
    name: Power
    device_class: power
    state: 12.5
satellites:
  speaker: kitchen
"""


def test_a_house_is_read_with_everything_in_it() -> None:
    house = parse_home(HOUSE, "house.yaml")
    assert house.floors == (Floor("ground", "Ground Floor", ("楼下",)),)
    assert house.areas == (Area("kitchen", "Kitchen", ("厨房",), "ground"),)
    assert house.entities == (
        Entity("light.kitchen", "Kitchen Light", ("厨房灯",), "kitchen", None, "on", {"brightness": 128}),
        Entity("sensor.power", "Power", (), None, "power", "12.5", {}),
    )
    assert house.device_areas == {"speaker": "kitchen"}


def test_only_entity_id_and_name_must_be_there() -> None:
    house = parse_home("entities: [{entity_id: light.a, name: A}]", "house.yaml")
    assert house.entities == (Entity("light.a", "A"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the house: expected a dictionary"),
        ("entities: 5", "line 1: entities is 5: expected a list"),
        ("light: on", "line 1: light is True: extra keys not allowed"),
        ("entities:\n  - {entity_id: lamp, name: A}", "line 2: entities[0].entity_id is 'lamp': it must look like"),
        ("entities:\n  - entity_id: light.a\n    name: 3", "line 2: entities[0].name is 3: it must be text"),
        ("entities:\n  - name: A", "line 2: entities[0].entity_id: required key not provided"),
        ("entities:\n  - {entity_id: light.a, name: A, aliases: B}", "line 2: entities[0].aliases is 'B': it must be"),
        ("entities:\n  - {entity_id: light.a, name: A, state: [1]}", "line 2: entities[0].state: it must be a word"),
        (
            "entities:\n  - {entity_id: light.a, name: A, attributes: 1}",
            "entities[0].attributes is 1: it must be a map",
        ),
        ("entities:\n  - {entity_id: light.a, name: A, area: b}", "entities[0].area is 'b': there is no such area"),
        ("areas:\n  - {area_id: a, name: A, floor: b}\nentities: []", "areas[0].floor is 'b': there is no such floor"),
        ("areas:\n  - &a {area_id: a, name: A}\n  - *a\nentities: []", "areas[1].area_id is 'a': it is there twice"),
        ("entities: []\nsatellites: {x: y}", "satellites.x is 'y': there is no area y"),
        ("entities: [", ", line "),
        ("entities: []\nentities: []", "line 2: entities is there twice"),
        ("? [a]\n: b", "has a list or mapping as a key"),
        ("entities: !!python/object:os.system []", "line 1: could not determine a constructor"),
        ("a\x00b", "is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line_field_and_value(text: str, problem: str) -> None:
    with pytest.raises(HomeError) as err:
        parse_home(text, "house.yaml")
    assert str(err.value).startswith("house.yaml")
    assert problem in str(err.value)
    assert err.value.remedy


@given(st.text(alphabet="abc: -[]{}\n&*!'\"#|>?,0", max_size=40))
def test_whatever_the_file_holds_no_other_error_is_raised(text: str) -> None:
    with contextlib.suppress(HomeError):
        parse_home(text, "house.yaml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="No such file"):
        read_home(tmp_path / "house.yaml")
    with pytest.raises(HomeError, match="Is a directory"):
        read_home(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(HomeError, match="not UTF-8"):
        read_home(path)


def test_the_demo_house_says_at_its_top_what_a_house_consists_of() -> None:
    comments = DEMO_FILE.read_text(encoding="utf-8").split("floors:\n")[0]
    for key in ("floors", "areas", "entities", "satellites", "entity_id", "aliases", "device_class", "attributes"):
        assert key in comments
