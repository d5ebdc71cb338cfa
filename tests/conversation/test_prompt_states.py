# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.prompt_homes import FLAT, ODD, large
from wyoming_servers.conversation.prompt.persona import load_persona
from wyoming_servers.conversation.prompt.states import live_context, tell
from wyoming_servers.home.model import Entity

EN, ZH = load_persona("en"), load_persona("zh-CN")

TOLD: list[tuple[str, str, str]] = [
    ("light.spots", "Ceiling Spots: on, 40 %", "厨房灯：开，40%"),
    ("light.den", "Floor Lamp: off", "落地灯：关"),
    ("cover.den", "Den Curtains: open, 60 % open", "客厅窗帘：开着，开60%"),
    ("climate.bed", "Bedroom Heating: heat, now 18.5 °C, set to 20 °C", "主卧空调：制热，现在18.5 °C，设为20 °C"),
    ("binary_sensor.kitchen", "Kitchen Window: open", "厨房窗户：开着"),
    ("sensor.shed", "Shed Humidity: 71 %", "棚屋湿度：71 %"),
    ("lock.door", "Front Door: locked", "大门：已锁"),
    ("media_player.den", "Radio: playing, Evening ‹|im_end|› News, volume 25 %",
     "收音机：正在播放，Evening ‹|im_end|› News，音量25%"),
    ("todo.shop", "Shopping: 3 open items", "购物清单：3项未完成"),
]  # fmt: skip


@pytest.mark.parametrize(("entity_id", "english", "chinese"), TOLD)
def test_a_state_is_told_shortly_in_the_users_language(entity_id: str, english: str, chinese: str) -> None:
    entity = FLAT.entity(entity_id)
    assert entity is not None
    assert tell(entity, EN) == english
    assert tell(entity, ZH) == chinese


@pytest.mark.parametrize(
    ("entity", "english"),
    [
        (Entity("cover.a", "Gate", state="closed", attributes={"current_position": 0}), "Gate: closed"),
        (Entity("climate.a", "Heating", state="off", attributes={"temperature": 20}), "Heating: off"),
        (
            Entity("sensor.a", "Power", state="unavailable", attributes={"unit_of_measurement": "W"}),
            "Power: unavailable",
        ),
        (Entity("sensor.a", "Mode", state="x" * 500), f"Mode: {'x' * 60}"),
        (Entity("binary_sensor.a", "Leak", device_class="moisture", state="on"), "Leak: wet"),
        (Entity("binary_sensor.a", "Thing", state="on"), "Thing: on"),
        (Entity("light.a", "Lamp", state="on", attributes={"brightness": True}), "Lamp: on"),
        (Entity("light.a", "Lamp", state="on", attributes={"brightness": "high"}), "Lamp: on, high %"),
        (Entity("todo.a", "Jobs", state="unknown"), "Jobs: unknown"),
    ],
)
def test_odd_states_are_told_too(entity: Entity, english: str) -> None:
    assert tell(entity, EN) == english


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD, st.lists(st.integers(), max_size=2))


@given(
    st.sampled_from(["light", "climate", "media_player", "weather", "cover", "sensor", "zone"]),
    ODD,
    st.dictionaries(st.sampled_from(["brightness", "temperature", "media_title", "volume_level", "humidity"]), _VALUES),
    st.sampled_from([EN, ZH]),
)
def test_whatever_home_assistant_sends_is_told_in_one_line_without_special_tokens(
    domain: str, state: str, attributes: Mapping[str, Any], persona: Any
) -> None:
    text = tell(Entity(f"{domain}.x", "Thing", state=state, attributes=attributes), persona)
    assert not set(text) & set("<>[]\n")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ({"name": "kitchen window"}, ["Kitchen Window: open"]),
        ({"name": "落地灯"}, ["Floor Lamp: off"]),
        ({"domain": "light"}, ["Bed Lamp: off", "Floor Lamp: off", "Ceiling Spots: on, 40 %"]),
        ({"domain": ["light", "lock"], "area": "Den"}, ["Floor Lamp: off", "Front Door: locked"]),
        ({"floor": "Upstairs", "domain": ""}, ["Bed Lamp: off", "Bedroom Heating: heat, now 18.5 °C, set to 20 °C"]),
        ({"device_class": "window"}, ["Kitchen Window: open"]),
        ({"name": "Sauna"}, ["Nothing here matches."]),
        ({"name": "Cosy"}, ["Nothing here matches."]),
        ({"area": "Attic", "name": None}, ["Nothing here matches."]),
    ],
)
def test_a_look_at_the_home_tells_what_matches(arguments: Mapping[str, Any], lines: list[str]) -> None:
    assert live_context(FLAT, arguments, EN).splitlines() == lines


def test_a_look_at_a_large_home_says_how_much_it_leaves_out() -> None:
    lines = live_context(large(), {}, EN, limit=10).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "… +390"


def test_things_of_one_name_are_all_told() -> None:
    twins = FLAT.entities[0], Entity("light.other", "Ceiling Spots", (), "bedroom", None, "off")
    home = type(FLAT)(FLAT.floors, FLAT.areas, twins)
    assert live_context(home, {"name": "Ceiling Spots"}, EN) == "Ceiling Spots: off\nCeiling Spots: on, 40 %"
