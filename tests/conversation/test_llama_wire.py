"""What goes through the pipe arrives as it was sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers import errors
from wyoming_servers.conversation.engine import (
    BrokenCall,
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    ModelEvent,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from wyoming_servers.conversation.json_lines import decode, encode
from wyoming_servers.conversation.llama.wire import (
    LoadOrder,
    error_from_json,
    error_to_json,
    event_from_json,
    event_to_json,
    request_from_json,
    request_to_json,
)

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
CALL = st.builds(ToolCall, TEXT, OBJECT, TEXT)
MESSAGE = st.builds(Message, st.sampled_from(Role), TEXT, st.lists(CALL, max_size=2).map(tuple), TEXT)
REQUEST = st.builds(
    ChatRequest,
    st.lists(MESSAGE, max_size=4).map(tuple),
    tools=st.lists(st.builds(Tool, TEXT, TEXT, OBJECT), max_size=2).map(tuple),
    callable=st.none() | st.frozensets(TEXT, max_size=3),
    constraints=st.dictionaries(TEXT, OBJECT, max_size=2),
    choice=st.sampled_from(ToolChoice),
    schema=st.none() | OBJECT,
    stable=st.integers(0, 4),
    max_tokens=st.integers(1, 1000),
    temperature=st.floats(0, 2),
)
COUNT = st.integers(0, 10_000)
EVENT: st.SearchStrategy[ModelEvent] = (
    st.builds(TextDelta, TEXT)
    | CALL
    | st.builds(BrokenCall, TEXT)
    | st.builds(Finished, st.sampled_from(FinishReason), COUNT, COUNT, COUNT, COUNT)
)


@given(REQUEST)
def test_a_request_arrives_as_it_was_sent_in_one_line(request_: ChatRequest) -> None:
    line = encode(request_to_json(request_))
    assert line.count(b"\n") == 1
    assert request_from_json(decode(line)) == request_


@given(EVENT)
def test_an_event_arrives_as_it_was_sent(event: ModelEvent) -> None:
    assert event_from_json(decode(encode(event_to_json(event)))) == event


@pytest.mark.parametrize("kind", [errors.LimitExceededError, errors.EngineUnavailableError, errors.EngineError])
def test_an_error_arrives_as_the_same_kind(kind: type[errors.SottoError]) -> None:
    found = error_from_json(decode(encode(error_to_json(kind("What", remedy="Do this.")))))
    assert (type(found), found.message, found.remedy) == (kind, "What", "Do this.")


def test_an_order_to_load_arrives_as_it_was_sent() -> None:
    order = LoadOrder("/models/a.gguf", 8192, -1, 4, 4, "/data/prefixes", None)
    assert LoadOrder.from_line(decode(encode(order.to_line()))) == order


@pytest.mark.parametrize("data", [b"", b"llama_decode: failed", b"[1]", b"\xff"])
def test_what_is_no_line_is_told(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)
