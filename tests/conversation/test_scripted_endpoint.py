"""The scripted endpoint, seen by the official client: what it plays is what OpenAI's protocol says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest

from tests.conversation.scripted_endpoint import (
    Break,
    Call,
    Hang,
    Received,
    ScriptedEndpoint,
    Step,
    Text,
    Wait,
    calls,
    refuses,
    says,
)


@pytest.fixture(autouse=True)
async def _the_official_client_leaves_generators_to_the_loop() -> AsyncIterator[None]:
    yield
    for _ in range(3):
        await asyncio.sleep(0)


def client_of(endpoint: ScriptedEndpoint) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=endpoint.url, api_key="k", max_retries=0)


async def text_of(client: openai.AsyncOpenAI, said: str = "hello") -> str:
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": said}], stream=True, stream_options={"include_usage": True}
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def test_words_calls_and_errors_are_played_in_their_order_and_requests_are_kept() -> None:
    async with ScriptedEndpoint(says("Hel", "lo"), refuses(503)) as endpoint, client_of(endpoint) as client:
        assert await text_of(client, "one") == "Hello"
        with pytest.raises(openai.InternalServerError):
            await text_of(client, "two")
        assert [request.said for request in endpoint.requests] == ["one", "two"]
        assert endpoint.requests[0].headers["Authorization"] == "Bearer k"
        assert (await client.models.list()).data[0].id == "scripted"


async def test_a_call_in_pieces_is_put_together_by_the_official_client() -> None:
    script: list[Step] = [Call("HassTurnOn", {"name": "灯"}, pieces=3), Call("HassTurnOff", index=1, call_id="call_2")]
    async with ScriptedEndpoint(script) as endpoint, client_of(endpoint) as client:
        async with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}]) as stream:
            completion = await stream.get_final_completion()
        called = completion.choices[0].message.tool_calls
        assert called is not None
        assert [call.function.name for call in called] == ["HassTurnOn", "HassTurnOff"]
        assert completion.choices[0].finish_reason == "tool_calls"


async def test_an_answer_may_look_at_what_was_asked() -> None:
    def echo(request: Received) -> list[Step]:
        return says(request.said.upper()) if not request.results else calls("x")

    async with ScriptedEndpoint() as endpoint, client_of(endpoint) as client:
        endpoint.otherwise = echo
        assert await text_of(client, "why") == "WHY"


async def test_a_client_that_leaves_is_seen() -> None:
    async with ScriptedEndpoint([Text("one"), Hang()]) as endpoint, client_of(endpoint) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}], stream=True
        )
        await anext(aiter(stream))
        assert not endpoint.requests[0].left.is_set()
        await stream.close()
        await asyncio.wait_for(endpoint.requests[0].left.wait(), 5)


async def test_a_cut_connection_is_seen_by_the_client_and_a_wait_is_the_tests_to_end() -> None:
    go_on = asyncio.Event()
    script: tuple[list[Step], list[Step]] = ([Text("a"), Break()], [Wait(go_on), Text("b")])
    async with ScriptedEndpoint(*script) as endpoint, client_of(endpoint) as client:
        with pytest.raises(openai.APIConnectionError):
            await text_of(client)
        answer = asyncio.create_task(text_of(client))
        await endpoint.asked(2)
        assert not answer.done()
        go_on.set()
        assert await answer == "b"


async def test_what_the_script_does_not_foresee_fails_the_test() -> None:
    endpoint = await ScriptedEndpoint().__aenter__()
    async with client_of(endpoint) as client:
        with pytest.raises(openai.InternalServerError):
            await text_of(client)
    with pytest.raises(AssertionError, match="1 requests"):
        await endpoint.__aexit__(None, None, None)
