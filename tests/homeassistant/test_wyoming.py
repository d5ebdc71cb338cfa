"""Home Assistant's own Wyoming integration takes one port as one entry, and makes its entities from it."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from wyoming.event import Event
from wyoming.handle import Handled
from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    TtsProgram,
    TtsVoice,
    WakeModel,
    WakeProgram,
)

from tests.conftest import ServeFunction
from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage

ABOUT: dict[str, Any] = {
    "name": "sotto",
    "attribution": Attribution("Sotto", ""),
    "installed": True,
    "description": "Sotto",
    "version": "1",
}
MODEL = {**ABOUT, "name": "a-model", "languages": ["en"]}


class Listed(Service):
    """A service that is in the list and answers every request with one sentence."""

    programs: ClassVar[dict[Stage, Info]] = {
        Stage.WAKE: Info(wake=[WakeProgram(**ABOUT, models=[WakeModel(**MODEL, phrase="okay")])]),
        Stage.STT: Info(asr=[AsrProgram(**ABOUT, models=[AsrModel(**MODEL)])]),
        Stage.TTS: Info(tts=[TtsProgram(**ABOUT, voices=[TtsVoice(**MODEL)])]),
        Stage.CONVERSATION: Info(handle=[HandleProgram(**ABOUT, models=[HandleModel(**MODEL)])]),
    }

    def __init__(self, stage: Stage) -> None:
        self.stage = stage  # type: ignore[misc]

    @property
    def info(self) -> Info:
        return self.programs[self.stage]

    async def serve(self, connection: Connection, first: Event) -> None:
        await connection.write(Handled(text="Good evening.").event())


class Assistant:
    """What a user does in Home Assistant's settings, and then asks."""

    def __init__(self, home_assistant: HomeAssistant) -> None:
        self.home_assistant = home_assistant

    def add(self, port: int) -> dict[str, Any]:
        """Go through the config flow of the Wyoming integration; return how it ended."""
        path = "/api/config/config_entries/flow"
        flow = self.home_assistant.post(path, {"handler": "wyoming", "show_advanced_options": False})
        result = self.home_assistant.post(f"{path}/{flow['flow_id']}", {"host": "127.0.0.1", "port": port})
        return dict(result)

    def entities(self, entry_id: str) -> list[str]:
        """Return the entities of an entry."""
        with self.home_assistant.administrator() as admin:
            entries = Furnisher(admin).call("config/entity_registry/list")
        return sorted(entry["entity_id"] for entry in entries if entry["config_entry_id"] == entry_id)

    def ask(self, agent_id: str, text: str) -> str:
        """Say something to a conversation agent and return what it replies."""
        answer = self.home_assistant.post("/api/conversation/process", {"text": text, "agent_id": agent_id})
        return str(answer["response"]["speech"]["plain"]["speech"])

    def remove(self, entry_id: str) -> None:
        """Take the entry away again."""
        self.home_assistant.delete(f"/api/config/config_entries/entry/{entry_id}")


@pytest.fixture
def assistant(home_assistant: HomeAssistant) -> Assistant:
    return Assistant(home_assistant)


async def test_one_port_becomes_one_entry_with_the_four_entities_of_a_voice_assistant(
    assistant: Assistant, serve: ServeFunction
) -> None:
    port = await serve(*(Listed(stage) for stage in Listed.programs))
    result = await asyncio.to_thread(assistant.add, port)
    assert result["type"] == "create_entry"
    entry_id = result["result"]["entry_id"]
    entities = await asyncio.to_thread(assistant.entities, entry_id)
    assert entities == ["conversation.sotto", "stt.sotto", "tts.sotto", "wake_word.sotto"]
    assert await asyncio.to_thread(assistant.ask, "conversation.sotto", "hello") == "Good evening."
    await asyncio.to_thread(assistant.remove, entry_id)
