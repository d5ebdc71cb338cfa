"""What Home Assistant's registries and states become, without a connection."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.home.fake_home_assistant import entry
from wyoming_servers.home.mirror import Mirror, Registries, areas_from, floors_from, names_of
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

DEVICES: dict[str, dict[str, Any]] = {
    "lamp": {"id": "lamp", "name": "Lamp", "name_by_user": None},
    "tv": {"id": "tv", "name": "TV-X200", "name_by_user": "Telly"},
    "strip": {"id": "strip", "name": "Power strip"},
    "socket": {"id": "socket", "name": "Socket 2", "parent_device_id": "strip", "next_name_part": "parent_device"},
    "placed": {"id": "placed", "name": "Socket 3", "parent_device_id": "strip", "next_name_part": "area"},
}


def names(attributes: dict[str, Any] | None = None, **fields: Any) -> tuple[str, ...]:
    return names_of("light.x_y", entry("light.x_y", **fields), attributes or {}, DEVICES)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"device_id": "lamp"}, "Lamp"),
        ({"device_id": "tv"}, "Telly"),
        ({"device_id": "tv", "original_name": "Volume"}, "Telly Volume"),
        ({"device_id": "tv", "original_name": "Volume", "area_id": "hall"}, "Volume"),
        ({"device_id": "tv", "original_name": "Volume", "name": "Loudness"}, "Loudness"),
        ({"device_id": "tv", "original_name": "Volume", "name": ""}, "Telly"),
        ({"device_id": "socket", "original_name": "Switch"}, "Power strip Socket 2 Switch"),
        ({"device_id": "placed", "original_name": "Switch"}, "Socket 3 Switch"),
        ({"device_id": "gone", "original_name": "Switch"}, "Switch"),
        ({"original_name": "Gate"}, "Gate"),
    ],
)
def test_the_computed_name_joins_what_the_area_does_not_say_already(fields: dict[str, Any], expected: str) -> None:
    assert names(**fields) == (expected,)


def test_a_gap_in_the_aliases_stands_for_the_computed_name() -> None:
    assert names(name="Lamp", aliases=["night light", None, "moon"]) == ("night light", "Lamp", "moon")


def test_a_name_that_the_user_took_away_is_not_used() -> None:
    assert names(name="Lamp", aliases=["moon"]) == ("moon",)
    assert names(name="Lamp", aliases=[]) == ()


def test_names_are_trimmed_and_said_once() -> None:
    assert names(name="Lamp", aliases=[None, " Lamp ", "", "moon", "moon"]) == ("Lamp", "moon")


def test_an_older_home_assistant_lists_aliases_beside_the_friendly_name() -> None:
    old = {"entity_id": "light.x", "name": "Lamp", "aliases": ["moon", "glow"]}
    assert names_of("light.x", old, {"friendly_name": "Desk Lamp"}, {}) == ("Desk Lamp", "glow", "moon")


def test_an_entity_of_no_registry_is_called_by_its_state_or_by_its_id() -> None:
    assert names_of("light.x_y", None, {"friendly_name": "Ex"}, {}) == ("Ex",)
    assert names_of("light.x_y", None, {}, {}) == ("x y",)


def test_floors_and_areas_keep_their_order_and_their_aliases_are_sorted() -> None:
    floors = floors_from([{"floor_id": "b", "name": "B"}, {"floor_id": "a", "name": "A", "aliases": ["2", "1"]}])
    assert floors == (Floor("b", "B"), Floor("a", "A", ("1", "2")))
    raw = [{"area_id": "x", "name": "X", "floor_id": "a"}, {"area_id": "y", "name": "Y", "floor_id": "gone"}]
    assert areas_from(raw, {"a"}) == (Area("x", "X", (), "a"), Area("y", "Y", (), None))


def snapshot_from(registries: Registries, states: Any) -> HomeSnapshot:
    """Return the house of registries and the states of `subscribe_entities`' first event (its `a`)."""
    mirror = Mirror()
    mirror.load(registries)
    mirror.apply({"a": states})
    return mirror.snapshot


def house(**parts: Any) -> Registries:
    areas = [{"area_id": "hall", "name": "Hall"}, {"area_id": "attic", "name": "Attic"}]
    devices = [
        {"id": "lamp", "name": "Lamp", "area_id": "hall"},
        {"id": "bulb", "name": "Bulb", "parent_device_id": "lamp", "next_name_part": "parent_device"},
        {"id": "lost", "name": "Lost", "area_id": "gone"},
    ]
    return Registries(**{"areas": areas, "devices": devices, **parts})


def test_an_entity_stands_where_it_says_or_else_where_its_device_or_the_device_of_that_stands() -> None:
    entries = {
        "light.own": entry("light.own", device_id="lamp", area_id="attic", original_name="Own"),
        "light.device": entry("light.device", device_id="lamp"),
        "light.part": entry("light.part", device_id="bulb"),
        "light.lost": entry("light.lost", device_id="lost"),
        "light.nowhere": entry("light.nowhere", area_id="gone", original_name="Nowhere"),
    }
    snapshot = snapshot_from(house(entries=entries), {entity_id: {"s": "on", "a": {}} for entity_id in entries})
    assert {entity.entity_id: entity.area_id for entity in snapshot.entities} == {
        "light.own": "attic",
        "light.device": "hall",
        "light.part": "hall",
        "light.lost": None,
        "light.nowhere": None,
    }
    assert snapshot.device_areas == {"lamp": "hall", "bulb": "hall"}


def test_an_entity_without_a_state_or_not_exposed_is_not_in_the_house() -> None:
    entries = {"light.a": entry("light.a", name="A"), "light.b": entry("light.b", name="B")}
    snapshot = snapshot_from(house(entries=entries), {"light.b": {"s": "on", "a": {}}, "light.c": {"s": "on", "a": {}}})
    assert [entity.entity_id for entity in snapshot.entities] == ["light.b"]


def test_an_entity_has_its_class_state_and_attributes() -> None:
    attributes = {"device_class": "door", "friendly_name": "Door", "n": 1}
    snapshot = snapshot_from(house(entries={"cover.d": None}), {"cover.d": {"s": "open", "a": attributes}})
    assert snapshot.entities == (Entity("cover.d", "Door", (), None, "door", "open", attributes),)


def following() -> Mirror:
    mirror = Mirror()
    mirror.load(house(entries={"light.a": entry("light.a", name="A"), "light.b": None}))
    states = {"light.a": {"s": "off", "a": {"x": 1, "y": 2}}, "light.b": {"s": "off", "a": {"friendly_name": "B"}}}
    assert mirror.apply({"a": states})
    return mirror


def test_a_difference_changes_state_and_attributes_and_leaves_the_former_snapshot_as_it_was() -> None:
    mirror = following()
    before = mirror.snapshot
    assert not mirror.apply({"c": {"light.a": {"+": {"s": "on", "a": {"x": 3}}, "-": {"a": ["y"]}}}})
    after = mirror.snapshot.entity("light.a")
    assert after == Entity("light.a", "A", (), None, None, "on", {"x": 3})
    assert before.entity("light.a") == Entity("light.a", "A", (), None, None, "off", {"x": 1, "y": 2})
    assert before.naming == mirror.snapshot.naming


@pytest.mark.parametrize(
    "event",
    [
        {"c": {"light.b": {"+": {"a": {"friendly_name": "Bee"}}}}},
        {"c": {"light.b": {"+": {"a": {"device_class": "x"}}}}},
        {"r": ["light.b"]},
        {"a": {"light.a": {"s": "on", "a": {"device_class": "y"}}}},
    ],
)
def test_an_event_that_renames_adds_or_removes_says_so(event: dict[str, Any]) -> None:
    mirror = following()
    before = mirror.snapshot
    assert mirror.apply(event)
    assert before.naming != mirror.snapshot.naming


def test_registries_read_anew_keep_the_states_of_those_who_stay() -> None:
    mirror = following()
    mirror.load(house(entries={"light.a": entry("light.a", name="Alpha")}))
    assert [(entity.name, entity.state) for entity in mirror.snapshot.entities] == [("Alpha", "off")]
    assert not mirror.apply({"c": {"light.b": {"+": {"s": "on"}}}})


def test_who_comes_back_has_no_state_until_it_is_told() -> None:
    mirror = following()
    mirror.load(house(entries={}))
    mirror.load(house(entries={"light.b": None}))
    assert mirror.snapshot.entities == ()
    assert mirror.apply({"a": {"light.b": {"s": "on", "a": {}}}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["hall", "lamp", "light.a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([
    "area_id", "floor_id", "id", "name", "name_by_user", "original_name", "aliases", "device_id", "next_name_part",
    "parent_device_id", "s", "a", "c", "r", "+", "-", "light.a", "friendly_name", "device_class",
])  # fmt: skip
ODD = JSON | st.dictionaries(KEYS, JSON, max_size=6) | st.lists(st.dictionaries(KEYS, JSON, max_size=6), max_size=4)
ENTRIES = ODD | st.dictionaries(st.sampled_from(["light.a", "light.b", "odd"]), ODD, max_size=3)
EVENTS = ODD | st.fixed_dictionaries({}, optional={"a": ENTRIES, "c": ENTRIES, "r": ODD})


@given(floors=ODD, areas=ODD, devices=ODD, entries=ENTRIES, events=st.lists(EVENTS, max_size=5))
def test_odd_data_never_fails_and_never_gives_what_cannot_be_said(
    floors: Any, areas: Any, devices: Any, entries: Any, events: list[Any]
) -> None:
    mirror = Mirror()
    mirror.load(Registries(floors=floors, areas=areas, devices=devices, entries=entries))
    for event in events:
        before = mirror.snapshot.naming
        assert mirror.apply(event) or mirror.snapshot.naming == before
    snapshot: HomeSnapshot = mirror.snapshot
    assert all(entity.name.strip() and all(entity.aliases) for entity in snapshot.entities)
    assert {area.floor_id for area in snapshot.areas} <= {floor.floor_id for floor in snapshot.floors} | {None}
    assert {entity.area_id for entity in snapshot.entities} <= {area.area_id for area in snapshot.areas} | {None}
