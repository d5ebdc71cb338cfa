"""`/api/events`: the status as it changes, over a real socket, until the client or the server has enough."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.http.conftest import TOKEN, OpenDoor
from tests.http.event_stream import following
from tests.http.scripted_model import ScriptedModel, saying
from tests.http.test_status import BODY, CHAT
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.http import events, stream
from wyoming_servers.http.door import HttpDoor

FOLLOW = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.01)


async def test_the_first_event_is_the_status_as_it_is(http: aiohttp.ClientSession) -> None:
    async with following(http) as stream_:
        told = await stream_.next()
    async with http.get("/api/status") as response:
        status = await response.json()
    assert told.pop("uptime_s") <= status.pop("uptime_s")
    assert told == status


async def test_changes_come_in_their_order_and_what_stays_is_not_repeated(
    http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    async with following(http) as stream_:
        assert (await stream_.next())["model"]["state"] == "ready"
        for state in (ModelState.FAILED, ModelState.LOADING, ModelState.ASLEEP):
            model.be(state, f"because of {state}")
            told = (await stream_.next())["model"]
            assert (told["state"], told["detail"]) == (state, f"because of {state}")


async def test_of_changes_in_quick_succession_the_last_is_told(
    http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    async with following(http) as stream_:
        await stream_.next()
        model.be(ModelState.LOADING)
        model.be(ModelState.FAILED)
        assert (await stream_.next())["model"]["state"] == "failed"


async def test_an_answer_is_seen_to_run_and_then_what_it_cost(
    http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    held = asyncio.Event()
    model.scripts = [[held, *saying("It", " is", " on.")]]
    async with following(http) as stream_:
        first = await stream_.next()
        assert (first["requests"], first["latest"]) == ({"running": 0, "waiting": 0}, None)
        asking = asyncio.create_task(_chat(http))
        running = await stream_.next()
        assert (running["requests"], running["latest"]) == ({"running": 1, "waiting": 0}, None)
        held.set()
        done = await stream_.until(lambda status: status["requests"]["running"] == 0)
        await asking
    assert done["latest"] == {
        "first_token_s": 0.25,
        "tokens_per_s": 21.5,
        "prompt_tokens": 40,
        "reused_tokens": 30,
        "completion_tokens": 3,
    }
    assert "private" not in str(stream_.seen)


async def _chat(http: aiohttp.ClientSession) -> None:
    async with http.post(CHAT, json=BODY) as response:
        assert response.status == 200


async def test_while_nothing_changes_there_are_comments(
    http: aiohttp.ClientSession, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SIGN_OF_LIFE_S", 0.02)
    async with following(http) as stream_:
        await stream_.next()
        while not (await stream_.response.content.readline()).startswith(b":"):
            pass
        assert await stream_.response.content.readline() == b"\n"
        model.be(ModelState.FAILED)
        assert (await stream_.next())["model"]["state"] == "failed"


async def test_time_that_passes_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SIGN_OF_LIFE_S", 0.02)
    seconds, told = itertools.count(), {"model": "loading"}
    following_ = events.Events(lambda _: {**told, "uptime_s": next(seconds)})
    app = web.Application()
    app.router.add_get("/api/events", following_.follow)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
        async with following(http) as stream_:
            await stream_.next()
            while not (await stream_.response.content.readline()).startswith(b":"):
                pass
            await stream_.response.content.readline()
            told["model"] = "ready"
            later = await stream_.next()
            assert later["model"] == "ready"
            assert later["uptime_s"] > 1
        following_.close()


async def test_closing_the_door_ends_streams_as_if_there_were_no_more_to_say(open_door: OpenDoor) -> None:
    door = await open_door()
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as http,
        following(http) as one,
        following(http) as other,
    ):
        await one.next()
        await other.next()
        await door.stop()
        assert await one.rest() == b""
        assert await other.rest() == b""
    assert not door._server._running


async def test_closing_the_door_does_not_wait_for_a_client_that_reads_no_events(
    open_door: OpenDoor, model: ScriptedModel
) -> None:
    model.be(ModelState.FAILED, "very long " * 2_000_000)
    door = await open_door(http_token=TOKEN)
    _, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1024)
    writer.write(FOLLOW)
    await _until_running(door)
    await door.stop()
    assert not door._server._running
    writer.close()


async def test_a_client_that_leaves_is_forgotten(door: HttpDoor) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(FOLLOW)
    await reader.readuntil(b"event: status")
    (task,) = door._server._running
    writer.close()
    await asyncio.wait([task])
    assert not door._server._running


async def test_a_client_that_takes_nothing_is_left_and_nothing_is_logged_as_an_error(
    door: HttpDoor, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stream, "WRITE_WITHIN_S", 0.05)
    model.be(ModelState.FAILED, "very long " * 2_000_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1024)
    writer.write(FOLLOW)
    await _until_running(door)
    (task,) = door._server._running
    await asyncio.wait([task])
    with suppress(ConnectionError):
        while await reader.read(1 << 20):
            pass
    writer.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_connection_that_is_lost_is_no_error_of_the_servers(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def lost(*_: object) -> None:
        raise ConnectionAbortedError

    monkeypatch.setattr(stream.EventStream, "send", lost)
    async with http.get("/api/events") as response:
        assert await response.read() == b""
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_there_is_no_stream_without_a_body(http: aiohttp.ClientSession) -> None:
    async with http.head("/api/events") as response:
        assert response.status == 405


async def _until_running(door: HttpDoor) -> None:
    while not door._server._running:  # noqa: ASYNC110 - a request becomes a task in its own time
        await asyncio.sleep(0)
