"""A model that knows nothing calls only tools that exist, with arguments that fit, and names only what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import jsonschema
import pytest

from tests.conversation.formats_families import FAMILIES, random_home, spoken
from tests.native.formats_llama import LONGEST, write
from wyoming_servers.conversation.constraints import constrain
from wyoming_servers.conversation.engine import ChatRequest, Message, Role, Tool, ToolCall, ToolChoice
from wyoming_servers.conversation.formats.format import Format
from wyoming_servers.conversation.prompt.tools import tools
from wyoming_servers.home.model import HomeSnapshot

GENERATIONS = 112
"""For each of nine families: 1,008 in all."""
IN_ONE_HOME = 4
CALLABLE = 6
"""Tools that may be called in one answer; other ones in each, so that all come up."""


def constrained(tools: Iterable[Tool], home: HomeSnapshot) -> tuple[frozenset[str], dict[str, Mapping[str, Any]]]:
    """Return which tools can be called in this home, and their narrowed parameters by name."""
    found = {tool.name: constrain(tool, home) for tool in tools}
    possible = {name: schema for name, schema in found.items() if schema is not None}
    return frozenset(possible), possible


def everything(home: HomeSnapshot) -> ChatRequest:
    """Return a request for a call of any tool that this home has a use for."""
    described = tools(home)
    possible, constraints = constrained(described, home)
    return ChatRequest(
        (Message(Role.USER, "?"),),
        tools=described,
        callable=possible,
        constraints=constraints,
        choice=ToolChoice.REQUIRED,
        max_tokens=LONGEST,
        temperature=1.0,
    )


def some(random: Random, request: ChatRequest) -> ChatRequest:
    """Return a request in which only some of the tools may be called."""
    possible = sorted(request.callable or ())
    return replace(request, callable=frozenset(random.sample(possible, k=min(CALLABLE, len(possible)))))


def everything_called(home: HomeSnapshot) -> dict[str, set[str]]:
    names = {name for entity in home.entities for name in entity.names}
    return {
        "name": names,
        "area": {name for area in home.areas for name in area.names},
        "floor": {name for floor in home.floors for name in floor.names},
        "domain": {entity.domain for entity in home.entities},
        "device_class": {entity.device_class for entity in home.entities if entity.device_class},
    }


def names_only_what_exists(call: ToolCall, home: HomeSnapshot) -> bool:
    known = everything_called(home)
    free = {"name"} if "Timer" in call.name else set()
    said = {slot: value for slot, value in call.arguments.items() if slot in known and slot not in free}
    return all(set(value if isinstance(value, list) else [value]) <= known[slot] for slot, value in said.items())


def check(call: object, request: ChatRequest, home: HomeSnapshot) -> None:
    assert isinstance(call, ToolCall), call
    assert call.name in (request.callable or ())
    described = {tool.name: tool for tool in request.tools}[call.name]
    for schema in (described.parameters, request.constraints[call.name]):
        jsonschema.Draft202012Validator(schema).validate(dict(call.arguments))
    assert names_only_what_exists(call, home), call


@pytest.mark.parametrize("family", FAMILIES)
def test_every_call_of_a_thousand_parses_fits_its_schema_and_names_only_what_exists(family: str) -> None:
    random = Random(family)
    home = HomeSnapshot()
    whole = everything(home)
    for seed in range(GENERATIONS):
        if seed % IN_ONE_HOME == 0:
            home = random_home(random, (10, 50, 200, 500)[seed // IN_ONE_HOME % 4])
            whole = everything(home)
        request = some(random, whole)
        written = write(FAMILIES[family], request, seed)
        assert written.ended, written.text
        assert written.parts, written.text
        for call in written.parts:
            check(call, request, home)


TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
AMOUNTS = {unit: {"type": "integer", "minimum": 0} for unit in ("hours", "minutes", "seconds")}
ASSIST: Mapping[str, Mapping[str, Any]] = {
    "intent__HassTurnOn": {
        "properties": {"name": TEXT, "area": TEXT, "floor": TEXT, "domain": TEXTS, "device_class": TEXTS}
    },
    "intent__HassStartTimer": {
        "properties": {**AMOUNTS, "name": TEXT, "conversation_command": TEXT},
        "anyOf": [{"required": [unit]} for unit in AMOUNTS],
    },
    "homeassistant__GetLiveContext": {"properties": {"name": TEXT, "domain": {"anyOf": [TEXT, TEXTS]}, "area": TEXT}},
    "climate__HassClimateSetTemperature": {
        "properties": {"temperature": {"type": "number"}, "area": TEXT, "name": TEXT},
        "required": ["temperature"],
    },
}
"""As Home Assistant 2026.10 writes the schemas of its tools."""


@pytest.mark.parametrize("family", FAMILIES)
def test_calls_of_home_assistant_s_own_tools_fit_their_schemas(family: str) -> None:
    described = tuple(
        Tool(name, "", {"type": "object", "additionalProperties": False, **schema})
        for name, schema in sorted(ASSIST.items())
    )
    called = set()
    for seed in range(12):
        home = random_home(Random(seed), 60)
        possible, constraints = constrained(described, home)
        request = replace(everything(home), tools=described, callable=possible, constraints=constraints)
        written = write(FAMILIES[family], request, seed)
        assert written.ended
        for call in written.parts:
            check(call, request, home)
        called |= {call.name for call in written.parts if isinstance(call, ToolCall)}
    assert len(called) > 1


def test_different_answers_are_written() -> None:
    home = random_home(Random(1), 100)
    request = some(Random(1), everything(home))
    assert len({write(FAMILIES["Hermes"], request, seed).text for seed in range(20)}) > 10


@pytest.mark.parametrize("family", FAMILIES)
def test_speech_is_free_until_a_call_begins_and_the_call_is_not(family: str) -> None:
    home = random_home(Random(2), 30)
    request = some(Random(2), everything(home))
    free = replace(request, choice=ToolChoice.AUTO)
    speech = "好的,马上 🛋️ «Ça va» <b>1 < 2</b> [x] "
    for seed in range(5):
        written = write(FAMILIES[family], free, seed, speech + begin_of(FAMILIES[family]))
        assert spoken(written.parts) == speech.rstrip()
        assert len(written.parts) > 1
        for call in [part for part in written.parts if isinstance(part, ToolCall)]:
            check(call, free, home)
        assert isinstance(written.parts[-1], ToolCall)


def begin_of(format_: Format) -> str:
    """Return the mark with which a family's calls begin."""
    return str(getattr(format_, "mark"))  # noqa: B009 - not every format has one


def test_a_tool_that_may_not_be_called_now_is_described_and_not_called() -> None:
    both = (Tool("TurnOff"), Tool("TurnOn"))
    request = ChatRequest(
        (Message(Role.USER, "?"),),
        tools=both,
        callable=frozenset({"TurnOff"}),
        choice=ToolChoice.REQUIRED,
        max_tokens=LONGEST,
        temperature=1.0,
    )
    hermes = FAMILIES["Hermes"]
    assert "TurnOn" in "".join(piece.text for piece in hermes.render(request).pieces)
    called = {
        call.name for seed in range(20) for call in write(hermes, request, seed).parts if isinstance(call, ToolCall)
    }
    assert called == {"TurnOff"}
