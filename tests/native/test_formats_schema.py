"""What is generated under a schema satisfies it, and what satisfies it can be generated: asked of a real llama.cpp."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.conversation.formats_families import FAMILIES, ODD
from tests.native.formats_llama import accepts, begins, write
from wyoming_servers.conversation.engine import ChatRequest, Message, Role, Tool, ToolChoice
from wyoming_servers.conversation.formats.format import Grammar
from wyoming_servers.errors import BadRequestError

HERMES = FAMILIES["Hermes"]
NAME = st.lists(st.sampled_from((*"abc 客厅灯", *ODD)), max_size=6).map("".join)
NAMES = st.lists(NAME, min_size=1, max_size=8, unique=True)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def asked(schema: dict[str, Any]) -> ChatRequest:
    return ChatRequest((Message(Role.USER, "?"),), schema=schema, temperature=1.0, max_tokens=4_000)


def grammar(schema: dict[str, Any]) -> Grammar:
    found = HERMES.grammar(asked(schema))
    assert found is not None
    return found


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "integer", "minimum": 0, "maximum": 100}, ["0", "7", "42", "100"], ["101", "-1", "007", "1.5", ""]),
        ({"type": "integer", "minimum": -12, "maximum": -3}, ["-12", "-3", "-7"], ["-13", "-2", "3", "-"]),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 3}, ["1", "2"], ["0", "3"]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, ["2", "999"], ["1", "0"]),
        ({"type": "integer", "minimum": 5}, ["5", "10", "123456"], ["4", "-5"]),
        ({"type": "integer", "maximum": 5}, ["5", "0", "-123456"], ["6", "50"]),
        ({"type": "integer", "multipleOf": 10, "minimum": 0, "maximum": 30}, ["0", "10", "30"], ["5", "40"]),
        ({"type": "integer"}, ["0", "-5", "123"], ["1.0", "01"]),
        ({"type": "number", "minimum": 0, "maximum": 1}, ["0", "1", "0.25", "1.0"], ["1.1", "-0.5", "2"]),
        ({"type": "number", "minimum": 0.5, "maximum": 0.7}, ["0.5", "0.65", "0.7"], ["0.4", "0.71", "0", "1"]),
        ({"type": "number", "minimum": -2.5, "maximum": 30.5}, ["-2.5", "30.5", "12.75", "0"], ["-2.6", "30.6", "31"]),
        ({"type": "number", "multipleOf": 0.5, "minimum": 16, "maximum": 18}, ["16", "16.5", "18"], ["16.3", "18.5"]),
        ({"type": "number"}, ["0", "-1.25", "3000"], ["1e5", ".5", "1."]),
        ({"type": "boolean"}, ["true", "false"], ["True", "1"]),
        ({"type": "null"}, ["null"], ["nil"]),
        ({"type": ["string", "null"]}, ['"a"', "null"], ["1"]),
        ({"type": "string", "nullable": True}, ['"a"', "null"], ["1"]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ['"ab"', '"客厅灯"'], ['"a"', '"abcd"']),
        ({"type": "string"}, ['""', '"\\""', '"\\\\"', '"好 🛋️"', '"a\\nb"'], ['"', '"\n"', '"\\u0041"', '"\\q"']),
        ({"type": "string", "format": "date"}, ['"2026-11-20"'], ['"2026-13-20"', '"today"']),
        ({"const": {"a": [1, "x"]}}, ['{"a": [1, "x"]}'], ['{"a": [1]}']),
        ({"enum": ["a", "ab", 'a"', 1, None, True]}, ['"a"', '"ab"', '"a\\""', "1", "null", "true"], ['"b"', "false"]),
        ({"type": "string", "enum": ["a", 1]}, ['"a"'], ["1"]),
        ({"anyOf": [{"type": "integer", "maximum": 3}, {"enum": ["up"]}]}, ["3", '"up"'], ["4", '"down"']),
        ({"oneOf": [{"const": 1}, False]}, ["1"], ["2"]),
        ({"allOf": [{"type": "integer", "minimum": 1}, {"maximum": 2}]}, ["1", "2"], ["0", "3"]),
        ({"type": "array", "items": {"const": 1}, "minItems": 1, "maxItems": 2}, ["[1]", "[1, 1]"], ["[]", "[1, 1,1]"]),
        ({"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True}, ["[]", "[3, 1, 2]"], ["[1, 1]"]),
        ({"type": "array", "items": {"enum": [*range(9)]}, "uniqueItems": True}, ["[0, 4, 8]"], ["[1, 1]"]),
        ({"type": "array", "items": False}, ["[]"], ["[1]"]),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": "b"}]}, ['[1, "b"]'], ["[1]"]),
        ({"type": "object", "properties": {}}, ["{}"], ['{"a": 1}']),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, ["{}", '{"a": 1, "b": 2}'], ['{"a": "b"}']),
        ({"$defs": {"x": {"enum": [1]}}, "$ref": "#/$defs/x"}, ["1"], ["2"]),
        ({"properties": {"a": {"const": 1}}, "required": ["a", "b"]}, ['{"a": 1, "b": [{}]}'], ['{"a": 1}']),
        ({}, ["1", "[]", '{"a": {"b": null}}', '"x"'], ["x", "{a}"]),
    ],
)  # fmt: skip
def test_a_schema_allows_what_it_says(schema: dict[str, Any], valid: list[str], invalid: list[str]) -> None:
    found = grammar(schema)
    assert [text for text in valid if not accepts(found, text)] == []
    assert [text for text in invalid if accepts(found, text)] == []


def test_a_schema_may_refer_to_itself() -> None:
    tree = {
        "type": "object",
        "properties": {"name": {"enum": ["a"]}, "child": {"$ref": "#"}},
        "required": ["name"],
    }
    found = grammar(tree)
    assert accepts(found, '{"name": "a", "child": {"name": "a"}}')
    assert not accepts(found, '{"child": {"name": "a"}}')


@few
@given(NAMES, st.data())
def test_a_name_is_written_as_json_writes_it_and_no_other_is(names: list[str], data: st.DataObject) -> None:
    found = grammar({"enum": names})
    assert all(accepts(found, as_json(name)) for name in names)
    other = data.draw(NAME)
    assert accepts(found, as_json(other)) == (other in names)


@few
@given(
    st.decimals(-500, 500, places=2),
    st.decimals(0, 300, places=2),
    st.lists(st.decimals(-900, 900, places=2), min_size=1, max_size=8),
)
def test_a_number_is_allowed_if_it_is_within_the_bounds(low: Any, width: Any, numbers: list[Any]) -> None:
    high = low + width
    found = grammar({"type": "number", "minimum": float(low), "maximum": float(high)})
    for number in [low, high, *numbers]:
        assume(number or not number.is_signed())
        assert accepts(found, f"{number:f}") == (low <= number <= high), number


@few
@given(
    st.dictionaries(st.text('abcd客"\\', min_size=1, max_size=3), st.booleans(), min_size=1, max_size=9),
    st.integers(0, 2),
    st.data(),
)
def test_members_come_once_and_required_ones_always(members: dict[str, bool], least: int, data: st.DataObject) -> None:
    """In any order where a tool is called and members are few, otherwise in the schema's."""
    least = min(least, len(members))
    required = [name for name, needed in members.items() if needed]
    schema = {
        "type": "object",
        "properties": {name: {"const": index} for index, name in enumerate(members)},
        "required": required,
        "minProperties": least,
    }
    request = ChatRequest((Message(Role.USER, "?"),), tools=(Tool("t", "", schema),), choice=ToolChoice.REQUIRED)
    called = HERMES.grammar(request)
    assert called is not None
    order = {name: index for index, name in enumerate(members)}
    chosen = data.draw(st.lists(st.sampled_from(list(members)), unique=True))
    complete = set(required) <= set(chosen) and len(chosen) >= least
    in_order = sorted(chosen, key=lambda name: order[name]) == chosen
    written = as_json({name: order[name] for name in chosen})
    call = f'<tool_call>\n{{"name": "t", "arguments": {written}}}\n</tool_call>'
    assert accepts(called, call) == (complete and (in_order or len(members) <= 7))
    assert accepts(grammar(schema), written) == (complete and in_order)
    twice = f"{written[:-1]}, {written[1:]}"
    assert not chosen or not accepts(grammar(schema), twice)


VALUES = st.recursive(
    st.sampled_from(
        [
            {"type": "integer", "minimum": -3, "maximum": 120},
            {"type": "number", "minimum": 0.5, "maximum": 7},
            {"type": "string", "maxLength": 12},
            {"type": "boolean"},
            {"enum": ["a", 'b"', 3, None]},
            {"type": ["integer", "null"]},
            {"type": "array", "items": {"enum": ["x", "y", "z"]}, "uniqueItems": True, "minItems": 1},
        ]
    ),
    lambda each: st.one_of(
        st.lists(each, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        each.map(lambda item: {"type": "array", "items": item, "maxItems": 3}),
        st.dictionaries(st.sampled_from(("a", "b c", 'd"', "客")), each, max_size=4).map(
            lambda members: {
                "type": "object",
                "properties": members,
                "required": list(members)[:1],
                "additionalProperties": False,
            }
        ),
    ),
    max_leaves=6,
)


@few
@given(VALUES, st.integers(0, 1000))
def test_what_a_model_writes_by_chance_satisfies_the_schema(schema: dict[str, Any], seed: int) -> None:
    written = write(HERMES, asked(schema), seed)
    assert written.ended
    jsonschema.validate(json.loads(written.text), schema)


@pytest.mark.parametrize("schema", [{"enum": []}, {"type": "integer", "minimum": 3, "maximum": 2}, {"anyOf": [False]}])
def test_a_schema_that_nothing_satisfies_is_the_client_s_mistake(schema: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        HERMES.grammar(asked(schema))


def test_a_call_that_is_required_where_nothing_can_be_called_is_a_mistake() -> None:
    for tools in ((), (Tool("t", "", {"properties": {"a": False}, "required": ["a"]}),)):
        with pytest.raises(BadRequestError):
            HERMES.grammar(
                ChatRequest((), tools=tools, choice=ToolChoice.REQUIRED, callable=None, schema=None, stable=0)
            )


def test_a_free_string_comes_to_an_end() -> None:
    tool = Tool("t", "", {"properties": {"a": {"type": "string"}}, "required": ["a"]})
    found = HERMES.grammar(ChatRequest((), tools=(tool,), choice=ToolChoice.REQUIRED))
    assert found is not None
    begin = '<tool_call>\n{"name": "t", "arguments": {"a": "'
    assert begins(found, begin + "x" * 200)
    assert not begins(found, begin + "x" * 201)


@pytest.mark.parametrize("family", FAMILIES)
def test_speech_is_free_but_for_thinking_and_calls_that_are_none(family: str) -> None:
    tool = Tool("TurnOn", "", {"properties": {"area": {"enum": ["客厅"]}}})
    format_ = FAMILIES[family]
    auto = format_.grammar(ChatRequest((), tools=(tool,)))
    none = format_.grammar(ChatRequest((), tools=(tool,), choice=ToolChoice.NONE))
    assert auto is not None
    assert none is not None
    mark = str(format_.mark) if hasattr(format_, "mark") else ""
    for found in (auto, none):
        assert accepts(found, "好的,马上。 «Ça va?» 🛋️ <b>1 < 2</b> [x] <|tool_ [TOOL_ <tool_cal </think")
        assert not begins(
            found, "Well <think>" if "<think>" in getattr(format_, "thinking", {}) else "[THINK]<|channel>"
        )
    assert begins(auto, f"好。{mark}")
    assert not begins(none, f"好。{mark}")
    assert not begins(auto, f"好。{mark}nonsense")


def test_without_tools_a_model_that_does_not_think_is_free() -> None:
    assert HERMES.grammar(ChatRequest(())) is None
    assert FAMILIES["Qwen 3"].grammar(ChatRequest(())) is not None


def test_a_grammar_that_was_made_is_made_no_second_time() -> None:
    tool = Tool("t", "", {"properties": {"a": {"enum": ["x"]}}})
    first = HERMES.grammar(ChatRequest((Message(Role.USER, "a"),), tools=(tool,)))
    assert HERMES.grammar(ChatRequest((Message(Role.USER, "b"),), tools=(tool,))) is first
    assert HERMES.grammar(ChatRequest((), tools=(tool,), constraints={"t": {"properties": {}}})) is not first
