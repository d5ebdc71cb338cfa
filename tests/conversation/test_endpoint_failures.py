"""Endpoints that fail, hang, die or are left, and the one that answers instead."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from tests.conversation.endpoint_engines import (
    QUESTION,
    SECRET,
    TURN_ON,
    Engines,
    all_of,
    asking,
    background,
    end_of,
    endpoint,
    fallback,
    make,
    spoken,
    state_of,
)
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
    refuses,
    says,
)
from wyoming_servers.conversation.engine import FinishReason, ModelState, TextDelta
from wyoming_servers.errors import EngineError, EngineLoadingError, OverloadedError, RemoteError, SottoError

__all__ = ["endpoint", "fallback", "make"]

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
async def test_a_turn_that_is_cancelled_is_seen_by_the_server(
    endpoint: ScriptedEndpoint, make: Engines, steps: list[Step]
) -> None:
    endpoint.plays(steps)
    turn = asyncio.create_task(all_of(make(endpoint)))
    request = await endpoint.asked()
    turn.cancel()
    await request.left.wait()
    with pytest.raises(asyncio.CancelledError):
        await turn


async def test_an_answer_that_is_closed_is_seen_by_the_server(endpoint: ScriptedEndpoint, make: Engines) -> None:
    endpoint.plays([Text("one "), Hang()], says("two"))
    engine = make(endpoint)
    events = engine.chat(QUESTION)
    await anext(events)
    await events.aclose()
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
