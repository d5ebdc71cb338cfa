"""A reply is taken apart while it is written: no part of a mark is spoken, and a call is one wherever it is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conversation.formats_families import (
    CALLS,
    FAMILIES,
    THE_CALL,
    THOUGHTS,
    TURN_ON,
    broken,
    parse,
    spoken,
)
from wyoming_servers.conversation.engine import BrokenCall, ChatRequest, Message, Role, TextDelta, ToolCall
from wyoming_servers.conversation.formats.characters import Characters
from wyoming_servers.conversation.formats.parsing import MarkParser, held

REQUEST = ChatRequest((Message(Role.USER, "?"),), tools=(TURN_ON,))
families = pytest.mark.parametrize("family", FAMILIES)


def cut(text: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


@families
def test_a_call_is_read(family: str) -> None:
    assert parse(family, REQUEST, [CALLS[family]]) == [THE_CALL]


@families
def test_a_call_is_read_letter_by_letter(family: str) -> None:
    assert parse(family, REQUEST, list(CALLS[family])) == [THE_CALL]


@families
def test_words_before_a_call_are_spoken(family: str) -> None:
    assert parse(family, REQUEST, [f"好的。Okay.\n{CALLS[family]}"]) == [TextDelta("好的。Okay."), THE_CALL]


@families
def test_thinking_is_never_spoken(family: str) -> None:
    assert parse(family, REQUEST, list(f"{THOUGHTS[family]}Fine.{THOUGHTS[family]}")) == [TextDelta("Fine.")]


@families
def test_thinking_that_never_ends_is_never_spoken(family: str) -> None:
    thought = THOUGHTS[family][: THOUGHTS[family].index(".")]
    assert parse(family, REQUEST, [f"Well. {thought}"]) == [TextDelta("Well.")]


@families
def test_what_begins_like_a_mark_and_is_none_is_spoken(family: str) -> None:
    for said in ("1 < 2", "a <tool", "a [TOOL", "a <", "<b>bold</b>", "x <|tool_x", "[THINKING] aloud"):
        assert spoken(parse(family, REQUEST, list(said))) == said


@families
def test_a_call_that_is_cut_off_is_broken(family: str) -> None:
    call = CALLS[family]
    parts = parse(family, REQUEST, ["On it. ", call[: len(call) // 2]])
    assert spoken(parts) == "On it."
    assert len(broken(parts)) == 1
    assert not [part for part in parts if isinstance(part, ToolCall)]


@families
def test_without_tools_a_brace_is_only_a_brace(family: str) -> None:
    answer = replace(REQUEST, tools=())
    assert parse(family, answer, list('{"a": 1}')) == [TextDelta('{"a": 1}')]


@families
def test_an_answer_with_a_schema_is_text(family: str) -> None:
    answer = replace(REQUEST, schema={"type": "object"})
    assert parse(family, answer, list('{"name": "x", "arguments": {}}')) == [
        TextDelta('{"name": "x", "arguments": {}}')
    ]


SNIPPETS = (
    "Hello ",
    "好的。",
    "\n",
    " ",
    "{",
    "}",
    '"',
    "<",
    "[",
    "</",
    "🛋️",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "[TOOL_CALLS]",
    "<|tool_call>",
    "<tool_call|>",
    "<|channel>",
    "<channel|>",
    "<|im_end|>",
    "```json",
    "```",
    "; ",
    "<|python_tag|>",
    '{"name": "TurnOn"}',
)


@families
@given(data=st.data())
def test_the_same_comes_out_however_the_reply_is_cut(family: str, data: st.DataObject) -> None:
    snippets = st.sampled_from((*SNIPPETS, CALLS[family], THOUGHTS[family]))
    reply = "".join(data.draw(st.lists(snippets, max_size=8)))
    places = data.draw(st.lists(st.integers(0, 500), max_size=12))
    assert parse(family, REQUEST, cut(reply, places)) == parse(family, REQUEST, [reply])


@families
@given(data=st.data())
def test_all_calls_between_words_are_found_in_their_order(family: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text(st.sampled_from("abc 好的。!?\n"), min_size=1), min_size=1, max_size=3))
    reply = "".join(f"{said}{CALLS[family]}" for said in words)
    parts = parse(family, REQUEST, cut(reply, data.draw(st.lists(st.integers(0, 500), max_size=9))))
    assert [part for part in parts if isinstance(part, ToolCall)] == [THE_CALL] * len(words)
    assert "".join(spoken(parts).split()) == "".join("".join(words).split())


@families
def test_no_mark_is_the_beginning_of_another(family: str) -> None:
    parser = FAMILIES[family].parser(REQUEST)
    assert isinstance(parser, MarkParser)
    marks = parser._marks
    assert not [(one, other) for one in marks for other in marks if one != other and other.startswith(one)]


@pytest.mark.parametrize(
    ("family", "reply", "parts"),
    [
        ("Hermes", "<tool_call>\nTurnOn(area)\n</tool_call>", [BrokenCall("TurnOn(area)")]),
        ("Hermes", '<tool_call>{"arguments": {}}</tool_call>', [BrokenCall('{"arguments": {}}')]),
        (
            "Hermes",
            '<tool_call>{"name": "a", "arguments": 3}</tool_call>',
            [BrokenCall('{"name": "a", "arguments": 3}')],
        ),
        ("Hermes", "<tool_call>{'name': 'a'}</tool_call>", [BrokenCall("{'name': 'a'}")]),
        ("Hermes", '<tool_call>{"name": "a", "arguments": "{\\"b\\": 1}"}</tool_call>', [ToolCall("a", {"b": 1})]),
        ("Hermes", '<tool_call>{"name": "a"}</tool_call>', [ToolCall("a")]),
        (
            "Hermes",
            '<tool_call>{"name": "a", "arguments": {"b": "</tool_call>"}}</tool_call>.',
            [ToolCall("a", {"b": "</tool_call>"}), TextDelta(".")],
        ),
        ("Hermes", '{"name": "a", "arguments": {"b": "}"}}', [ToolCall("a", {"b": "}"})]),
        ("Hermes", "<tool_call>", [BrokenCall("")]),
        ("Hermes", '<tool_call>[{"name": "a"}, {"name": "b"}]</tool_call>', [ToolCall("a"), ToolCall("b")]),
        ("Llama 3", '<|python_tag|>{"name": "a", "parameters": {}}', [ToolCall("a")]),
        ("Llama 3", '{"name": "a", "parameters": {}}; {"name": "b", "parameters": {}}', [ToolCall("a"), ToolCall("b")]),
        ("Llama 3", 'Okay. {"name": "a", "parameters": {}}', [TextDelta("Okay."), ToolCall("a")]),
        ("Llama 3", "{smile} Hello", [BrokenCall("{smile}"), TextDelta("Hello")]),
        ("Gemma 3", '```json\n{"name": "a", "parameters": {}}\n```', [ToolCall("a")]),
        ("Gemma 3", '{"name": "a", "parameters": {}}\n{"name": "b", "parameters": {}}', [ToolCall("a"), ToolCall("b")]),
        (
            "Mistral Nemo",
            '[TOOL_CALLS] [{"name": "a", "arguments": {}}, {"x": 1}]',
            [ToolCall("a"), BrokenCall('{"x": 1}')],
        ),
        (
            "Ministral",
            '[TOOL_CALLS]a[ARGS]{"b": "[TOOL_CALLS]"}[TOOL_CALLS]c[ARGS]{}',
            [ToolCall("a", {"b": "[TOOL_CALLS]"}), ToolCall("c")],
        ),
        ("Ministral", "[TOOL_CALLS]a[ARGS]{b}", [BrokenCall("a[ARGS]{b}")]),
        (
            "Gemma 4",
            '<|tool_call>call:a{b:[<|"|>x"y<|"|>,2],c:{d:true},e:null,f:-1.5}<tool_call|>',
            [ToolCall("a", {"b": ['x"y', 2], "c": {"d": True}, "e": None, "f": -1.5})],
        ),
        ("Gemma 4", '<|tool_call>call:a{"b":"x",<|"|>c<|"|>:1}<tool_call|>', [ToolCall("a", {"b": "x", "c": 1})]),
        ("Gemma 4", '<|tool_call>call:a{b:<|"|><tool_call|><|"|>}<tool_call|>', [ToolCall("a", {"b": "<tool_call|>"})]),
        ("Gemma 4", "<|tool_call>call:a{b:x}<tool_call|>", [BrokenCall("call:a{b:x}")]),
        ("Gemma 4", "<|tool_call>call:a{b:[1<tool_call|>", [BrokenCall("call:a{b:[1")]),
        ("Gemma 4", "<|tool_call>call:a{b:[1 2]}<tool_call|>", [BrokenCall("call:a{b:[1 2]}")]),
        ("Gemma 4", "<|tool_call>nonsense<tool_call|>", [BrokenCall("nonsense")]),
        ("Qwen 3.5", "<tool_call>\n<function=a>\n</function>\n</tool_call>", [ToolCall("a")]),
        (
            "Qwen 3.5",
            "<tool_call>\n<function=TurnOn>\n<parameter=area>\n5\n</parameter>\n</function>\n</tool_call>",
            [ToolCall("TurnOn", {"area": "5"})],
        ),
        (
            "Qwen 3.5",
            "<tool_call>\n<function=TurnOn>\n<parameter=area>\na</tool_call>b\n</parameter>\n</function>\n</tool_call>!",
            [ToolCall("TurnOn", {"area": "a</tool_call>b"}), TextDelta("!")],
        ),
        ("Qwen 3.5", '<tool_call>{"name": "a"}</tool_call>', [BrokenCall('{"name": "a"}')]),
    ],
)
def test_calls_in_all_their_forms(family: str, reply: str, parts: list[object]) -> None:
    assert parse(family, REQUEST, [reply]) == parts
    assert parse(family, REQUEST, list(reply)) == parts


@given(st.text(), st.lists(st.integers(1, 5)))
def test_characters_come_out_whole_wherever_their_bytes_are_cut(text: str, lengths: list[int]) -> None:
    data, characters, found = text.encode(), Characters(), ""
    for length in lengths:
        found += characters.decode(data[:length])
        data = data[length:]
    found += characters.decode(data, final=True)
    assert found == text


@given(st.binary())
@example(b"\xf0\x9f")
@example(b"\xff\xc3(")
def test_bytes_that_are_no_characters_become_question_marks(data: bytes) -> None:
    found = Characters().decode(data, final=True)
    assert found.isascii() == data.isascii()
    try:
        assert found == data.decode()
    except UnicodeDecodeError:
        assert not found.isascii()


def test_more_bytes_than_needed_are_the_character_that_the_grammar_took_them_for() -> None:
    assert Characters().decode(b"\xf0\x86\xb5\xb4") == "浴"
    assert Characters().decode(b"\xf0\x80\x80\xa2") == "\ufffd"


@given(st.text("ab<"), st.lists(st.text("ab<", min_size=1), min_size=1))
def test_what_is_held_back_is_the_longest_beginning_of_a_mark(text: str, marks: list[str]) -> None:
    length = held(text, marks)
    assert length == 0 or any(mark.startswith(text[-length:]) and mark != text[-length:] for mark in marks)
    longer = [text[-more:] for more in range(length + 1, len(text) + 1)]
    assert not [tail for tail in longer for mark in marks if mark.startswith(tail) and mark != tail]
