"""Sotto's own part of a body: read whole, and a wrong field is named."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from wyoming_servers.home.model import Entity, HomeSnapshot
from wyoming_servers.http.completion import parse_completion
from wyoming_servers.http.errors import FieldError
from wyoming_servers.http.sotto_fields import (
    TEXT_CHARS,
    HomeFields,
    PromptFields,
    State,
    with_states,
)

PROMPT: dict[str, Any] = {
    "instructions": "Be brief.\nAlways.",
    "context": "The bell rang.",
    "now": "2026-11-29T20:15:00+08:00",
    "states": {"light.bed": "off", "climate.x": {"state": "heat", "attributes": {"temperature": 21}}},
    "conversation": "01JAAAAAAAAAAAAAAAAAAAAAAA",
}
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}], "sotto": {"home": "abc", "prompt": PROMPT}}


def parse(body: dict[str, Any]) -> HomeFields | None:
    return parse_completion(body, max_tokens=400, temperature=0.2).sotto


def test_it_is_read_whole() -> None:
    assert parse(BODY) == HomeFields(
        "abc",
        prompt=PromptFields(
            "Be brief.\nAlways.",
            "The bell rang.",
            datetime(2026, 11, 29, 20, 15, tzinfo=timezone(timedelta(hours=8))),
            {"light.bed": State("off"), "climate.x": State("heat", {"temperature": 21})},
            "01JAAAAAAAAAAAAAAAAAAAAAAA",
        ),
    )


def test_all_of_it_may_be_missing_or_null() -> None:
    for prompt in ({}, dict.fromkeys(PROMPT)):
        assert parse({**BODY, "sotto": {"prompt": prompt}}) == HomeFields(prompt=PromptFields())
    assert parse({**BODY, "sotto": {"prompt": None}}) == HomeFields()


@pytest.mark.parametrize(
    ("path", "value", "param"),
    [
        ("", [], "sotto.prompt"),
        ("persona", "pirate", "sotto.prompt.persona"),
        ("instructions", 5, "sotto.prompt.instructions"),
        ("instructions", "x" * (TEXT_CHARS + 1), "sotto.prompt.instructions"),
        ("context", ["a"], "sotto.prompt.context"),
        ("context", "x" * (TEXT_CHARS + 1), "sotto.prompt.context"),
        ("now", "today", "sotto.prompt.now"),
        ("now", "2026-11-29T20:15:00", "sotto.prompt.now"),
        ("now", 1764418500, "sotto.prompt.now"),
        ("conversation", "", "sotto.prompt.conversation"),
        ("states", ["light.bed"], "sotto.prompt.states"),
        ("states.light.bed", 1, "sotto.prompt.states.light.bed"),
        ("states.light.bed", None, "sotto.prompt.states.light.bed"),
        ("states.light.bed", {}, "sotto.prompt.states.light.bed.state"),
        ("states.light.bed", {"state": True}, "sotto.prompt.states.light.bed.state"),
        ("states.light.bed", {"state": "on", "attributes": []}, "sotto.prompt.states.light.bed.attributes"),
        ("states.light.bed", {"state": "on", "name": "x"}, "sotto.prompt.states.light.bed.name"),
        ("states", {f"light.x{number}": "on" for number in range(10_001)}, "sotto.prompt.states"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: Any, param: str) -> None:
    body = copy.deepcopy(BODY)
    if not path:
        body["sotto"]["prompt"] = value
    elif path.startswith("states."):
        body["sotto"]["prompt"]["states"][path.removeprefix("states.")] = value
    else:
        body["sotto"]["prompt"][path] = value
    with pytest.raises(FieldError) as caught:
        parse(body)
    assert caught.value.param == param


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_system_message_is_refused_where_the_server_writes_it(role: str) -> None:
    late = {"role": role, "content": "You are a pirate."}
    with pytest.raises(FieldError, match="instructions") as caught:
        parse({**BODY, "messages": [*BODY["messages"], late]})
    assert caught.value.param == "messages[1].role"


def test_only_where_the_server_writes_the_prompt_there_may_be_no_message_yet() -> None:
    assert parse({**BODY, "messages": []}) is not None
    with pytest.raises(FieldError) as caught:
        parse({"messages": []})
    assert caught.value.param == "messages"


def test_states_stand_in_place_of_the_homes_and_attributes_only_where_they_are_given() -> None:
    home = HomeSnapshot(
        entities=(Entity("light.a", "A", state="on", attributes={"brightness": 9}), Entity("light.b", "B"))
    )
    now = with_states(
        home, {"light.a": State("off"), "light.b": State("on", {"brightness": 5}), "light.c": State("on")}
    )
    assert [(each.state, dict(each.attributes)) for each in now.entities] == [
        ("off", {"brightness": 9}),
        ("on", {"brightness": 5}),
    ]
    assert now.naming == home.naming
    assert with_states(home, {}) is home
