"""Bytes that are no request, and requests that are too much: each has one coded error, and the next one works."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import aiohttp
import pytest

from tests.http.conftest import TOKEN, OpenDoor
from tests.http.scripted_model import ScriptedModel
from wyoming_servers.http import chat
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.http.serving import BODY_BYTES

CHAT = "/v1/chat/completions"
GOOD = {"messages": [{"role": "user", "content": "Hello"}]}


def request(body: bytes = b"", *headers: str, length: int | None = None, path: str = CHAT) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {TOKEN}",
        f"Content-Length: {len(body) if length is None else length}",
        *(headers or ["Content-Type: application/json"]),
    ]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


async def exchange(door: HttpDoor, raw: bytes) -> tuple[int, dict[str, Any]]:
    """Send bytes; return the answer's status and its error."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r")[0])
        error = json.loads(await reader.readexactly(length))["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return int(head.split()[1]), error
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n", 400, "bad-request"),
        (b'{"type": "describe"}\n\r\n\r\n', 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Big: " + b"x" * 9000 + b"\r\n\r\n", 431, "header-too-large"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, "header-too-large"),
        (request(b"{}", "Content-Type: text/plain"), 415, "unsupported-media-type"),
        (request(b"{}", "Content-Type: application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
        (request(b"", path="/v1/nothing"), 404, "not-found"),
        (request(b"", path="/healthz"), 405, "method-not-allowed"),
        (request(b"x" * 100, length=BODY_BYTES + 1)[:-100] + b"x" * (BODY_BYTES + 1), 413, "body-too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_request_is_told_so(door: HttpDoor, raw: bytes, status: int, code: str) -> None:
    answered, error = await exchange(door, raw)
    assert (answered, error["code"]) == (status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"messages": "\xe4"}',
        b'{"temperature": NaN}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"messages": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"messages": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
async def test_a_body_that_is_no_sound_json_object_is_told_so(
    door: HttpDoor, model: ScriptedModel, body: bytes
) -> None:
    status, error = await exchange(door, request(body))
    assert (status, error["code"], error["param"]) == (400, "bad-request", None)
    assert not model.asked


async def test_a_packed_body_counts_unpacked(door: HttpDoor) -> None:
    packed = gzip.compress(b" " * (BODY_BYTES + 1))
    raw = request(packed, "Content-Type: application/json", "Content-Encoding: gzip")
    assert (await exchange(door, raw))[0] == 413


async def test_half_a_body_is_given_up_after_a_while(door: HttpDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "BODY_WITHIN_S", 0.05)
    status, error = await exchange(door, request(b'{"messages"', length=500))
    assert (status, error["code"]) == (408, "body-timeout")


async def test_a_client_that_leaves_in_mid_body_leaves_nothing_behind(
    door: HttpDoor, http: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(b'{"messages"', length=500))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with http.post(CHAT, json=GOOD) as response:
        assert response.status == 200
    assert len(model.asked) == 1


async def test_a_connection_on_which_nothing_comes_is_closed(open_door: OpenDoor) -> None:
    door = await open_door(idle_s=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(b"GET /healthz HT")
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_connection_too_many_is_told_so_and_works_when_another_has_gone(open_door: OpenDoor) -> None:
    door = await open_door(max_connections=1)
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    first, first_writer = await asyncio.open_connection("127.0.0.1", door.port)
    first_writer.write(get)
    assert b"200 OK" in await first.readline()
    status, error = await exchange(door, get)
    assert (status, error["code"]) == (429, "overloaded")
    first_writer.close()
    await first_writer.wait_closed()
    while True:
        again, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(get)
        line = await again.readline()
        writer.close()
        if b"200 OK" in line:
            break


async def test_a_connection_too_many_ends_with_the_door(open_door: OpenDoor) -> None:
    door = await open_door(max_connections=1)
    connections = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(2)]
    assert b"429" in await connections[1][0].readline()
    await door.stop()
    await asyncio.sleep(0)  # the loop tells a protocol of its end in its next turn
    assert not door._server._refused
    for _, writer in connections:
        writer.close()


async def test_after_an_error_the_connection_goes_on(http: aiohttp.ClientSession) -> None:
    async with http.post(CHAT, data=b"{", headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400
    async with http.post(CHAT, json=GOOD) as response:
        assert (await response.json())["choices"][0]["message"]["content"] == "Hello."


async def test_nothing_that_was_sent_is_logged(door: HttpDoor, caplog: pytest.LogCaptureFixture) -> None:
    await exchange(door, request(b'{"messages": [{"role": "user", "content": 5, "x": "my secret"}]}'))
    await exchange(door, b"GET / HTTP/1.1\r\nmy secret\r\n\r\n")
    assert "secret" not in caplog.text
    assert TOKEN not in caplog.text
