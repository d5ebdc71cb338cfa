"""A real Home Assistant executes what the language model calls, and speaks its own words for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import ServeFunction
from tests.conversation.scripted_endpoint import Hang, ScriptedEndpoint, calls, says
from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.test_conversation import KnownHome
from wyoming_servers.conversation.engines.openai import create
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.conversation.thinking import Thinking
from wyoming_servers.settings import build

Ask = Callable[..., Awaitable[str]]


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as served:
        yield served


@pytest.fixture
async def ask(home_assistant: HomeAssistant, endpoint: ScriptedEndpoint, serve: ServeFunction) -> AsyncIterator[Ask]:
    """Return a function that says something in one conversation, and returns what Home Assistant would speak."""
    settings, home = build({"llm_url": endpoint.url, "llm_timeout_s": 1}), KnownHome()
    port = await serve(ConversationService(settings, home, Thinking(Mind(create(settings)), home, settings.llm)))
    path = "/api/config/config_entries/flow"
    flow = await asyncio.to_thread(home_assistant.post, path, {"handler": "wyoming"})
    address = {"host": "127.0.0.1", "port": port}
    entry = await asyncio.to_thread(home_assistant.post, f"{path}/{flow['flow_id']}", address)
    request: dict[str, Any] = {"agent_id": "conversation.sotto"}

    async def say(text: str, language: str = "en") -> str:
        said = {**request, "text": text, "language": language}
        answer: Any = await asyncio.to_thread(home_assistant.post, "/api/conversation/process", said)
        request["conversation_id"] = answer["conversation_id"]
        return str(answer["response"]["speech"]["plain"]["speech"])

    yield say
    entry_id = entry["result"]["entry_id"]
    await asyncio.to_thread(home_assistant.delete, f"/api/config/config_entries/entry/{entry_id}")


@pytest.fixture
def state(furnisher: Furnisher) -> Callable[[str], str]:
    def read(entity_id: str) -> str:
        states = furnisher.call("get_states")
        return str(next(each["state"] for each in states if each["entity_id"] == entity_id))

    return read


async def test_what_the_model_calls_is_executed_and_the_next_sentence_refers_to_it(
    ask: Ask, endpoint: ScriptedEndpoint, state: Callable[[str], str]
) -> None:
    assert await ask("turn off the bed lamp") == "Turned off the light"
    endpoint.plays(calls("HassTurnOn", name="Bed lamp"))
    assert await ask("I'd like to read a little before I fall asleep") == "Turned on the light"
    assert await asyncio.to_thread(state, "light.bed_light") == "on"
    endpoint.plays(calls("HassLightSet", name="night lamp", brightness=20))
    assert await ask("a bit cosier, please, twenty would do") == "Brightness set"
    words = [m["content"].splitlines()[-1] for m in endpoint.requests[1].body["messages"] if m["role"] == "user"]
    assert words[-3:-1] == ["turn off the bed lamp", "I'd like to read a little before I fall asleep"]


async def test_a_name_that_nobody_has_is_put_right_or_asked_about(
    ask: Ask, endpoint: ScriptedEndpoint, state: Callable[[str], str]
) -> None:
    endpoint.plays(calls("HassTurnOff", name="Bed lamp, night lamp", floor="Ground", domain="light"))
    assert await ask("I'm done with my book, so the night lamp may rest") == "Turned off the light"
    assert await asyncio.to_thread(state, "light.bed_light") == "off"


async def test_words_are_spoken_as_they_are(ask: Ask, endpoint: ScriptedEndpoint) -> None:
    endpoint.plays(says("Because it has ", "a great sense of humour."))
    assert await ask("why does everybody like the moon") == "Because it has a great sense of humour."


async def test_a_model_that_hangs_is_said_so_and_a_plain_command_works(ask: Ask, endpoint: ScriptedEndpoint) -> None:
    endpoint.otherwise = [Hang()]
    assert "isn't answering" in await ask("I'd like to read a little before I fall asleep")
    assert await ask("turn on the bed lamp") == "Turned on the light"
