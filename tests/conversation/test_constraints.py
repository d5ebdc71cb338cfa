"""A call can only name what exists in the home: Assist's schemas and Sotto's own, narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from wyoming_servers.conversation.constraints import constrain
from wyoming_servers.conversation.engine import Tool
from wyoming_servers.conversation.prompt.tools import tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

HOME = HomeSnapshot(
    floors=(Floor("up", "Upstairs", ("楼上",)),),
    areas=(Area("kitchen", "Kitchen", ("厨房",), "up"), Area("hall", "Hall / Entrance")),
    entities=(
        Entity("light.a", 'The "big" one', ("大灯",), "kitchen"),
        Entity("cover.b", "Blinds", (), "hall", "blind"),
        Entity("media_player.c", "TV", ("",), "hall", "tv"),
        Entity("sensor.d", "Outside", (), None, "temperature"),
        Entity("todo.e", "Groceries"),
    ),
)
TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
CLASSES = {"type": "array", "items": {"type": "string", "enum": ["blind", "garage", "tv"]}}


def tool(called: str, required: tuple[str, ...] = (), /, **properties: Mapping[str, Any]) -> Tool:
    """Return a tool with a schema as Home Assistant makes them."""
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    return Tool(called, "", {**parameters, "required": list(required)} if required else parameters)


TURN_ON = tool(
    "intent__HassTurnOn", name=TEXT, area=TEXT, floor=TEXT, domain=TEXTS, device_class={**CLASSES, "description": "c"}
)


def properties(described: Tool, home: HomeSnapshot = HOME) -> Mapping[str, Any]:
    narrowed = constrain(described, home)
    assert narrowed is not None
    return dict(narrowed["properties"])


def test_names_are_those_of_what_the_intent_acts_on() -> None:
    assert properties(TURN_ON)["name"] == {"type": "string", "enum": ["Blinds", "TV", 'The "big" one', "大灯"]}


def test_areas_and_floors_are_those_of_the_home_with_their_aliases() -> None:
    assert properties(TURN_ON)["area"]["enum"] == ["Hall / Entrance", "Kitchen", "厨房"]
    assert properties(TURN_ON)["floor"]["enum"] == ["Upstairs", "楼上"]


def test_domains_and_classes_are_those_that_the_home_has_and_the_schema_knows() -> None:
    assert properties(TURN_ON)["domain"]["items"]["enum"] == ["cover", "light", "media_player"]
    assert properties(TURN_ON)["device_class"]["items"]["enum"] == ["blind", "tv"]
    assert properties(TURN_ON)["device_class"]["description"] == "c"


@pytest.mark.parametrize("prefix", ["", "intent__", "assist__intent__"])
def test_a_tool_is_known_whatever_prefix_it_has(prefix: str) -> None:
    described = tool(f"{prefix}HassLightSet", name=TEXT, area=TEXT)
    assert properties(described)["name"]["enum"] == ['The "big" one', "大灯"]


def test_something_must_be_said_of_what_is_to_be_turned_on() -> None:
    narrowed = constrain(TURN_ON, HOME)
    assert narrowed is not None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, narrowed)


def test_a_property_of_which_the_home_has_nothing_is_gone() -> None:
    home = HomeSnapshot(entities=(Entity("light.a", "Lamp"),))
    assert set(properties(TURN_ON, home)) == {"name", "domain"}


@pytest.mark.parametrize(
    "described",
    [
        TURN_ON,
        tool("vacuum__HassVacuumStart", name=TEXT, area=TEXT),
        tool("todo__get_items", ("todo_list",), todo_list=TEXT),
        tool("HassVacuumCleanArea", ("area",), area=TEXT),
    ],
)
def test_a_tool_with_nothing_to_act_on_cannot_be_called(described: Tool) -> None:
    assert constrain(described, HomeSnapshot(areas=HOME.areas)) is None


def test_a_required_property_of_which_the_home_has_nothing_takes_the_tool_with_it() -> None:
    described = tool("HassVacuumCleanArea", ("area",), area=TEXT)
    assert constrain(described, HomeSnapshot(entities=(Entity("vacuum.a", "Robot"),))) is None


def test_lists_are_the_home_s_and_items_are_free() -> None:
    described = tool("todo__HassListAddItem", ("item", "name"), item=TEXT, name=TEXT)
    assert properties(described) == {"item": TEXT, "name": {"type": "string", "enum": ["Groceries"]}}


def test_a_list_that_home_assistant_listed_itself_stays_one_of_them() -> None:
    described = tool("todo__get_items", ("todo_list",), todo_list={"type": "string", "enum": ["Groceries", "Gone"]})
    assert properties(described)["todo_list"]["enum"] == ["Groceries"]


def test_what_looks_may_look_at_everything_by_one_domain() -> None:
    domain = {"anyOf": [TEXT, TEXTS]}
    found = properties(tool("homeassistant__GetLiveContext", name=TEXT, domain=domain, area=TEXT))
    assert "Outside" in found["name"]["enum"]
    assert found["domain"] == {"type": "string", "enum": ["cover", "light", "media_player", "sensor", "todo"]}


def test_a_timer_s_name_is_free_its_area_is_not_and_it_ends() -> None:
    amount = {"type": "integer", "minimum": 0}
    described = tool("intent__HassStartTimer", hours=amount, start_minutes=amount, name=TEXT, area=TEXT)
    found = properties(described)
    assert found["name"] == TEXT
    assert found["area"]["enum"] == ["Hall / Entrance", "Kitchen", "厨房"]
    assert found["hours"] == {"type": "integer", "minimum": 0, "maximum": 8784}
    assert found["start_minutes"]["maximum"] == 10_080


def test_what_the_intent_says_itself_is_not_asked_of_the_model() -> None:
    muted = tool("media_player__HassMediaPlayerMute", name=TEXT, is_volume_muted={"description": "Whether"})
    assert set(properties(muted)) == {"name"}


@pytest.mark.parametrize(
    "described",
    [
        tool("script__party", name=TEXT, area=TEXT),
        tool("llm__GetDateTime"),
        tool("assist_satellite__HassBroadcast", ("message",), message=TEXT),
    ],
)
def test_a_tool_that_is_not_known_stays_as_it_is(described: Tool) -> None:
    assert constrain(described, HOME) == described.parameters


def test_alternatives_among_required_properties_stay() -> None:
    amount = {"type": "integer", "minimum": 0}
    described = tool("HassStartTimer", hours=amount, minutes=amount)
    wanted = {**described.parameters, "anyOf": [{"required": ["hours"]}, {"required": ["minutes"]}]}
    narrowed = constrain(Tool("HassStartTimer", "", wanted), HOME)
    assert narrowed is not None
    assert narrowed["anyOf"] == wanted["anyOf"]


def test_what_is_narrower_is_still_what_the_tool_wants() -> None:
    for described in tools(DEMO_HOUSE):
        narrowed = constrain(described, DEMO_HOUSE)
        assert narrowed is not None, described.name
        assert set(narrowed["properties"]) <= set(described.parameters["properties"])
        for name, schema in narrowed["properties"].items():
            for value in schema.get("enum", ()):
                jsonschema.validate(value, described.parameters["properties"][name])
