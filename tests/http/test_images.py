"""Images in the messages of users: taken where the model sees them, refused with the reason where it does not."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from tests.conversation.scripted_endpoint import ScriptedEndpoint, says
from tests.http.assist import Assist
from tests.http.conftest import OpenDoor
from tests.http.scripted_model import ScriptedModel
from wyoming_servers.conversation.engines.openai import create
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.http.images import MOST_BYTES
from wyoming_servers.http.serving import BODY_BYTES
from wyoming_servers.settings import build

CHAT = "/v1/chat/completions"
JPEG = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0 not much of a picture!").decode()
WORDS: dict[str, Any] = {"type": "text", "text": "What is this?"}


def shown(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


def body(*parts: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [*parts]}]}


@pytest.fixture
async def seeing(open_door: OpenDoor, model: ScriptedModel) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a client of a door whose model sees images."""
    model.now = replace(model.now, vision=True)
    door = await open_door()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as session:
        yield session


def post(http: aiohttp.ClientSession, body: dict[str, Any], path: str = CHAT) -> AbstractAsyncContextManager[Any]:
    """Send a body that may be too large for aiohttp to like it as bytes."""
    return http.post(path, data=io.BytesIO(json.dumps(body).encode()), headers={"Content-Type": "application/json"})


async def refused(http: aiohttp.ClientSession, body: dict[str, Any]) -> dict[str, Any]:
    async with post(http, body) as response:
        error: dict[str, Any] = (await response.json())["error"]
        return {"status": response.status, **error}


async def test_the_endpoints_model_gets_the_words_and_the_image(open_door: OpenDoor) -> None:
    async with ScriptedEndpoint(says("A cat.")) as endpoint:
        settings = build({"llm_url": endpoint.url, "llm_vision": "yes"})
        mind = Mind(create(settings))
        door = await open_door(mind)
        address = f"http://127.0.0.1:{door.port}"
        async with aiohttp.ClientSession(address) as http, post(http, body(WORDS, shown(JPEG))) as response:
            told = await response.json()
        await mind.stop()
    assert told["choices"][0]["message"]["content"] == "A cat."
    assert endpoint.requests[0].body["messages"] == [
        {"role": "user", "content": [WORDS, {"type": "image_url", "image_url": {"url": JPEG}}]}
    ]


async def test_whether_images_are_seen_is_a_setting_and_told() -> None:
    for setting, sees in (({}, False), ({"llm_vision": "yes"}, True)):
        model = create(build({"llm_url": "http://127.0.0.1:9/v1", **setting}))
        assert model.status.vision == sees


async def test_with_a_prompt_of_the_servers_the_time_stands_before_the_words(
    seeing: aiohttp.ClientSession, model: ScriptedModel
) -> None:
    await Assist(seeing).says([WORDS, shown(JPEG)], now="2026-11-29T20:15:00+08:00")
    message = model.asked[0].messages[-1]
    assert message.content == "[Sunday 29 November 2026, 20:15]\nWhat is this?"
    assert message.images == (JPEG,)


async def test_a_model_that_sees_nothing_is_sent_no_image(http: aiohttp.ClientSession, model: ScriptedModel) -> None:
    error = await refused(http, body(WORDS, shown(JPEG)))
    assert (error["status"], error["param"]) == (400, "messages[0].content")
    assert "--llm-vision yes" in error["message"]
    assert not model.asked


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/cat.jpg",
        "data:text/html;base64,PGI+",
        "data:image/jpeg;base64,",
        "data:image/jpeg;base64,AAAA!AAAA",
        "data:image/svg+xml;base64,PHN2Zy8+",
        5,
    ],
)
async def test_what_is_no_image_in_the_body_is_refused(seeing: aiohttp.ClientSession, url: Any) -> None:
    error = await refused(seeing, body(WORDS, shown(url)))
    assert (error["status"], error["param"]) == (400, "messages[0].content[1].image_url.url")


@pytest.mark.parametrize("role", ["system", "assistant"])
async def test_only_users_show_something(seeing: aiohttp.ClientSession, role: str) -> None:
    error = await refused(seeing, body(shown(JPEG), role=role))
    assert (error["status"], error["param"]) == (400, "messages[0].content[0].type")


async def test_images_make_a_body_larger_than_words_may(seeing: aiohttp.ClientSession) -> None:
    large = body(WORDS, shown(JPEG + "AAAA" * (BODY_BYTES // 4)))
    async with post(seeing, large) as response:
        assert response.status == 200
    too_large = body(WORDS, shown(JPEG + "AAAA" * (MOST_BYTES // 4)))
    error = await refused(seeing, too_large)
    assert (error["status"], error["code"]) == (413, "body-too-large")
    assert "16 MB" in error["message"]
    async with post(seeing, {"entities": [], "tools": ["x" * BODY_BYTES]}, "/api/home") as response:
        assert response.status == 413


async def test_where_nothing_is_seen_bodies_stay_small(http: aiohttp.ClientSession) -> None:
    error = await refused(http, body(WORDS, shown(JPEG + "AAAA" * (BODY_BYTES // 4))))
    assert (error["status"], error["code"]) == (413, "body-too-large")
    assert "4 MB" in error["message"]
