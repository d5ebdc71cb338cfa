"""What an endpoint is told of keys, settings that are none, and what is done before anybody asks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from tests.conversation.endpoint_engines import (
    QUESTION,
    SECRET,
    Engines,
    asking,
    background,
    endpoint,
    fallback,
    make,
    spoken,
    state_of,
)
from tests.conversation.scripted_endpoint import Break, Hang, Respond, ScriptedEndpoint, refuses, says
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.engines.openai import create
from wyoming_servers.errors import EngineUnavailableError, RemoteError, SettingsError
from wyoming_servers.settings import LlmSettings, Settings

__all__ = ["endpoint", "fallback", "make"]

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
