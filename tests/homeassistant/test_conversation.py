"""Home Assistant's own Wyoming client executes what the conversation stage understands, and speaks its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import ServeFunction
from tests.homeassistant.instance import HomeAssistant
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.home.model import Area, Entity, Floor, Home, HomeSnapshot
from wyoming_servers.settings import Settings

HOUSE = HomeSnapshot(
    floors=(Floor("upstairs", "Upstairs", ("first floor",)),),
    areas=(
        Area("kitchen", "Kitchen", ("galley", "cook room")),
        Area("bedroom", "Bedroom", (), "upstairs"),
        Area("living_room", "Living Room"),
    ),
    entities=(
        Entity("light.bed_light", "Bed lamp", ("night lamp",), "bedroom"),
        Entity("light.ceiling_lights", "Big light", ("ceiling",)),
        Entity("light.kitchen_lights", "Kitchen Lights", (), "kitchen"),
        Entity("cover.kitchen_window", "Kitchen Window", device_class="window"),
    ),
)
"""What of the furnished house is exposed, as `tests/homeassistant/house.py` lays it out."""


class KnownHome(Home):
    @property
    def snapshot(self) -> HomeSnapshot:
        return HOUSE


@pytest.fixture
async def ask(home_assistant: HomeAssistant, serve: ServeFunction) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Return a function that says something to our entity and returns what Home Assistant would speak."""
    port = await serve(ConversationService(Settings(), KnownHome()))
    path = "/api/config/config_entries/flow"
    flow = await asyncio.to_thread(home_assistant.post, path, {"handler": "wyoming"})
    address = {"host": "127.0.0.1", "port": port}
    entry = await asyncio.to_thread(home_assistant.post, f"{path}/{flow['flow_id']}", address)

    async def say(text: str, language: str = "en") -> str:
        request = {"text": text, "agent_id": "conversation.sotto", "language": language}
        answer: Any = await asyncio.to_thread(home_assistant.post, "/api/conversation/process", request)
        return str(answer["response"]["speech"]["plain"]["speech"])

    yield say
    entry_id = entry["result"]["entry_id"]
    await asyncio.to_thread(home_assistant.delete, f"/api/config/config_entries/entry/{entry_id}")


async def test_one_command_is_executed_and_answered(ask: Callable[..., Awaitable[str]]) -> None:
    assert await ask("turn off the bed lamp") == "Turned off the light"
    assert await ask("is the bed lamp on") == "No, off"
    assert await ask("turn on the night lamp") == "Turned on the light"
    assert await ask("is the bed lamp on") == "Yes"


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("turn on the lights in the kitchen", "en", "Turned on the lights"),
        ("set the bed lamp to 50 percent", "en", "Brightness set"),
        ("把 bed lamp 亮度调到50", "zh-CN", "Bed lamp亮度已设置为50%"),
        ("打开 bed lamp", "zh-CN", "Bed lamp已打开"),
        ("turn off the bed lamp and the big light", "en", "Turned off the light\nTurned off the light"),
        ("which lights are on in the kitchen", "en", "Kitchen Lights"),
        ("hello", "en", "Hello from Home Assistant."),
        ("turn on the banana", "en", "Sorry, I am not aware of any device called banana"),
        ("turn on the lights", "en", "In which room?"),
        ("schalte Bed lamp ein", "de", "Licht eingeschaltet"),
    ],
)
async def test_every_kind_of_answer_is_spoken(
    ask: Callable[..., Awaitable[str]], text: str, language: str, answer: str
) -> None:
    assert await ask(text, language) == answer
