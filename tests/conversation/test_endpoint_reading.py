"""What comes from an endpoint, however it is cut: events out of bytes, words without thinking, calls out of pieces."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.endpoint.address import parse_address
from wyoming_servers.conversation.endpoint.breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, Breaker
from wyoming_servers.conversation.endpoint.calls import CallAssembler, parse_arguments
from wyoming_servers.conversation.endpoint.events import EventReader, parse_object
from wyoming_servers.conversation.endpoint.failure import error_of, refusal_of
from wyoming_servers.conversation.endpoint.history import without_oldest_half
from wyoming_servers.conversation.endpoint.models import choose
from wyoming_servers.conversation.endpoint.thinking import ThinkingFilter
from wyoming_servers.conversation.engine import Message, Role, ToolCall
from wyoming_servers.errors import RemoteError

PLAIN = st.text(st.characters(exclude_characters="<>[]|", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{}", max_size=3), inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.text('名 "{}\\a', max_size=4), JSON, max_size=4)


def pieces_of(text: Any, cuts: list[int]) -> list[Any]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)] or [text]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(
    st.lists(PLAIN.filter(lambda text: text.strip() and not set(text) & set("\r\n"))),
    CUTS,
    st.sampled_from(["\n", "\r\n"]),
)
def test_events_are_the_same_however_their_bytes_are_cut(events: list[str], cuts: list[int], end: str) -> None:
    wire = "".join(f": comment{end}event: message{end}data: {event}{end}{end}" for event in events).encode()
    reader = EventReader()
    read = [event for piece in pieces_of(wire, cuts) for event in reader.feed(piece)]
    assert [*read, *reader.end()] == events


def test_an_event_may_have_several_lines_and_the_last_may_lack_its_end() -> None:
    reader = EventReader()
    assert list(reader.feed(b'data: {"a":\ndata: 1}\n\ndata:[DONE]')) == ['{"a":\n1}']
    assert list(reader.end()) == ["[DONE]"]


@pytest.mark.parametrize("line", [b"x" * 2_000_000, b"data: " + b"x" * 2_000_000, b"data:\n" * 300_000])
def test_an_event_without_end_is_no_event(line: bytes) -> None:
    reader = EventReader()
    pieces = [line[start : start + 50_000] for start in range(0, len(line), 50_000)]
    with pytest.raises(ValueError, match="longer"):
        _ = [event for piece in pieces for event in reader.feed(piece)]


@given(st.binary())
def test_bytes_of_any_kind_are_events_or_a_value_error(data: bytes) -> None:
    reader = EventReader()
    try:
        for event in [*reader.feed(data), *reader.end()]:
            parse_object(event)
    except ValueError:
        pass


@given(
    st.lists(st.tuples(PLAIN, PLAIN)), PLAIN, CUTS, st.sampled_from([("<think>", "</think>"), ("[THINK]", "[/THINK]")])
)
def test_thinking_is_taken_out_however_it_is_cut(
    parts: list[tuple[str, str]], last: str, cuts: list[int], marks: tuple[str, str]
) -> None:
    text = "".join(said + marks[0] + thought + marks[1] for said, thought in parts) + last
    thinking = ThinkingFilter()
    said = "".join(thinking.feed(piece) for piece in pieces_of(text, cuts)) + thinking.end()
    assert said == "".join(said for said, _ in parts) + last


@given(st.text("<think>/ a[]TH"), CUTS)
def test_what_is_said_does_not_depend_on_the_cuts(text: str, cuts: list[int]) -> None:
    whole, cut = ThinkingFilter(), ThinkingFilter()
    said = "".join(cut.feed(piece) for piece in pieces_of(text, cuts)) + cut.end()
    assert said == whole.feed(text) + whole.end()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a < b and <3", "a < b and <3"),
        ("thought before</think>It is on.", "thought beforeIt is on."),
        ("On. <think>never ended", "On. "),
        ("<thinking>a <think> b</thinking>c", "c"),
        ("<|channel>thought\nhm<channel|>On.", "On."),
        ("<thin", "<thin"),
    ],
)
def test_marks_of_thinking_and_what_looks_like_them(written: str, said: str) -> None:
    thinking = ThinkingFilter()
    assert "".join(thinking.feed(char) for char in written) + thinking.end() == said


@given(
    st.lists(st.tuples(st.sampled_from(["A", "B"]), ARGUMENTS), min_size=1, max_size=4),
    CUTS,
    st.booleans(),
    st.booleans(),
)
def test_calls_are_put_together_however_they_are_cut(
    calls: list[tuple[str, dict[str, Any]]], cuts: list[int], has_index: bool, has_id: bool
) -> None:
    assembler = CallAssembler()
    read: list[ToolCall] = []
    for at, (name, arguments) in enumerate(calls):
        place = {"index": at} if has_index else {}
        head: dict[str, Any] = {**place, "id": f"call{at}"} if has_id else place
        first, *rest = pieces_of(json.dumps(arguments), cuts)
        read += assembler.feed([{**head, "function": {"name": name, "arguments": first}}])
        for piece in rest:
            read += assembler.feed([{**place, "function": {"arguments": piece}}])
    read += assembler.end()
    assert [(call.name, call.arguments) for call in read] == calls
    assert not assembler.broken


@given(
    st.recursive(
        JSON, lambda inner: st.dictionaries(st.sampled_from(["index", "id", "function", "name", "arguments"]), inner)
    )
)
def test_a_delta_of_any_shape_is_a_call_or_none(value: Any) -> None:
    assembler = CallAssembler()
    deltas = [delta for delta in (value if isinstance(value, list) else [value]) if isinstance(delta, dict)]
    for call in [*assembler.feed(deltas), *assembler.end()]:
        assert call.name
        assert isinstance(call.arguments, dict)


@given(ARGUMENTS, st.integers(0, 200))
def test_half_a_json_is_no_arguments(arguments: dict[str, Any], cut: int) -> None:
    text = json.dumps(arguments)
    assert parse_arguments(text) == arguments
    half = text[: cut % len(text)]
    assert parse_arguments(half) in (None, {})
    assert not half or parse_arguments(half) is None


@pytest.mark.parametrize(
    "text", ["[1]", "3", '"x"', "{'a': 1}", '{"a": NaN}', '{"a": "\\ud83d"}', "{" * 100_000, "nul"]
)
def test_what_is_no_object_is_no_arguments(text: str) -> None:
    assert parse_arguments(text) is None


@pytest.mark.parametrize("text", ["", " ", "null", "{}", '"{}"', '""'])
def test_a_call_without_arguments_has_none(text: str) -> None:
    assert parse_arguments(text) == {}


def exchange(number: int, *, results: int) -> list[Message]:
    return [
        Message(Role.USER, f"u{number}"),
        *[Message(Role.TOOL, f"t{number}")] * results,
        Message(Role.ASSISTANT, f"a{number}"),
    ]


@given(st.booleans(), st.lists(st.integers(0, 3), max_size=9), st.integers(0, 2))
def test_history_goes_in_whole_exchanges_and_in_the_end_all_of_it(
    system: bool, history: list[int], results: int
) -> None:
    first = [Message(Role.SYSTEM, "s")] if system else []
    exchanges = [exchange(number, results=count) for number, count in enumerate(history)]
    last = [Message(Role.USER, "now"), *[Message(Role.TOOL, "r")] * results]
    messages = (*first, *(message for each in exchanges for message in each), *last)
    left = len(exchanges)
    while (shorter := without_oldest_half(messages)) is not None:
        left //= 2
        kept = exchanges[len(exchanges) - left :]
        assert list(shorter) == [*first, *(message for each in kept for message in each), *last]
        messages = shorter
    assert list(messages) == [*first, *last]


def state_of(breaker: Breaker) -> str:
    return {(False, False): "well", (True, False): "sick", (True, True): "due"}[breaker.sick, breaker.due]


def test_a_breaker_waits_twice_as_long_after_each_failure_up_to_a_limit() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    assert state_of(breaker) == "well"
    expected = FIRST_PAUSE_S
    for _ in range(12):
        breaker.failed()
        now[0] += expected - 0.1
        assert state_of(breaker) == "sick"
        now[0] += 0.2
        assert state_of(breaker) == "due"
        expected = min(2 * expected, LONGEST_PAUSE_S)
    breaker.succeeded()
    assert state_of(breaker) == "well"
    breaker.failed()
    now[0] += FIRST_PAUSE_S
    assert state_of(breaker) == "due"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://gpu-box:8000/v1", "http://gpu-box:8000/v1"),
        ("http://gpu-box:8000", "http://gpu-box:8000/v1"),
        (" https://api.example.com/ ", "https://api.example.com/v1"),
        ("http://box/openai/v1/chat/completions", "http://box/openai/v1"),
        ("http://[::1]:8080/v1/", "http://[::1]:8080/v1"),
        ("http://ann:secret@box:1/v1", "http://box:1/v1"),
    ],
)
def test_an_address_is_what_requests_go_to(url: str, asked: str) -> None:
    address = parse_address(url, "", flag="--llm-url")
    assert address.url == asked
    assert "secret" not in repr(address)


def test_a_key_counts_more_than_credentials_in_the_url() -> None:
    assert parse_address("http://ann:x@box", " sk-1 ", flag="").authorization == "Bearer sk-1"


@given(
    st.recursive(
        JSON | st.binary(), lambda inner: st.dictionaries(st.sampled_from(["error", "message", "param"]), inner)
    )
)
def test_an_error_of_any_shape_has_a_meaning_that_repeats_none_of_it(body: object) -> None:
    for status in (0, 302, 400, 404, 418, 500, 503):
        error = error_of(refusal_of(status, body), "box:1")
        assert error.message.startswith("The endpoint box:1 ")
        assert error.remedy


def test_a_server_without_tools_is_told_what_it_lacks() -> None:
    error = error_of(refusal_of(400, {"error": {"message": "llama3 does not support tools"}}), "box")
    assert isinstance(error, RemoteError)
    assert "--enable-auto-tool-choice" in error.remedy


@given(JSON)
def test_a_list_of_models_of_any_shape_is_read(data: Any) -> None:
    assert choose({"data": data}, "auto") is None
    assert choose({"data": [data, {"id": 3}, {"id": "m", "meta": {"n_ctx": 512}}]}, "auto").context_tokens == 512  # type: ignore[union-attr]
    found = choose({"data": data}, "mine")
    assert found is not None
    assert found.name == "mine"


def test_where_no_model_can_talk_the_first_is_taken() -> None:
    found = choose({"data": [{"id": "my-embedder"}, {"id": "whisper"}]}, "auto")
    assert found is not None
    assert found.name == "my-embedder"
