"""How fast an answer was written: whatever the model wrote first counts, with the wait before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.llama_engine import TURN_ON, answer, asking, make_engine, until
from tests.conversation.scripted_endpoint import Call, Data, ScriptedEndpoint, Step, Text, Thinking, Wait
from tests.http.scripted_model import ScriptedModel, saying
from wyoming_servers.conversation.calls.call import Situation
from wyoming_servers.conversation.endpoint import server as endpoint_server
from wyoming_servers.conversation.endpoint.address import parse_address
from wyoming_servers.conversation.endpoint.answer import bears_tokens
from wyoming_servers.conversation.endpoint.server import EndpointServer
from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    ModelEvent,
    Role,
    TextDelta,
    ToolChoice,
)
from wyoming_servers.conversation.engines import llama_cpp
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.mind import Load, Mind
from wyoming_servers.conversation.pace import Pace
from wyoming_servers.home.demo import DemoHome

__all__ = ["make_engine"]

HELLO = Message(Role.USER, "Hello")
Make = Callable[..., Awaitable[LlamaCpp]]


def timed(asked_s: float, written_s: list[float], tokens: int) -> Finished:
    """Return the end of an answer asked for and written at these times."""
    times = iter([asked_s, *written_s])
    pace = Pace(lambda: next(times))
    for _ in written_s:
        pace.wrote()
    return pace.timed(Finished(FinishReason.STOP, completion_tokens=tokens))


@given(st.floats(0.01, 10), st.floats(0.01, 1), st.integers(2, 50))
def test_the_first_token_is_not_among_those_that_make_the_speed(wait_s: float, each_s: float, tokens: int) -> None:
    finished = timed(100.0, [100.0 + wait_s + each_s * number for number in range(tokens)], tokens)
    assert finished.first_token_s == pytest.approx(wait_s)
    assert finished.tokens_per_s == pytest.approx(1 / each_s, rel=1e-6)


def test_one_token_has_no_speed_and_none_has_no_time_either() -> None:
    one, none = timed(1.0, [1.5], 1), timed(1.0, [], 0)
    assert (one.first_token_s, one.tokens_per_s) == (0.5, None)
    assert (none.first_token_s, none.tokens_per_s) == (None, None)


def test_tokens_that_came_at_once_or_were_not_counted_have_no_speed() -> None:
    assert timed(1.0, [1.5], 8).tokens_per_s is None
    assert timed(1.0, [1.5, 2.0], 0).tokens_per_s is None


def test_what_an_answer_took_does_not_make_it_another() -> None:
    assert timed(1.0, [1.5, 2.0], 2) == timed(1.0, [9.0, 10.0], 2)


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"role": "assistant", "content": ""}, False),
        ({"role": "assistant", "content": None, "refusal": None}, False),
        ({}, False),
        ({"content": "It"}, True),
        ({"reasoning_content": "Hm"}, True),
        ({"tool_calls": [{"index": 0}]}, True),
    ],
)
def test_a_token_is_what_the_model_wrote_of_whatever_kind(delta: dict[str, object], *, expected: bool) -> None:
    assert bears_tokens({"choices": [{"index": 0, "delta": delta}]}) is expected


@pytest.mark.parametrize("chunk", [{}, {"choices": []}, {"choices": [5]}, {"choices": None}, {"usage": {}}])
def test_a_chunk_of_anything_else_bears_no_token(chunk: dict[str, object]) -> None:
    assert not bears_tokens(chunk)


@dataclass
class Clock:
    """A clock that stands still until the test moves it."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("first", [Text("It "), Thinking("Hm"), Call("HassTurnOn", {"name": "x"})])
async def test_an_endpoints_first_token_is_timed_from_the_request(first: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, held = Clock(), asyncio.Event()
    monkeypatch.setattr(endpoint_server, "monotonic", clock)
    async with ScriptedEndpoint() as endpoint:
        endpoint.plays([Data('{"choices": [{"index": 0, "delta": {"role": "assistant"}}]}'), Wait(held), first])
        server = EndpointServer(parse_address(endpoint.url, "", flag="--llm-url"), "auto", 5.0)
        answering = asyncio.create_task(_end_of(server.chat(ChatRequest((HELLO,), tools=(TURN_ON,)))))
        await until(lambda: bool(endpoint.requests))
        clock.now_s = 5.0
        held.set()
        end = await answering
        await server.close()
    assert end.first_token_s == 5.0


async def test_llama_cpp_tells_its_own_pace(make_engine: Make) -> None:
    engine = await make_engine()
    called = await answer(engine, asking("Light", max_tokens=60, tools=(TURN_ON,), choice=ToolChoice.REQUIRED))
    end = called.events[-1]
    assert isinstance(end, Finished)
    assert end.first_token_s is not None
    assert end.first_token_s > 0
    assert end.tokens_per_s is not None
    assert end.tokens_per_s > 1


async def test_what_waits_for_llama_cpp_is_counted_and_the_wait_is_in_its_first_token(
    make_engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await make_engine()
    mind = Mind(engine)
    await answer(engine, asking("Hello", max_tokens=1))
    clock = Clock()
    monkeypatch.setattr(llama_cpp, "monotonic", clock)
    async with aclosing(mind.chat(asking("Tell me a story", max_tokens=2000))) as first:
        assert isinstance(await anext(first), TextDelta)
        waiting = asyncio.create_task(_end_of(mind.chat(asking("Hello", max_tokens=2))))
        await until(lambda: mind.load == Load(running=1, waiting=1))
        clock.now_s = 100.0
    end = await waiting
    assert mind.load == Load(running=0, waiting=0)
    assert end.first_token_s is not None
    assert end.first_token_s > 100
    assert mind.finished is end


async def _end_of(answer_: AsyncGenerator[ModelEvent, None]) -> Finished:
    async with aclosing(answer_) as events:
        end = [event async for event in events][-1]
    assert isinstance(end, Finished)
    return end


async def test_an_answer_that_is_left_is_not_counted_any_more() -> None:
    held = asyncio.Event()
    mind = Mind(ScriptedModel([TextDelta("Well"), held, *saying("there")]))
    async with aclosing(mind.chat(ChatRequest((HELLO,)))) as events:
        await anext(events)
        assert mind.load == Load(running=1, waiting=0)
    assert mind.load == Load(running=0, waiting=0)
    assert mind.finished is None


async def test_the_models_own_figures_are_kept_behind_the_guard_too() -> None:
    end = Finished(FinishReason.STOP, 40, 30, 2, first_token_s=0.25, tokens_per_s=20.0)
    mind = Mind(ScriptedModel([TextDelta("It is warm."), end]))
    situation = Situation(DemoHome().snapshot, "how warm is it")
    async with aclosing(mind.chat(ChatRequest((Message(Role.USER, "how warm is it"),)), situation)) as events:
        *_, told = [event async for event in events]
    assert isinstance(told, Finished)
    assert (told.first_token_s, told.tokens_per_s) == (0.25, 20.0)
    assert mind.finished is end
