"""Homes that clients send: checked, known by what is said in them, and what they make of a request."""

from __future__ import annotations

import copy
import hashlib
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.engine import ChatRequest, Message, Role, Tool, ToolChoice
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.model import Home, HomeSnapshot
from wyoming_servers.http.completion import Asked
from wyoming_servers.http.errors import FieldError, UnknownHomeError
from wyoming_servers.http.homes import MOST_HOMES, Homes, hash_of, parse_home
from wyoming_servers.http.sotto_fields import HomeFields
from wyoming_servers.http.turn import Turn, make_turn

HOME: dict[str, Any] = {
    "floors": [{"floor_id": "up", "name": "Upstairs", "aliases": ["楼上", "first floor"]}],
    "areas": [
        {"area_id": "bedroom", "name": "Bedroom", "floor_id": "up"},
        {"area_id": "kitchen", "name": "Kitchen", "aliases": ["厨房"]},
    ],
    "entities": [
        {"entity_id": "light.bed", "name": "Bed light", "aliases": ["台灯", "lamp"], "area_id": "bedroom"},
        {
            "entity_id": "sensor.heat",
            "name": "Heat",
            "area_id": "kitchen",
            "device_class": "temperature",
            "state": "21.5",
            "attributes": {"unit_of_measurement": "°C"},
        },
    ],
    "device_areas": {"satellite-1": "kitchen"},
}
TURN_ON = Tool("HassTurnOn", parameters={"type": "object", "properties": {"name": {"type": "string"}}})
TIMER = Tool("HassStartTimer", parameters={"type": "object", "properties": {"minutes": {"type": "integer"}}})


def tool_object(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "parameters": tool.parameters}}


class Rebuilt(Home):
    """A home that can be another one."""

    now = parse_home(HOME)[0]

    @property
    def snapshot(self) -> HomeSnapshot:
        return self.now


@pytest.fixture
def homes() -> Homes:
    return Homes(DemoHome())


def keep(homes: Homes, home: dict[str, Any]) -> str:
    return homes.keep(*parse_home(home))


def turn(homes: Homes, *tools: Tool, words: str = "turn on the lamp", **fields: Any) -> Turn:
    request = ChatRequest((Message(Role.SYSTEM, "You are Sotto."), Message(Role.USER, words)), tools=tools)
    return make_turn(Asked(request, sotto=HomeFields(**fields)), homes, "en")


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the home with one thing in it changed: `entities.0.name`."""
    home: Any = copy.deepcopy(HOME)
    each = home
    *steps, last = path.split(".")
    for step in steps:
        each = each[int(step) if step.isdigit() else step]
    each[last] = value
    return dict(home)


def test_a_home_is_read_whole() -> None:
    snapshot, _ = parse_home(HOME)
    heat = snapshot.entity("sensor.heat")
    assert heat is not None
    assert (heat.state, heat.attributes, heat.device_class) == ("21.5", {"unit_of_measurement": "°C"}, "temperature")
    assert snapshot.areas[0].floor_id == "up"
    assert snapshot.floors[0].names == ("Upstairs", "楼上", "first floor")
    assert snapshot.device_areas == {"satellite-1": "kitchen"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entities.1.state", "30"),
        ("entities.1.attributes", {}),
        ("device_areas", {}),
        ("entities.0.aliases", ["lamp", "台灯"]),
        ("tools", [tool_object(TURN_ON)]),
    ],
)
def test_states_order_and_tools_do_not_change_the_hash(homes: Homes, path: str, value: Any) -> None:
    assert keep(homes, changed(path, value)) == keep(homes, HOME)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("entities.0.name", "Other light"),
        ("entities.0.aliases", ["lamp"]),
        ("entities.0.area_id", None),
        ("entities.0.entity_id", "light.other"),
        ("entities.1.device_class", "humidity"),
        ("areas.0.name", "Chamber"),
        ("areas.0.floor_id", None),
        ("floors.0.aliases", []),
    ],
)
def test_what_is_said_changes_the_hash(homes: Homes, path: str, value: Any) -> None:
    assert keep(homes, changed(path, value)) != keep(homes, HOME)


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_a_home_is_sent_does_not_change_its_hash(order: random.Random) -> None:
    home = copy.deepcopy(HOME)
    for kind in ("areas", "entities"):
        order.shuffle(home[kind])
    assert hash_of(parse_home(home)[0]) == hash_of(parse_home(HOME)[0])


def test_the_hash_is_as_documented() -> None:
    home = {
        "areas": [{"area_id": "b", "name": "厨房", "aliases": ["Z", "A"]}],
        "entities": [{"entity_id": "light.a", "name": " Lamp ", "area_id": "b"}],
    }
    written = '{"areas":[["b","厨房",["A","Z"],null]],"entities":[["light.a","Lamp",[],"b",null]],"floors":[]}'
    assert hash_of(parse_home(home)[0]) == hashlib.sha256(written.encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("path", "value", "param"),
    [
        ("entities", None, "entities"),
        ("entities.0.name", "", "entities[0].name"),
        ("entities.0.name", "x" * 257, "entities[0].name"),
        ("entities.0.entity_id", "light", "entities[0].entity_id"),
        ("entities.1.entity_id", "light.bed", "entities[1].entity_id"),
        ("entities.0.area_id", "cellar", "entities[0].area_id"),
        ("entities.0.aliases", "lamp", "entities[0].aliases"),
        ("entities.0.state", 5, "entities[0].state"),
        ("entities.0.colour", "red", "entities[0].colour"),
        ("areas.0.floor_id", "roof", "areas[0].floor_id"),
        ("areas.1.area_id", "bedroom", "areas[1].area_id"),
        ("floors.0", {"name": "Up"}, "floors[0].floor_id"),
        ("device_areas", {"satellite-1": "cellar"}, "device_areas.satellite-1"),
        ("rooms", [], "rooms"),
        ("tools", [{"type": "function", "function": {}}], "tools[0].function.name"),
    ],
)
def test_a_home_that_is_wrong_is_told_where(homes: Homes, path: str, value: Any, param: str) -> None:
    home = changed(path, value) if not path.startswith("floors.0") else {**HOME, "floors": [value]}
    with pytest.raises(FieldError) as caught:
        keep(homes, home)
    assert caught.value.param == param
    assert len(homes) == 0


def test_the_homes_that_were_used_last_are_kept(homes: Homes) -> None:
    first, second, *_ = [keep(homes, changed("entities.0.name", f"Lamp {n}")) for n in range(MOST_HOMES)]
    homes.find(first)
    keep(homes, HOME)
    assert len(homes) == MOST_HOMES
    homes.find(first)
    with pytest.raises(UnknownHomeError):
        homes.find(second)


def test_a_home_that_is_sent_again_has_its_new_states(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    keep(homes, changed("entities.1.state", "30"))
    heat = homes.find(home_hash).snapshot.entity("sensor.heat")
    assert heat is not None
    assert heat.state == "30"


def test_a_turn_knows_the_home_the_words_and_the_room(homes: Homes) -> None:
    made = turn(homes, home=keep(homes, HOME), area="bedroom", language="zh-CN", words="开灯")
    assert made.situation is not None
    assert made.situation.here is not None
    assert (made.situation.here.name, made.situation.utterance, made.language) == ("Bedroom", "开灯", "zh-CN")


def test_the_room_follows_from_the_satellite(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    for device, name in (("satellite-1", "Kitchen"), ("satellite-2", None)):
        situation = turn(homes, home=home_hash, device=device).situation
        assert situation is not None
        assert (situation.here and situation.here.name) == name


def test_a_room_that_the_home_does_not_have_is_refused(homes: Homes) -> None:
    with pytest.raises(FieldError) as caught:
        turn(homes, home=keep(homes, HOME), area="cellar")
    assert caught.value.param == "sotto.area"


def test_without_a_hash_it_is_the_servers_own_home(homes: Homes) -> None:
    situation = turn(homes).situation
    assert situation is not None
    assert situation.home.entities == DemoHome().snapshot.entities


def test_without_sottos_part_there_is_no_home(homes: Homes) -> None:
    asked = Asked(ChatRequest((Message(Role.USER, "Hello"),), tools=(TURN_ON,)))
    made = make_turn(asked, homes, "zh-CN")
    assert (made.request, made.situation, made.language) == (asked.request, None, "zh-CN")


def test_the_prompt_has_all_tools_that_were_seen_and_those_sent_can_be_called(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    assert turn(homes, TURN_ON, home=home_hash).request.tools == (TURN_ON,)
    assert turn(homes, TIMER, TURN_ON, home=home_hash).request.tools == (TIMER, TURN_ON)
    fewer = turn(homes, TURN_ON, home=home_hash).request
    assert fewer.tools == (TIMER, TURN_ON)
    assert fewer.callable == frozenset({"HassTurnOn"})


def test_tools_that_come_with_the_home_are_in_the_first_prompt_already(homes: Homes) -> None:
    home_hash = keep(homes, {**HOME, "tools": [tool_object(TURN_ON), tool_object(TIMER)]})
    first = turn(homes, TURN_ON, home=home_hash).request
    assert (first.tools, first.callable) == ((TIMER, TURN_ON), frozenset({"HassTurnOn"}))


def test_a_tool_that_changed_is_described_as_it_is_now(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    turn(homes, TURN_ON, home=home_hash)
    changed_tool = Tool("HassTurnOn", "Switches", TURN_ON.parameters)
    assert turn(homes, changed_tool, home=home_hash).request.tools == (changed_tool,)


def test_a_request_without_tools_gets_none(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    turn(homes, TURN_ON, home=home_hash)
    assert turn(homes, home=home_hash).request.tools == ()


def test_a_home_does_not_gather_tools_for_ever(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    for number in range(200):
        turn(homes, Tool(f"Tool{number:03}"), home=home_hash)
    tools = turn(homes, TURN_ON, home=home_hash).request.tools
    assert len(tools) == 128
    assert TURN_ON in tools
    assert Tool("Tool199") in tools


def test_the_names_that_a_call_may_have_are_the_homes(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    constraints = turn(homes, TURN_ON, TIMER, home=home_hash).request.constraints
    assert "Bed light" in str(constraints["HassTurnOn"])
    assert "台灯" in str(constraints["HassTurnOn"])
    assert "Bed light" not in str(constraints["HassStartTimer"])
    renamed = keep(homes, changed("entities.0.name", "Night light"))
    assert "Night light" in str(turn(homes, TURN_ON, home=renamed).request.constraints["HassTurnOn"])
    assert "Night light" not in str(turn(homes, TURN_ON, home=home_hash).request.constraints["HassTurnOn"])


def test_the_names_follow_the_servers_own_home() -> None:
    own = Rebuilt()
    homes = Homes(own)
    assert "Bed light" in str(turn(homes, TURN_ON).request.constraints)
    own.now = parse_home(changed("entities.0.name", "Night light"))[0]
    assert "Night light" in str(turn(homes, TURN_ON).request.constraints)


def test_a_tool_with_nothing_to_act_on_is_described_and_not_callable(homes: Homes) -> None:
    home_hash = keep(homes, HOME)
    vacuum = Tool("HassVacuumStart", parameters=TURN_ON.parameters)
    request = turn(homes, TURN_ON, vacuum, home=home_hash).request
    assert (request.tools, request.callable) == ((TURN_ON, vacuum), frozenset({"HassTurnOn"}))
    asked = Asked(replace(request, tools=(vacuum,), choice=ToolChoice.REQUIRED), sotto=HomeFields(home_hash))
    with pytest.raises(FieldError) as caught:
        make_turn(asked, homes, "en")
    assert caught.value.param == "tool_choice"
