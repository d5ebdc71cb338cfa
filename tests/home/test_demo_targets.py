"""Which entities a command means, as Home Assistant finds them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity, HomeSnapshot
from wyoming_servers.home.targets import NoTarget, Wanted, match_targets, wanted_by


def found(intent: str, **slots: Any) -> set[str] | NoTarget:
    match = match_targets(DEMO_HOUSE, wanted_by(intent, slots))
    return match.problem or {entity.entity_id for entity in match.entities}


@pytest.mark.parametrize(
    ("intent", "slots", "expected"),
    [
        ("HassTurnOn", {"name": "tv"}, {"media_player.tv"}),
        ("HassTurnOn", {"name": "客厅电视"}, {"media_player.tv"}),
        ("HassLightSet", {"area": "厨房"}, {"light.kitchen", "light.counter"}),
        ("HassTurnOn", {"area": "kitchen", "domain": ["light", "lock"]}, {"light.kitchen", "light.counter"}),
        ("HassTurnOff", {"device_class": "blind"}, {"cover.kitchen_blinds", "cover.office_blinds"}),
        ("HassTurnOff", {"device_class": "blind", "floor": "upstairs"}, {"cover.office_blinds"}),
        ("HassVacuumCleanArea", {"area": "Kitchen"}, {"vacuum.robot"}),
        ("HassTurnOn", {"name": "nothing"}, NoTarget.NAME),
        ("HassLightSet", {"name": "TV"}, NoTarget.NAME),
        ("HassTurnOn", {"name": "TV", "area": "Kitchen"}, NoTarget.AREA),
        ("HassTurnOn", {"domain": "siren"}, NoTarget.DOMAIN),
        ("HassTurnOn", {"device_class": "door", "floor": "Outside"}, NoTarget.FLOOR),
        ("HassTurnOn", {"device_class": "unheard"}, NoTarget.DEVICE_CLASS),
    ],
)
def test_slots_restrict_what_is_meant(intent: str, slots: dict[str, Any], expected: set[str] | NoTarget) -> None:
    assert found(intent, **slots) == expected


TWINS = HomeSnapshot(
    areas=(Area("a", "A"), Area("b", "B")),
    entities=(Entity("light.a", "Spot", area_id="a"), Entity("light.b", "Spot", area_id="b")),
)


def test_two_of_a_name_are_a_problem_unless_one_is_preferred() -> None:
    assert match_targets(TWINS, Wanted(name="Spot")).problem is NoTarget.DUPLICATE_NAME
    match = match_targets(TWINS, Wanted(name="Spot", preferred_area_id="b"))
    assert (match.problem, [entity.entity_id for entity in match.entities]) == (None, ["light.b"])


@given(st.sampled_from([(entity, name) for entity in DEMO_HOUSE.entities for name in entity.names]))
def test_everything_is_found_by_each_of_its_names(pair: tuple[Entity, str]) -> None:
    entity, name = pair
    assert match_targets(DEMO_HOUSE, Wanted(name=f" {name.upper()} ")).entities == (entity,)
