"""Calls that a model writes as plain text are found, whole or while they are written, and never spoken."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.replay_data import RECORDED
from tests.conversation.guard_tools import TOOLS, tool
from wyoming_servers.conversation.engine import Tool, ToolCall
from wyoming_servers.conversation.guard.spoken_calls import Speech, Spoken, find_calls

LAMP = {"name": "Desk Lamp", "domain": ["light"]}


def only_call(text: str, tools: tuple[Tool, ...] = TOOLS) -> tuple[str, dict[str, Any]]:
    """Return the only call in a text that is nothing else."""
    found = find_calls(text, tools)
    assert not found.speech
    assert not found.broken
    (call,) = found.calls
    return call.name, dict(call.arguments)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}',
        '{"name": "HassTurnOn", "parameters": {"name": "Desk Lamp", "domain": "light"}}',
        '{"tool": "HassTurnOn", "args": {"name": "Desk Lamp", "domain": ["light"]}}',
        '{"tool": "HassTurnOn", "name": "Desk Lamp", "domain": ["light"]}',
        '{"action": "HassTurnOn", "action_input": {"name": "Desk Lamp", "domain": ["light"]}}',
        '{"HassTurnOn": {"name": "Desk Lamp", "domain": ["light"]}}',
        '{"HassTurnOn": "{\\"name\\": \\"Desk Lamp\\", \\"domain\\": \\"light\\"}"}',
        '[{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}]',
        '{"type": 1, "function": {"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": "light"}}}',
        '{"function": {"name": "HassTurnOn", "arguments": "{\\"name\\": \\"Desk Lamp\\", \\"domain\\": \\"light\\"}"}}',
        '{"tool_calls": [{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}]}',
        '```json\n{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}\n```',
        '```tool_code\nprint(default_api.HassTurnOn(name="Desk Lamp", domain=["light"]))\n```',
        '```\nHassTurnOn(name="Desk Lamp", domain=["light"])\n```',
        '<tool_call>\n{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}\n</tool_call>',
        '<tool_call>{"name": "HassTurnOn", "arguments": {"name": "Desk Lamp", "domain": ["light"]}}',
        '<function=HassTurnOn>{"name": "Desk Lamp", "domain": ["light"]}</function>',
        "<function=HassTurnOn><parameter=name>\nDesk Lamp\n</parameter><parameter=domain>light</parameter></function>",
        '[TOOL_CALLS]HassTurnOn[ARGS]{"name": "Desk Lamp", "domain": ["light"]}',
        "HassTurnOn(name='Desk Lamp', domain=['light'])",
        'HassTurnOn(name="Desk Lamp", domain=[light])',
        "HassTurnOn({'name': 'Desk Lamp', 'domain': ['light']})",
        "[HassTurnOn(name='Desk Lamp', domain=['light'])]",
        'HassTurnOn{domain:[<|"|>light<|"|>],name:<|"|>Desk Lamp<|"|>}',
        'call:HassTurnOn{domain:[<|"|>light<|"|>],name:<|"|>Desk Lamp<|"|>}',
        "HassTurnOn light Desk Lamp",
        "HassTurnOn Desk Lamp domain: light",
        "HassTurnOn domain:light name:Desk Lamp",
        "HassTurnOn name Desk Lamp domain light",
        "HassTurnOn: domain=light, name=Desk Lamp",
        'Action: HassTurnOn\nAction Input: {"name": "Desk Lamp", "domain": ["light"]}',
        "Action: HassTurnOn\nAction Input: light Desk Lamp",
        'assist__intent__HassTurnOn(name="Desk Lamp", domain="light")',
        'hass_turn_on(name="Desk Lamp", domain="light")',
    ],
)
def test_every_usual_way_to_write_a_call_is_that_call(text: str) -> None:
    name, arguments = only_call(text)
    assert (name, arguments) == ("HassTurnOn", LAMP)


@pytest.mark.parametrize("written", ["HassTurnOn", "assist__HassTurnOn", "assist__intent__HassTurnOn"])
def test_a_tool_that_is_offered_with_a_prefix_is_called_by_its_whole_name(written: str) -> None:
    offered = (tool("assist__intent__HassTurnOn", name={"type": "string"}),)
    assert only_call(f"{written}(name='x')", offered) == ("assist__intent__HassTurnOn", {"name": "x"})


def test_a_name_that_two_tools_end_in_calls_neither() -> None:
    found = find_calls("HassTurnOn(name='x')", (tool("a__HassTurnOn", name={}), tool("b__HassTurnOn", name={})))
    assert found == Spoken("", (), ("HassTurnOn",))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("HassSetVolume 40 Den Speaker", {"volume_level": 40, "name": "Den Speaker"}),
        ("HassLightSet brightness: 40 area: Den", {"brightness": 40, "area": "Den"}),
        ("HassListAddItem oat milk", {"name": "oat milk"}),
        ("HassVacuumReturnToBase(vacuum, Dusty)", {"domain": ["vacuum"], "name": "Dusty"}),
        ("HassTurnOff(den_lamp)", {"name": "den_lamp"}),
        ("HassTurnOff 书房 台灯", {"name": "书房 台灯"}),
        ("HassTurnOff light kitchen light", {"domain": ["light"], "name": "kitchen light"}),
    ],
)
def test_values_without_names_go_where_they_fit(text: str, arguments: dict[str, Any]) -> None:
    assert only_call(text)[1] == arguments


def test_a_home_s_own_names_tell_where_a_value_belongs() -> None:
    narrow = {"HassTurnOff": {"properties": {"area": {"enum": ["Den", "Wine Cellar"]}, "name": {"enum": ["Den Lamp"]}}}}
    (in_area,) = find_calls("HassTurnOff light Wine Cellar", TOOLS, narrow).calls
    (by_name,) = find_calls("HassTurnOff den lamp", TOOLS, narrow).calls
    assert in_area.arguments == {"domain": ["light"], "area": "Wine Cellar"}
    assert by_name.arguments == {"name": "den lamp"}


def test_a_value_that_fits_nowhere_spoils_the_call_rather_than_widening_it() -> None:
    assert find_calls("HassStartTimer(5, 10, 20, 'tea', 'green')", TOOLS).broken == ("HassStartTimer",)
    assert find_calls("HassVacuumReturnToBase(true)", TOOLS).broken == ("HassVacuumReturnToBase",)


def test_several_calls_are_found_in_their_order_and_the_words_around_them_stay() -> None:
    found = find_calls(
        'Sure.\n```json\n[{"name": "HassTurnOn", "arguments": {"name": "a"}},\n'
        ' {"name": "HassTurnOff", "arguments": {"name": "b"}}]\n```\nAnything else?',
        TOOLS,
    )
    assert found.calls == (ToolCall("HassTurnOn", {"name": "a"}), ToolCall("HassTurnOff", {"name": "b"}))
    assert found.speech == "Sure.\nAnything else?"


def test_a_call_in_the_middle_of_a_sentence_leaves_the_sentence() -> None:
    found = find_calls("好的, HassTurnOff(name='台灯') 马上就好。", TOOLS)
    assert found == Spoken("好的, 马上就好。", (ToolCall("HassTurnOff", {"name": "台灯"}),))


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("HassVacuumHalt(name='Dusty')", "HassVacuumHalt"),
        ('{"name": "make_tea", "arguments": {"cups": 2}}', "make_tea"),
        ('{"name": "HassTurnOn", "arguments": {"name": "Desk', "HassTurnOn"),
        ("HassTurnOn(name='Desk Lamp'", "HassTurnOn"),
        ("HassTurnOn(name='Desk' 'Lamp' = 5)", "HassTurnOn"),
        ('<tool_call>{"HassTurnOn" name, }}', "HassTurnOn"),
        ('{"area": "Den", "domain": ["light"]}', "?"),
        ("HassTurnOff", "HassTurnOff"),
    ],
)
def test_what_cannot_be_executed_is_neither_called_nor_spoken(text: str, broken: str) -> None:
    assert find_calls(text, TOOLS) == Spoken("", (), (broken,))


def test_a_tool_that_takes_nothing_may_be_called_by_its_name_alone() -> None:
    assert only_call("GetLiveContext") == ("GetLiveContext", {})
    assert only_call("GetLiveContext()") == ("GetLiveContext", {})


@pytest.mark.parametrize(
    "text",
    [
        "The lamp is on.",
        "You can use the `HassTurnOn` or `HassTurnOff` function.",
        "HassTurnOn is what turns things on.",
        "The function HassTurnOn() turns things on.",
        "I could search (or look) for it; call me, or search for it yourself.",
        "Five < six > four, [1] {a} and f(x=1).",
        "Action! Call: nobody. Tool: none.",
        '{"answer": 42}',
        "客厅的灯开着[注]，一切正常。",
        "```python\nx = [1]\n```",
    ],
)
def test_what_is_no_call_is_spoken_as_it_is(text: str) -> None:
    assert find_calls(text, TOOLS) == Spoken(text)


BEGINNINGS = [
    *("HassTurnOn", "HassTurnOff(", "name='Desk Lamp'", "domain=['light']", "GetLiveContext", "search", " light "),
    *(")", "{", "}", "[", "]", '"', ":", ",", "`", "<", "\\", "\\u00e9", "\n", ". ", "好的，", "灯", "print("),
    *('{"name": "HassTurnOn", "arguments": {"name": "x"}}', "```json\n", "```", "Action: ", "Action Input: ", "call:"),
    *("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "<function=HassTurnOn>", "<parameter=name>"),
]
PIECES = st.one_of(st.sampled_from(BEGINNINGS), st.text(max_size=8))
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def streamed(text: str, cuts: list[int]) -> tuple[str, Speech]:
    speech = Speech(TOOLS)
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    spoken = "".join(speech.feed(text[start:end]) for start, end in pairwise(places))
    return spoken + speech.finish(), speech


@given(TEXTS, st.lists(st.integers(0, 200)))
def test_however_an_answer_is_split_the_same_is_spoken_and_called(text: str, cuts: list[int]) -> None:
    spoken, speech = streamed(text, cuts)
    whole = find_calls(text, TOOLS)
    assert (spoken.strip(), speech.calls, speech.broken) == (whole.speech, whole.calls, whole.broken)


@given(TEXTS)
def test_letter_by_letter_makes_no_difference(text: str) -> None:
    spoken, speech = streamed(text, list(range(len(text))))
    whole = find_calls(text, TOOLS)
    assert (spoken.strip(), speech.calls) == (whole.speech, whole.calls)


ORDINARY = (
    "the",
    "light",
    "is",
    "on,",
    "22.5",
    "degrees;",
    "it's",
    "好的",
    "灯已经",
    "don't",
    "e.g.",
    "O2",
    "read-only",
)


@given(st.lists(st.sampled_from(ORDINARY), max_size=20))
def test_ordinary_words_wait_for_no_more_than_their_own_end(words: list[str]) -> None:
    speech = Speech(TOOLS)
    text = spoken = ""
    for char in " ".join(words):
        text += char
        spoken += speech.feed(char)
        assert text.startswith(spoken)
        assert " " not in text[len(spoken) :]
    assert spoken + speech.finish() == text


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = find_calls(text, TOOLS)
    assert len(found.speech) <= len(text)


NAMES = st.text(min_size=1).filter(lambda name: name.strip() == name)


@given(NAMES, st.lists(NAMES, min_size=1, max_size=3), st.booleans())
def test_json_says_what_json_says(name: str, domains: list[str], escaped: bool) -> None:
    arguments = {"name": name, "domain": domains}
    written = json.dumps({"name": "HassTurnOn", "arguments": arguments}, ensure_ascii=escaped)
    if any(0xD800 <= ord(char) < 0xE000 for char in name + "".join(domains)):
        return
    assert only_call(written) == ("HassTurnOn", arguments)


def test_a_long_call_is_found_as_soon_as_it_is_complete() -> None:
    speech = Speech(TOOLS)
    for char in "HassListAddItem(item='" + "tea " * 200 + "')":
        assert not speech.feed(char)
    assert len(speech.calls) == 1
    assert speech.feed(" Hello you") == "Hello "


def test_deep_nesting_is_no_way_to_break_it() -> None:
    assert find_calls("[{" * 5_000, TOOLS).calls == ()
    assert find_calls("<tool_call>" * 500 + "call:" * 500 + "```json\n" * 500, TOOLS).calls == ()


@pytest.mark.usefixtures("shared")
def test_every_recorded_call_in_plain_text_is_found_and_nothing_of_it_spoken() -> None:
    names = {row["tool"] for path in RECORDED.glob("*.jsonl") for row in recorded_calls(path.read_text())}
    tools = tuple(tool(name, **TOOLS[0].parameters["properties"]) for name in sorted(names))
    rows = [json.loads(line) for path in RECORDED.glob("*.jsonl") for line in path.read_text().splitlines()]
    texts = [row["response"] for row in rows if not row["calls"] and row["response"].startswith(("Hass", "call:"))]
    found = [find_calls(text, tools) for text in texts]
    assert len(texts) > 80
    assert all(not each.speech and (each.calls or each.broken) for each in found)
    assert sum(bool(each.calls) for each in found) > 0.9 * len(texts)


def recorded_calls(lines: str) -> list[dict[str, Any]]:
    return [call for line in lines.splitlines() for call in json.loads(line)["calls"] or ()]
