"""The engine that asks OpenAI-compatible endpoints, against a real server that behaves well, oddly, or not at all."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.conversation.scripted_endpoint import (
    Break,
    Call,
    Data,
    End,
    Finish,
    Hang,
    Raw,
    Received,
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
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    ModelState,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from wyoming_servers.conversation.engines.openai import OpenAi, create
from wyoming_servers.errors import (
    EngineError,
    EngineLoadingError,
    EngineUnavailableError,
    LimitExceededError,
    OverloadedError,
    RemoteError,
    SettingsError,
    SottoError,
)
from wyoming_servers.settings import LlmSettings, Settings

SECRET = "sk-secret-0123456789"
TURN_ON = Tool("HassTurnOn", "Turns on", {"type": "object", "properties": {"name": {"type": "string"}}})
TURN_OFF = Tool("HassTurnOff", "Turns off")
QUESTION = ChatRequest((Message(Role.SYSTEM, "You are a house."), Message(Role.USER, "hello")))


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as scripted:
        yield scripted


@pytest.fixture
async def fallback() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint(models=("spare",)) as scripted:
        yield scripted


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Engines:
    """Makes engines, and stops them at the end."""

    def __init__(self) -> None:
        self._made: list[OpenAi] = []
        self.clock = Clock()

    def __call__(self, first: ScriptedEndpoint | str, second: ScriptedEndpoint | None = None, **llm: Any) -> OpenAi:
        url = first if isinstance(first, str) else first.url
        fallback_url = second.url if second else ""
        engine = create(
            Settings(llm=LlmSettings(**{"url": url, "fallback_url": fallback_url, "timeout_s": 5.0, **llm}))
        )
        engine._breaker._clock = self.clock
        self._made.append(engine)
        return engine

    async def stop(self) -> None:
        for engine in self._made:
            await engine.stop()


@pytest.fixture
async def make() -> AsyncIterator[Engines]:
    engines = Engines()
    yield engines
    await engines.stop()


async def all_of(engine: OpenAi, request: ChatRequest = QUESTION) -> list[ChatEvent]:
    async with aclosing(engine.chat(request)) as events:
        return [event async for event in events]


async def spoken(engine: OpenAi, request: ChatRequest = QUESTION) -> str:
    return "".join(event.text for event in await all_of(engine, request) if isinstance(event, TextDelta))


async def called(engine: OpenAi, request: ChatRequest = QUESTION) -> list[tuple[str, dict[str, Any]]]:
    events = await all_of(engine, request)
    return [(event.name, dict(event.arguments)) for event in events if isinstance(event, ToolCall)]


async def end_of(engine: OpenAi, request: ChatRequest = QUESTION) -> Finished:
    last = (await all_of(engine, request))[-1]
    assert isinstance(last, Finished)
    return last


def state_of(engine: OpenAi) -> ModelState:
    return engine.status.state


async def background(engine: OpenAi) -> None:
    """Wait for what a request has left running."""
    await asyncio.gather(*engine._tasks)


def asking(*words: str, **fields: Any) -> ChatRequest:
    """Return a request whose history are the words but the last, each answered with "ok"."""
    history = [m for said in words[:-1] for m in (Message(Role.USER, said), Message(Role.ASSISTANT, "ok"))]
    messages = (Message(Role.SYSTEM, "You are a house."), *history, Message(Role.USER, words[-1]))
    return ChatRequest(messages, **fields)


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


# Failures


LONG_LINE = Raw(b"data: " + b"x" * 3_000_000)
FAILURES: dict[str, tuple[Sequence[Step], type[SottoError], str]] = {
    "refuses the key": (refuses(401, "Incorrect API key: " + SECRET), RemoteError, "does not accept the key"),
    "forbids": (refuses(403), RemoteError, "does not accept the key"),
    "has no such model": (refuses(404), RemoteError, "does not know the model"),
    "is too busy": (refuses(429), OverloadedError, "too much to do"),
    "is loading": (refuses(503, "Loading model"), EngineLoadingError, "is loading"),
    "fails": (refuses(500), RemoteError, r"failed \(500\)"),
    "has no parser for calls": (
        refuses(400, '"auto" needs --enable-auto-tool-choice'),
        RemoteError,
        "does not call tools",
    ),
    "dies at once": ([Break()], RemoteError, "broke off"),
    "ends without an end": ([End()], RemoteError, "broke off"),
    "sends half a JSON": ([Raw(b'data: {"choices": [{"delta": {"cont'), End()], RemoteError, "broke off"),
    "sends half a JSON as an event": ([Raw(b'data: {"choices": [{"del\n\n')], RemoteError, "does not speak"),
    "sends no object": ([Data([1, 2])], RemoteError, "does not speak"),
    "sends bytes that are no text": ([Raw(b"data: \xff\xfe\n\n")], RemoteError, "does not speak"),
    "sends a nest": ([Raw(b"data: " + b"[" * 100_000 + b"\n\n")], RemoteError, "does not speak"),
    "sends a huge line": ([LONG_LINE], RemoteError, "does not speak"),
    "sends a web page": ([Respond(200, "<html>hi</html>", content_type="text/html")], RemoteError, "broke off"),
    "sends half a whole answer": ([Respond(200, '{"choices": [')], RemoteError, "does not speak"),
    "fails in its stream": ([Data({"error": {"message": "boom " + SECRET}})], RemoteError, "failed"),
    "hangs": ([Hang()], RemoteError, "was silent for 1 s"),
    "hangs with signs of life": ([Raw(b": ping\n\n"), Hang()], RemoteError, "was silent for 1 s"),
}


@pytest.mark.parametrize("way", FAILURES)
async def test_an_endpoint_that_fails_is_a_coded_error_in_time_and_the_next_turn_works(
    endpoint: ScriptedEndpoint, make: Engines, way: str
) -> None:
    steps, kind, what = FAILURES[way]
    endpoint.plays(steps, says("ok"))
    engine = make(endpoint, timeout_s=1.0, key=SECRET)
    async with asyncio.timeout(5):
        with pytest.raises(kind, match=what) as raised:
            await all_of(engine, asking("x", tools=(TURN_ON,)))
    assert SECRET not in repr(raised.value) + str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.remedy
    assert state_of(engine) is ModelState.FAILED
    assert engine.status.detail == str(raised.value)
    assert await spoken(engine) == "ok"
    assert state_of(engine) is ModelState.READY


@pytest.mark.parametrize("death", [Break(), End(), Hang(), LONG_LINE, Data("{"), Data({"error": {"message": "boom"}})])
async def test_an_endpoint_that_dies_in_mid_sentence_is_an_error_after_its_words(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines, death: Step
) -> None:
    endpoint.plays([Text("The light"), death])
    fallback.plays(says("next"))
    engine = make(endpoint, fallback, timeout_s=1.0)
    events = engine.chat(QUESTION)
    assert await anext(events) == TextDelta("The light")
    async with asyncio.timeout(5):
        with pytest.raises(RemoteError):
            await anext(events)
    assert not fallback.requests  # nobody goes on in the middle of another's sentence
    assert await spoken(engine) == "next"


async def test_nobody_there_is_an_error(make: Engines) -> None:
    async with ScriptedEndpoint() as gone:
        pass
    with pytest.raises(RemoteError, match="cannot be reached"):
        await all_of(make(gone))


async def test_silence_is_between_events_and_not_of_the_whole_answer(endpoint: ScriptedEndpoint, make: Engines) -> None:
    steps: list[Step] = []
    go_on = [asyncio.Event() for _ in range(4)]
    for each in go_on:
        steps += [Text("la "), Wait(each)]
    endpoint.plays(steps)
    heard = 0
    async with aclosing(make(endpoint, timeout_s=1.0).chat(QUESTION)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                await asyncio.sleep(0.4)  # together longer than the silence that is allowed
                go_on[heard].set()
                heard += 1
    assert heard == 4


async def test_a_slow_listener_is_no_silent_server(endpoint: ScriptedEndpoint, make: Engines) -> None:
    go_on = asyncio.Event()
    endpoint.plays([Text("one "), Wait(go_on), Text("two")])
    async with aclosing(make(endpoint, timeout_s=0.5).chat(QUESTION)) as events:
        assert await anext(events) == TextDelta("one ")
        await asyncio.sleep(0.7)
        go_on.set()
        assert await anext(events) == TextDelta("two")


async def test_figures_that_never_come_are_not_waited_for(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays([Text("ok"), Finish(usage=False, done=False), Hang()])
    async with asyncio.timeout(4):
        assert (await end_of(make(endpoint, timeout_s=30.0))).reason is FinishReason.STOP


# Leaving


@pytest.mark.parametrize("steps", [[Hang()], [Text("one "), Hang()]])
async def test_a_turn_that_is_cancelled_is_seen_by_the_server_within_100_ms(
    endpoint: ScriptedEndpoint, make: Engines, steps: list[Step]
) -> None:
    endpoint.plays(steps)
    turn = asyncio.create_task(all_of(make(endpoint)))
    request = await endpoint.asked()
    turn.cancel()
    async with asyncio.timeout(0.1):
        await request.left.wait()
    with pytest.raises(asyncio.CancelledError):
        await turn


async def test_an_answer_that_is_closed_is_seen_by_the_server_within_100_ms(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays([Text("one "), Hang()], says("two"))
    engine = make(endpoint)
    events = engine.chat(QUESTION)
    await anext(events)
    await events.aclose()
    async with asyncio.timeout(0.1):
        await endpoint.requests[0].left.wait()
    assert await spoken(engine) == "two"
    assert state_of(engine) is ModelState.READY


async def test_a_connection_is_used_again(endpoint: ScriptedEndpoint, make: Engines) -> None:
    peers: list[Any] = []

    def answer(_: Received) -> list[Step]:
        assert endpoint._runner.server is not None
        peers.append(tuple(endpoint._runner.server.connections))
        return says("ok")

    endpoint.plays(answer, answer, answer)
    engine = make(endpoint)
    for _ in range(3):
        await spoken(engine)
    assert len(peers[-1]) == 1
    assert len(set(peers)) == 1


# The other endpoint


@pytest.mark.parametrize(
    "steps",
    [
        refuses(500),
        refuses(429),
        refuses(401),
        refuses(404),
        refuses(400),
        [Break()],
        [Hang()],
        [Thinking("hm"), Break()],
    ],
)
async def test_the_fallback_answers_for_a_primary_that_fails_before_its_first_word(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines, steps: Sequence[Step]
) -> None:
    endpoint.otherwise = steps
    fallback.plays(says("spare"))
    engine = make(endpoint, fallback, timeout_s=1.0)
    assert await spoken(engine) == "spare"
    assert fallback.requests[0].body["model"] == "spare"
    assert state_of(engine) is ModelState.READY
    assert engine.status.model == "spare"
    assert "in its place" in engine.status.detail


async def test_a_sick_primary_is_left_alone_for_longer_and_longer_and_returned_to_when_it_is_well(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.otherwise = refuses(503, "Loading model")
    fallback.otherwise = says("spare")
    engine = make(endpoint, fallback)
    seen = []
    for seconds in (0, 4, 2, 6, 5, 15, 6):
        make.clock.now += seconds
        assert await spoken(engine) == "spare"
        await background(engine)
        seen.append(len(endpoint.requests))
    assert seen == [1, 1, 2, 2, 3, 3, 4]
    endpoint.otherwise = says("well")
    make.clock.now += 41
    assert await spoken(engine) == "spare"  # nobody waits for the look at the other
    await background(engine)
    assert endpoint.requests[-1].body["max_tokens"] == 1
    assert await spoken(engine) == "well"
    assert engine.status.detail == engine._primary.host


async def test_the_look_at_a_sick_primary_holds_nobody_up_and_ends_with_the_engine(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays(refuses(500), [Hang()])
    fallback.otherwise = says("spare")
    engine = make(endpoint, fallback)
    await spoken(engine)
    make.clock.now += 6
    assert await spoken(engine) == "spare"
    probe = await endpoint.asked(2)
    assert [await spoken(engine) for _ in range(3)] == ["spare"] * 3  # and no second look begins
    await engine.stop()
    await asyncio.wait_for(probe.left.wait(), 5)
    assert len(endpoint.requests) == 2


async def test_a_primary_that_is_well_again_answers_where_the_fallback_fails(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays(refuses(500), says("well"), says("well"))
    fallback.plays(says("spare"), refuses(500))
    engine = make(endpoint, fallback)
    assert [await spoken(engine) for _ in range(3)] == ["spare", "well", "well"]


async def test_two_endpoints_that_fail_are_the_last_ones_error(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays(refuses(500))
    fallback.plays(refuses(429))
    engine = make(endpoint, fallback)
    with pytest.raises(OverloadedError):
        await spoken(engine)
    assert state_of(engine) is ModelState.FAILED


async def test_nonsense_of_the_model_is_no_reason_to_ask_another(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.plays([Call("A", "{")])
    with pytest.raises(EngineError, match="cannot be understood"):
        await all_of(make(endpoint, fallback))
    assert not fallback.requests


# Keys


async def test_the_key_is_sent_and_nowhere_else_to_be_seen(
    endpoint: ScriptedEndpoint, make: Engines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.plays(says("ok"), refuses(401, SECRET), refuses(500, SECRET), [Break()])
    engine = make(endpoint, key=SECRET)
    await spoken(engine)
    for _ in range(3):
        with pytest.raises(RemoteError):
            await spoken(engine)
    assert {request.headers["Authorization"] for request in endpoint.requests} == {f"Bearer {SECRET}"}
    assert endpoint.listings[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert caplog.records
    assert not [record for record in caplog.records if SECRET in record.getMessage() + repr(record.__dict__)]
    assert SECRET not in repr(engine.status)
    assert SECRET not in repr(vars(engine._primary._connection))


async def test_without_a_key_nothing_of_the_environment_is_sent(
    endpoint: ScriptedEndpoint, make: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    endpoint.plays(says("ok"))
    await spoken(make(endpoint))
    headers = {**endpoint.requests[0].headers, **endpoint.listings[0].headers}
    assert SECRET not in repr(headers)
    assert "Authorization" not in headers


async def test_credentials_in_the_url_are_sent_but_never_shown(
    endpoint: ScriptedEndpoint, make: Engines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.plays(says("ok"))
    engine = make(endpoint.url.replace("http://", "http://ann:pass%20word@"))
    await spoken(engine)
    assert endpoint.requests[0].headers["Authorization"] == "Basic YW5uOnBhc3Mgd29yZA=="
    assert "pass" not in caplog.text + repr(engine.status)
    assert engine.status.detail.startswith("127.0.0.1:")


async def test_nobody_follows_a_redirect_with_the_key(
    endpoint: ScriptedEndpoint, fallback: ScriptedEndpoint, make: Engines
) -> None:
    elsewhere = {"Location": f"{fallback.url}/chat/completions"}
    endpoint.plays([Respond(307, "", headers=elsewhere)])
    endpoint.listing = Respond(200, {"data": endpoint.models})
    with pytest.raises(RemoteError, match="has moved"):
        await spoken(make(endpoint, key=SECRET))
    endpoint.listing = Respond(302, "", headers={"Location": f"{fallback.url}/models"})
    with pytest.raises(RemoteError, match="has moved"):
        await spoken(make(endpoint, key=SECRET))
    assert not fallback.requests
    assert not fallback.listings


# Settings, status, prefill


def test_without_a_url_there_is_no_engine() -> None:
    with pytest.raises(EngineUnavailableError, match="--llm-url"):
        create(Settings())


@pytest.mark.parametrize(
    "url",
    ["gpu-box:8000", "ftp://x/v1", "http://", "http://[x", "http://x:99999/v1", "http://x/v1?key=abc", "http://a b"],
)
def test_a_url_that_is_none_is_an_error_that_names_the_flag_and_not_the_url(url: str) -> None:
    with pytest.raises(SettingsError, match="--llm-url") as raised:
        create(Settings(llm=LlmSettings(url=url)))
    assert url == "http://" or url not in str(raised.value)
    with pytest.raises(SettingsError, match="--llm-fallback-url"):
        create(Settings(llm=LlmSettings(url="http://x", fallback_url=url)))


@pytest.mark.parametrize("key", ["sk-\n1", "ключ", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_an_error_that_does_not_show_it(key: str) -> None:
    with pytest.raises(SettingsError) as raised:
        create(Settings(llm=LlmSettings(url="http://x", key=key)))
    assert key not in str(raised.value)


async def test_it_is_loading_until_it_has_answered_and_start_asks(endpoint: ScriptedEndpoint, make: Engines) -> None:
    engine = make(endpoint)
    assert state_of(engine) is ModelState.LOADING
    await engine.start()
    await background(engine)
    assert state_of(engine) is ModelState.READY
    assert (engine.status.engine, engine.status.model) == ("openai", "scripted")
    assert not endpoint.requests


async def test_start_does_not_wait_for_an_endpoint_that_hangs_and_stop_ends_it(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.listing = Hang()
    engine = make(endpoint)
    await engine.start()
    assert state_of(engine) is ModelState.LOADING
    await engine.stop()


async def test_start_says_why_there_is_no_model(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.models = []
    engine = make(endpoint)
    await engine.start()
    await background(engine)
    assert state_of(engine) is ModelState.FAILED
    assert "has no model" in engine.status.detail


async def test_an_engine_that_was_stopped_before_it_did_anything_is_stopped(make: Engines) -> None:
    await make("http://127.0.0.1:1/v1").stop()


async def test_prefill_sends_what_is_known_to_servers_that_keep_what_they_evaluated(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.models[0]["owned_by"] = "llamacpp"
    endpoint.usage = {"prompt_tokens": 500, "prompt_tokens_details": {"cached_tokens": 440}}
    endpoint.plays(says("x"), says("x"))
    engine = make(endpoint)
    assert await engine.prefill(QUESTION) == 0  # nothing is known of it yet
    await engine.start()
    await background(engine)
    known = asking("1", "It is noon. ")
    assert await engine.prefill(known) == 60
    assert await engine.prefill(replace(known, messages=known.messages[:-1])) == 60
    sent = [[message["content"] for message in request.body["messages"]] for request in endpoint.requests]
    assert sent == [["You are a house.", "1", "ok", said] for said in ("It is noon. ", "")]
    assert {request.body["max_tokens"] for request in endpoint.requests} == {1}


async def test_prefill_costs_nothing_where_tokens_are_paid_for(endpoint: ScriptedEndpoint, make: Engines) -> None:
    engine = make(endpoint)
    await engine.start()
    await background(engine)
    assert await engine.prefill(QUESTION) == 0
    assert not endpoint.requests


async def test_prefill_gives_way_to_an_answer_and_its_failure_is_nobodys(
    endpoint: ScriptedEndpoint, make: Engines
) -> None:
    endpoint.models[0]["owned_by"] = "vllm"
    endpoint.plays([Hang()], says("ok"), refuses(500))
    engine = make(endpoint)
    await engine.start()
    await background(engine)
    prefill = asyncio.create_task(engine.prefill(QUESTION))
    request = await endpoint.asked()
    assert await spoken(engine) == "ok"
    async with asyncio.timeout(2):  # less than the silence that ends it otherwise
        assert await prefill == 0
        await request.left.wait()
    assert await engine.prefill(QUESTION) == 0
    assert state_of(engine) is ModelState.READY
