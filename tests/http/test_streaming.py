"""Streams: silence is filled, a client that leaves stops the model, and closing the door ends them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import aiohttp
import pytest

from tests.http.conftest import TOKEN, OpenDoor
from tests.http.scripted_model import ScriptedModel, Step, saying
from wyoming_servers.conversation.engine import Finished, FinishReason, TextDelta
from wyoming_servers.errors import EngineLoadingError
from wyoming_servers.http import chat, stream
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.http.stream import WRITE_WITHIN_S, with_pauses

BODY = {"messages": [{"role": "user", "content": "Hello"}], "stream": True}
"""What issue 4 allows."""


def request(body: dict[str, object]) -> bytes:
    raw = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


async def leave(door: HttpDoor, model: ScriptedModel, body: dict[str, object], until: bytes) -> None:
    """Ask, read until these bytes, go away; return when the model is stopped, which by its script never ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(body))
    if until:
        await reader.readuntil(until)
    await model.began.wait()
    writer.close()
    await model.ended.wait()


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_client_that_leaves_before_the_first_word_stops_the_model(
    door: HttpDoor, model: ScriptedModel, *, streamed: bool
) -> None:
    model.scripts = [[asyncio.Event()]]
    await leave(door, model, {**BODY, "stream": streamed}, b"")


async def test_a_client_that_leaves_in_mid_sentence_stops_the_model(door: HttpDoor, model: ScriptedModel) -> None:
    model.scripts = [[TextDelta("Well"), asyncio.Event()]]
    await leave(door, model, BODY, b"Well")


async def test_a_model_that_never_waits_is_stopped_too(door: HttpDoor, model: ScriptedModel) -> None:
    """Nobody reads: the socket's buffer fills, the door waits to write, and the client goes."""
    model.scripts = [[TextDelta("word " * 2000)] * 20_000]
    await leave(door, model, BODY, b"word")


async def test_silence_before_and_between_words_is_filled_with_comments(
    http: aiohttp.ClientSession, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "SIGN_OF_LIFE_S", 0.01)
    first, second = asyncio.Event(), asyncio.Event()
    model.scripts = [[first, TextDelta("Well"), second, Finished(FinishReason.STOP)]]
    async with http.post("/v1/chat/completions", json=BODY) as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b": still working\n"
        first.set()
        while b"Well" not in await response.content.readline():
            pass
        assert await response.content.readline() == b"\n"
        assert await response.content.readline() == b": still working\n"
        second.set()
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


async def test_an_error_after_a_comment_is_an_event_and_the_end(
    http: aiohttp.ClientSession, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "SIGN_OF_LIFE_S", 0.01)
    loaded = asyncio.Event()
    model.scripts = [[loaded, EngineLoadingError("It takes long.")]]
    async with http.post("/v1/chat/completions", json=BODY) as response:
        assert response.status == 200
        await response.content.readline()
        loaded.set()
        event, data = (await response.text()).rstrip().rpartition("event: ")[2].split("\n")
    assert event == "error"
    assert json.loads(data.removeprefix("data: "))["error"]["code"] == "engine-loading"


async def test_a_client_that_takes_nothing_is_left(
    door: HttpDoor, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "WRITE_WITHIN_S", 0.05)
    model.scripts = [[TextDelta("word " * 2000)] * 20_000]
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1024)
    writer.write(request(BODY))
    await asyncio.wait_for(model.ended.wait(), 10)
    last = b""
    with suppress(ConnectionResetError):
        while got := await reader.read(1 << 20):
            last = got
    assert not last.endswith(b"\r\n0\r\n\r\n"), "it was waited for, to the end"
    writer.close()


@pytest.mark.parametrize("script", [[asyncio.Event], [TextDelta("Well"), asyncio.Event]])
async def test_closing_the_door_ends_what_is_being_said(
    open_door: OpenDoor, model: ScriptedModel, script: list[object]
) -> None:
    steps: list[Step] = [each() if isinstance(each, type) else each for each in script]  # type: ignore[misc]
    model.scripts = [steps]
    door = await open_door()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as session:
        asking = asyncio.create_task(_read(session))
        await model.began.wait()
        await door.stop()
        assert model.ended.is_set()
        with pytest.raises(aiohttp.ClientError):
            await asking
    assert door.port is None


async def _read(session: aiohttp.ClientSession) -> bytes:
    async with session.post("/v1/chat/completions", json=BODY) as response:
        return await response.read()


async def test_closing_the_door_waits_for_a_model_that_stops_slowly(open_door: OpenDoor, model: ScriptedModel) -> None:
    model.scripts = [[asyncio.Event()]]
    model.stops_in_s = 0.5
    door = await open_door()
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(BODY))
    await model.began.wait()
    await door.stop()
    assert model.ended.is_set()
    writer.close()


@pytest.mark.parametrize("streamed", [True, False])
async def test_closing_the_door_does_not_wait_for_a_client_that_takes_nothing(
    open_door: OpenDoor, model: ScriptedModel, *, streamed: bool
) -> None:
    model.scripts = [[TextDelta("word " * 4_000_000), Finished(FinishReason.STOP)]]
    door = await open_door()
    _, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1024)
    writer.write(request({**BODY, "stream": streamed}))
    await model.began.wait()
    async with asyncio.timeout(WRITE_WITHIN_S / 4):  # and not as long as a client that takes nothing is borne with
        await door.stop()
    writer.close()


async def test_two_are_answered_at_once(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    held = asyncio.Event()
    model.scripts = [[held, *saying("slow")], saying("quick")]
    slow = asyncio.create_task(_read(http))
    await model.began.wait()
    assert b"quick" in await _read(http)
    held.set()
    assert b"slow" in await slow


async def test_pauses_are_told_and_items_keep_their_order() -> None:
    held = asyncio.Event()

    async def items() -> AsyncGenerator[int, None]:
        yield 1
        await held.wait()
        yield 2

    seen: list[int | None] = []
    async with aclosing(with_pauses(items(), 0.01)) as paced:
        async for each in paced:
            seen.append(each)
            if seen.count(None) == 2:
                held.set()
    assert [each for each in seen if each] == [1, 2]
    assert seen[0] == 1
    assert seen[-1] == 2
