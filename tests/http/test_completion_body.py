"""The body of a completion: what is read from it, and that nothing else than a named field is ever the answer."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.engine import Message, Role, Tool, ToolCall, ToolChoice
from wyoming_servers.http.completion import Asked, must_be_answered, parse_completion, said_last
from wyoming_servers.http.errors import FieldError
from wyoming_servers.http.sotto_fields import HomeFields

USER: dict[str, Any] = {"role": "user", "content": "Hello"}
CALL: dict[str, Any] = {
    "id": "c1",
    "type": "function",
    "function": {"name": "GetTime", "arguments": '{"zone": "北京"}'},
}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "GetTime", "description": None, "parameters": None}}
FULL: dict[str, Any] = {
    "model": "any",
    "messages": [
        {"role": "system", "content": "You are Sotto."},
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "12:00"}]},
    ],
    "tools": [TOOL],
    "tool_choice": "auto",
    "response_format": {"type": "text"},
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_completion_tokens": 50,
    "temperature": 0,
    "seed": 5,
    "logit_bias": None,
    "sotto": {"home": "abc", "area": None, "device": "satellite-1", "language": "zh-CN"},
}


def parse(body: Any) -> Asked:
    return parse_completion(body, max_tokens=400, temperature=0.2)


def messages(*objects: dict[str, Any]) -> tuple[Message, ...]:
    return parse({"messages": [*objects]}).request.messages


def test_a_body_is_read_whole() -> None:
    asked = parse(FULL)
    assert asked.request.messages == (
        Message(Role.SYSTEM, "You are Sotto."),
        Message(Role.USER, "Hello"),
        Message(Role.ASSISTANT, "", (ToolCall("GetTime", {"zone": "北京"}, "c1"),)),
        Message(Role.TOOL, "12:00", call_id="c1"),
    )
    assert asked.request.tools == (Tool("GetTime"),)
    assert (asked.request.max_tokens, asked.request.temperature) == (50, 0.0)
    assert (asked.stream, asked.include_usage) == (True, True)
    assert asked.sotto == HomeFields("abc", None, "satellite-1", "zh-CN")
    assert said_last(asked.request) == "Hello"


def test_null_is_as_good_as_nothing() -> None:
    names = [name for name in FULL if name != "messages"]
    assert parse({"messages": [USER], **dict.fromkeys(names)}) == parse({"messages": [USER]})


def test_what_the_system_says_comes_first_and_in_one() -> None:
    late = {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}
    assert messages({"role": "system", "content": "You are Sotto."}, USER, late) == (
        Message(Role.SYSTEM, "You are Sotto.\n\nBe brief."),
        Message(Role.USER, "Hello"),
    )


def test_parts_of_text_are_joined_by_lines() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert messages({"role": "user", "content": parts}) == (Message(Role.USER, "one\ntwo"),)


def test_any_json_object_is_a_schema_too() -> None:
    request = parse({"messages": [USER], "response_format": {"type": "json_object"}}).request
    assert request.schema == {"type": "object"}


def test_the_newer_name_of_the_longest_answer_goes_first() -> None:
    assert parse({"messages": [USER], "max_tokens": 5, "max_completion_tokens": 6}).request.max_tokens == 6
    assert parse({"messages": [USER], "max_tokens": 5}).request.max_tokens == 5
    assert parse({"messages": [USER]}).request.max_tokens == 400


def test_a_named_tool_must_be_called() -> None:
    request = parse({**FULL, "tool_choice": TOOL}).request
    assert (request.choice, request.callable) == (ToolChoice.REQUIRED, frozenset({"GetTime"}))


@pytest.mark.parametrize(
    ("path", "value", "param"),
    [
        ("messages", None, "messages"),
        ("messages", "Hello", "messages"),
        ("messages.1", "Hello", "messages[1]"),
        ("messages.1.role", None, "messages[1].role"),
        ("messages.1.content", None, "messages[1].content"),
        ("messages.1.content", [{"type": "image_url", "image_url": {}}], "messages[1].content[0].image_url.url"),
        ("messages.1.content", [{"type": "text", "text": 5}], "messages[1].content[0].text"),
        ("messages.2.tool_calls", {}, "messages[2].tool_calls"),
        ("messages.2.tool_calls.0.id", 5, "messages[2].tool_calls[0].id"),
        ("messages.2.tool_calls.0.function.name", "", "messages[2].tool_calls[0].function.name"),
        ("messages.2.tool_calls.0.function.arguments", "[]", "messages[2].tool_calls[0].function.arguments"),
        ("messages.2.tool_calls.0.function.arguments", "{", "messages[2].tool_calls[0].function.arguments"),
        ("messages.2.tool_calls.0.function.arguments", {}, "messages[2].tool_calls[0].function.arguments"),
        ("messages.3.tool_call_id", "other", "messages[3].tool_call_id"),
        ("tools", [TOOL, TOOL], "tools"),
        ("tools", [TOOL] * 129, "tools"),
        ("tools.0.type", "retrieval", "tools[0].type"),
        ("tools.0.function", None, "tools[0].function"),
        ("tools.0.function.name", "x" * 129, "tools[0].function.name"),
        ("tools.0.function.parameters", {"type": "array"}, "tools[0].function.parameters"),
        ("tool_choice", "always", "tool_choice"),
        ("tool_choice", {"type": "function", "function": {"name": "Other"}}, "tool_choice"),
        ("response_format", {"type": "json_schema"}, "response_format.json_schema"),
        ("response_format", {"type": "json_schema", "json_schema": {}}, "response_format.json_schema.schema"),
        ("stream", "yes", "stream"),
        ("stream_options", {"include_usage": 1}, "stream_options.include_usage"),
        ("max_tokens", True, "max_tokens"),
        ("max_tokens", 1.5, "max_tokens"),
        ("temperature", 2.1, "temperature"),
        ("model", 5, "model"),
        ("sotto.language", "", "sotto.language"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: Any, param: str) -> None:
    body: Any = copy.deepcopy(FULL)
    each = body
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        each = each[step]
    each[last] = value
    with pytest.raises(FieldError) as caught:
        parse(body)
    assert caught.value.param == param


def test_json_and_a_call_at_once_are_refused() -> None:
    with pytest.raises(FieldError) as caught:
        parse({**FULL, "tool_choice": "required", "response_format": {"type": "json_object"}})
    assert caught.value.param == "response_format"


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_an_answer_is_only_wanted_to_the_user_or_a_tool(role: str) -> None:
    must_be_answered(parse(FULL).request)
    must_be_answered(parse({"messages": [USER]}).request)
    with pytest.raises(FieldError) as caught:
        must_be_answered(parse({"messages": [{"role": role, "content": "Hi."}]}).request)
    assert caught.value.param == "messages"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "role"]), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all that is in a body."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, each in steps for place in places(each, (*path, step)))]


@given(st.sampled_from([place for place in places(FULL) if place]), JSON)
def test_whatever_stands_anywhere_is_read_or_refused_by_name(place: tuple[Any, ...], value: Any) -> None:
    body: Any = copy.deepcopy(FULL)
    each = body
    for step in place[:-1]:
        each = each[step]
    each[place[-1]] = value
    try:
        parse(body)
    except FieldError as err:
        assert err.param  # noqa: PT017 - reading it is as good


@given(JSON)
def test_whatever_the_body_is_it_is_read_or_refused(body: Any) -> None:
    if isinstance(body, dict):
        with pytest.raises(FieldError):
            parse(body)
