"""The engine that asks OpenAI-compatible endpoints: what it asks, and what it makes of the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from tests.conversation.endpoint_engines import (
    QUESTION,
    TURN_OFF,
    TURN_ON,
    Engines,
    all_of,
    asking,
    called,
    end_of,
    endpoint,
    make,
    spoken,
)
from tests.conversation.scripted_endpoint import (
    Call,
    Data,
    Finish,
    Hang,
    Respond,
    ScriptedEndpoint,
    Step,
    Text,
    Thinking,
    Wait,
    calls,
    refuses,
    says,
)
from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    Role,
    TextDelta,
    ToolCall,
    ToolChoice,
)
from wyoming_servers.errors import EngineError, LimitExceededError, RemoteError

__all__ = ["endpoint", "make"]

# Answers


async def test_words_come_as_they_are_written_and_the_figures_at_the_end(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.usage = {"prompt_tokens": 900, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 850}}
    go_on = asyncio.Event()
    endpoint.plays([Text("It is "), Wait(go_on), Text("on.")])
    async with aclosing(make(endpoint).chat(QUESTION)) as events:
        assert await anext(events) == TextDelta("It is ")
        go_on.set()
        assert [event async for event in events] == [TextDelta("on."), Finished(FinishReason.STOP, 900, 850, 3)]


async def test_llama_servers_own_figures_tell_what_was_reused(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays([Text("a"), Data({"choices": [], "timings": {"cache_n": 236, "prompt_n": 1}})])
    assert (await end_of(make(endpoint))).reused_tokens == 236


WHOLE = {"name": "Küche 灯", "brightness": 50}
CALLS: dict[str, Sequence[Step]] = {
    "in pieces": [Call("HassTurnOn", WHOLE, pieces=9)],
    "in one piece": [Call("HassTurnOn", WHOLE)],
    "without an index": [Call("HassTurnOn", WHOLE, index=None, pieces=4)],
    "without an id": [Call("HassTurnOn", WHOLE, call_id=None, pieces=3)],
    "with an empty id": [Call("HassTurnOn", WHOLE, call_id="", pieces=3)],
    "without either": [Call("HassTurnOn", WHOLE, call_id=None, index=None, pieces=3)],
    "as an object": [Call("HassTurnOn", WHOLE, as_object=True)],
    "that says stop": [Call("HassTurnOn", WHOLE), Finish("stop")],
    "that never says done": [Call("HassTurnOn", WHOLE), Finish("tool_calls", done=False)],
    "in a string in a string": [Call("HassTurnOn", '"{\\"name\\": \\"Küche 灯\\", \\"brightness\\": 50}"')],
    "after an empty object": [Call("HassTurnOn", '{}{"name": "Küche 灯", "brightness": 50}', pieces=24)],
    "in an answer that is not streamed": [
        Respond(
            body={
                "choices": [
                    {
                        "message": {"tool_calls": [{"function": {"name": "HassTurnOn", "arguments": WHOLE}}]},
                        "finish_reason": "tool_calls",
                    }
                ]
            }
        )
    ],
}


@pytest.mark.parametrize("way", CALLS)
async def test_a_call_is_understood_however_a_server_sends_it(
    endpoint: ScriptedEndpoint, make: Engines, way: str
) -> None:
    endpoint.plays(CALLS[way])
    events = await all_of(make(endpoint), asking("on", tools=(TURN_ON,)))
    assert [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)] == [("HassTurnOn", WHOLE)]
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.CALLS


SEVERAL: dict[str, Sequence[Step]] = {
    "with the same index": [Call("A", {"n": 1}, call_id="x"), Call("A", {"n": 2}, call_id="y")],
    "with the same index and no ids": [Call("A", {"n": 1}, call_id=None), Call("A", {"n": 2}, call_id=None)],
    "with neither": calls("A", n=1) + calls("A", n=2),
    "as they should": [Call("A", {"n": 1}, "x", 0, pieces=5), Call("A", {"n": 2}, "y", 1, pieces=5)],
    "one in another": [
        Data({"choices": [{"delta": {"tool_calls": [piece]}}]})
        for piece in (
            {"index": 0, "id": "x", "function": {"name": "A", "arguments": '{"n"'}},
            {"index": 1, "id": "y", "function": {"name": "A", "arguments": '{"n": 2'}},
            {"index": 0, "function": {"arguments": ": 1}"}},
            {"index": 1, "function": {"arguments": "}"}},
        )
    ],
    "with names in all pieces": [
        Data({"choices": [{"delta": {"tool_calls": [{"index": at, "function": {"name": "A", "arguments": piece}}]}}]})
        for at, piece in ((0, '{"n"'), (0, ": 1}"), (1, '{"n": '), (1, "2}"))
    ],
}


@pytest.mark.parametrize("way", SEVERAL)
async def test_several_calls_stay_several_in_their_order(endpoint: ScriptedEndpoint, make: Engines, way: str) -> None:
    endpoint.plays([Text("Yes."), *SEVERAL[way]])
    assert await called(make(endpoint)) == [("A", {"n": 1}), ("A", {"n": 2})]


async def test_a_call_that_others_follow_is_there_before_they_are(endpoint: ScriptedEndpoint, make: Engines) -> None:
    never = asyncio.Event()
    endpoint.plays([Call("A", {"n": 1}), Call("B", {"n": 2}, "y", 1), Wait(never)])
    async with aclosing(make(endpoint).chat(QUESTION)) as events:
        assert await anext(events) == ToolCall("A", {"n": 1}, "call_1")


async def test_words_that_were_held_back_come_before_the_call_that_follows(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays([Text("a <"), *calls("A", n=1), *calls("B")])
    events = await all_of(make(endpoint))
    assert events[:4] == [TextDelta("a "), TextDelta("<"), ToolCall("A", {"n": 1}), ToolCall("B")]


async def test_half_a_call_is_none_and_an_error_where_nothing_else_came(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    half = Call("HassTurnOn", '{"name": "Lam', "y", 1)
    endpoint.plays(
        [half], [Text("Well."), half], [Call("HassTurnOn", {"name": "a"}), half, Finish("length")], says("ok")
    )
    engine = make(endpoint)
    with pytest.raises(EngineError) as raised:
        await all_of(engine)
    assert type(raised.value) is EngineError
    assert await spoken(engine) == "Well."
    events = await all_of(engine)
    assert events[0] == ToolCall("HassTurnOn", {"name": "a"}, "call_1")
    assert isinstance(events[1], Finished)
    assert events[1].reason is FinishReason.LENGTH
    assert await spoken(engine) == "ok"


@pytest.mark.parametrize(
    "pieces", [["<think>he wants", " light</think>\n\nIt is on."], list("<think>x</think>It is on.")]
)
async def test_thinking_is_not_spoken_wherever_it_stands(
    endpoint: ScriptedEndpoint, make: Engines, pieces: list[str]
) -> None:
    thinking: list[Step] = [Thinking("hm"), Thinking("hm", "reasoning"), *says(*pieces), Thinking("so")]
    endpoint.plays(thinking)
    assert await spoken(make(endpoint)) == "It is on."


async def test_content_in_parts_and_half_characters_are_words_that_can_be_spoken(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Yes \ud83d"}]
    endpoint.plays(
        [
            Data('{"choices": [{"delta": {"content": null}}]}'),
            Data(json.dumps({"choices": [{"delta": {"content": parts}}]})),
        ]
    )
    endpoint.plays([Data({"choices": None}), Data({"choices": [3, {"delta": 4}]}), Data({}), Text("x")])
    engine = make(endpoint)
    assert await spoken(engine) == "Yes \N{REPLACEMENT CHARACTER}"
    assert await spoken(engine) == "x"


async def test_an_answer_longer_than_it_may_be_is_cut_and_the_server_stopped(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays([*says(*(["la "] * 500)), Hang()])
    end = await end_of(make(endpoint), asking("sing", max_tokens=16))
    assert end.reason is FinishReason.LENGTH
    await asyncio.wait_for(endpoint.requests[0].left.wait(), 5)


# Requests


async def test_a_request_says_what_is_asked_in_openais_words(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays(says("ok"))
    messages = (
        Message(Role.SYSTEM, "S"),
        Message(Role.USER, "U"),
        Message(Role.ASSISTANT, "", calls=(ToolCall("A", {"name": "灯"}), ToolCall("B", {}, "given"))),
        Message(Role.TOOL, "done"),
        Message(Role.TOOL, "failed", call_id="given"),
    )
    narrow = {"type": "object", "properties": {"name": {"enum": ["Lamp", "灯"]}}}
    request = ChatRequest(
        messages, tools=(TURN_OFF, TURN_ON), constraints={"HassTurnOn": narrow}, max_tokens=99, temperature=0.5
    )
    await all_of(make(endpoint, model="qwen"), request)
    body = endpoint.requests[0].body
    ids = [call["id"] for call in body["messages"][2]["tool_calls"]]
    assert ids[1] == "given"
    assert len(ids[0]) == 9
    assert [message.get("tool_call_id") for message in body["messages"][3:]] == ids
    assert body["messages"][2]["tool_calls"][0]["function"] == {"name": "A", "arguments": '{"name": "灯"}'}
    assert (body["model"], body["stream"], body["max_tokens"], body["temperature"]) == ("qwen", True, 99, 0.5)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["HassTurnOff", "HassTurnOn"]
    assert body["tools"][1]["function"]["parameters"] == TURN_ON.parameters
    assert "tool_choice" not in body
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize(
    ("fields", "choice", "names"),
    [
        ({"choice": ToolChoice.REQUIRED}, "required", {"HassTurnOn", "HassTurnOff"}),
        ({"choice": ToolChoice.REQUIRED, "callable": frozenset({"HassTurnOn"})}, "required", {"HassTurnOn"}),
        ({"choice": ToolChoice.NONE}, "none", {"HassTurnOn", "HassTurnOff"}),
        ({"callable": frozenset({"HassTurnOn"})}, None, {"HassTurnOn", "HassTurnOff"}),
        ({"callable": frozenset()}, "none", {"HassTurnOn", "HassTurnOff"}),
        ({"schema": {"type": "object"}}, "none", {"HassTurnOn", "HassTurnOff"}),
    ],
)
async def test_the_tools_stay_the_same_and_the_choice_says_which_may_be_called(
    endpoint: ScriptedEndpoint, make: Engines, fields: dict[str, Any], choice: str | None, names: set[str]
) -> None:
    endpoint.plays([Text("{}"), Call("HassTurnOff", {})])
    events = await all_of(make(endpoint), asking("x", tools=(TURN_ON, TURN_OFF), **fields))
    body = endpoint.requests[0].body
    assert body.get("tool_choice") == choice
    assert {tool["function"]["name"] for tool in body["tools"]} == names
    expected = fields == {"choice": ToolChoice.REQUIRED}
    assert any(isinstance(event, ToolCall) for event in events) is expected  # what may not be called is not
    assert ("response_format" in body) is ("schema" in fields)


async def test_an_answer_that_only_calls_what_it_may_not_is_an_error(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays(calls("HassTurnOff"))
    with pytest.raises(EngineError, match="cannot be understood"):
        await all_of(make(endpoint), asking("x", tools=(TURN_ON, TURN_OFF), callable=frozenset({"HassTurnOn"})))


async def test_auto_is_the_first_model_that_can_talk_and_asked_for_again_after_a_failure(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.models = [{"id": "nomic-embed-text"}, {"id": "qwen3:4b", "owned_by": "library", "max_model_len": 4096}]
    endpoint.plays(says("a"), says("b"), refuses(500), says("c"))
    engine = make(endpoint)
    await spoken(engine)
    await spoken(engine)
    assert len(endpoint.listings) == 1
    assert (engine.status.model, engine.status.context_tokens) == ("qwen3:4b", 4096)
    endpoint.models = [{"id": "llama3"}]
    with pytest.raises(RemoteError):
        await spoken(engine)
    await spoken(engine)
    assert [request.body["model"] for request in endpoint.requests] == ["qwen3:4b"] * 3 + ["llama3"]


async def test_a_model_with_a_name_needs_no_list(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.listing = Respond(404, "not here")
    endpoint.plays(says("a"))
    assert await spoken(make(endpoint, model="mine")) == "a"
    with pytest.raises(RemoteError, match="does not know the model"):
        await spoken(make(endpoint))


@pytest.mark.parametrize(
    ("refusal", "gone", "kept"),
    [
        (
            refuses(400, "Unrecognized request argument supplied: chat_template_kwargs"),
            "chat_template_kwargs",
            "stream_options",
        ),
        (refuses(422, "extra_forbidden", param="stream_options"), "stream_options", "chat_template_kwargs"),
        (refuses(400, "Use 'max_completion_tokens' instead of 'max_tokens'"), "max_tokens", "max_completion_tokens"),
        (refuses(400, "Unsupported value: 'temperature'"), "temperature", "max_tokens"),
        ([Respond(400, "?", content_type="text/plain")], "stream_options", "temperature"),
    ],
)
async def test_what_a_server_does_not_take_is_left_out_and_that_is_remembered(
    endpoint: ScriptedEndpoint, make: Engines, refusal: Sequence[Step], gone: str, kept: str
) -> None:
    endpoint.plays(refusal, says("one"), says("two"))
    engine = make(endpoint)
    assert [await spoken(engine), await spoken(engine)] == ["one", "two"]
    first, *later = [request.body for request in endpoint.requests]
    assert gone in first
    assert all(gone not in body and kept in body for body in later)


async def test_a_server_that_takes_nothing_is_no_endless_loop_and_nothing_is_learnt_from_it(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.otherwise = refuses(400, "no")
    engine = make(endpoint)
    with pytest.raises(RemoteError, match="does not take the request"):
        await spoken(engine, asking("x", schema={"type": "object"}))
    assert len(endpoint.requests) == 3
    endpoint.otherwise = says("ok")
    await spoken(engine)
    assert "chat_template_kwargs" in endpoint.requests[-1].body


@pytest.mark.parametrize(("owner", "effort"), [("vllm", None), ("llamacpp", None), ("library", "none")])
async def test_thinking_is_switched_off_in_the_servers_own_way(
    endpoint: ScriptedEndpoint, make: Engines, owner: str, effort: str | None
) -> None:
    endpoint.models[0]["owned_by"] = owner
    endpoint.plays(says("ok"))
    await spoken(make(endpoint))
    assert endpoint.requests[0].body.get("reasoning_effort") == effort


TOO_LONG: list[Sequence[Step]] = [
    refuses(400, "the request exceeds the available context size", type="exceed_context_size_error"),
    refuses(400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"),
    refuses(400, "x", code="context_length_exceeded"),
    [Respond(400, {"object": "error", "message": "input length exceeds maximum context length"})],
    [Data({"error": {"message": "prompt is too long", "code": 400}})],
]


@pytest.mark.parametrize("refusal", TOO_LONG)
async def test_a_history_that_is_too_long_loses_its_oldest_half_in_whole_exchanges(
    endpoint: ScriptedEndpoint, make: Engines, refusal: Sequence[Step]
) -> None:
    endpoint.plays(refusal, refusal, says("ok"))
    events = await all_of(make(endpoint), asking("1", "2", "3", "4", "5"))
    contents = [[m["content"] for m in request.body["messages"]] for request in endpoint.requests]
    assert contents[1] == ["You are a house.", "3", "ok", "4", "ok", "5"]
    assert contents[2] == ["You are a house.", "4", "ok", "5"]
    assert isinstance(events[-1], Finished)
    assert events[-1].dropped_messages == 6


async def test_examples_stay_when_the_history_goes(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays(TOO_LONG[0], TOO_LONG[0])
    with pytest.raises(LimitExceededError):
        await all_of(make(endpoint), asking("example", "1", "2", stable=3))
    contents = [message["content"] for message in endpoint.requests[-1].body["messages"]]
    assert contents == ["You are a house.", "example", "ok", "2"]


@pytest.mark.parametrize("refusal", TOO_LONG)
async def test_a_prompt_that_is_too_long_without_history_is_an_error_of_its_own(
    endpoint: ScriptedEndpoint, make: Engines, refusal: Sequence[Step]
) -> None:
    endpoint.plays(refusal, refusal, says("ok"))
    engine = make(endpoint)
    with pytest.raises(LimitExceededError, match="does not fit"):
        await all_of(engine, asking("1", "2"))
    assert await spoken(engine) == "ok"
