"""A household to talk to: the demo house as a client like Home Assistant has it, and a scripted model behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.conversation.scripted_endpoint import ScriptedEndpoint
from wyoming_servers.conversation.consulting import Consulting, Documents
from wyoming_servers.conversation.engine import LanguageModel
from wyoming_servers.conversation.engines.openai import create
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.conversation.thinking import Thinking
from wyoming_servers.front.server import Server
from wyoming_servers.home.demo import DemoHome, Order
from wyoming_servers.home.model import Home, HomeSnapshot
from wyoming_servers.pipeline.assistant import Assistant
from wyoming_servers.protocol.service import Stage
from wyoming_servers.settings import Settings, build


class Mirror(Home):
    """A house that somebody else has done what it is told, as Home Assistant is to Sotto."""

    def __init__(self, house: DemoHome) -> None:
        super().__init__()
        self._house = house

    @property
    def snapshot(self) -> HomeSnapshot:
        return self._house.snapshot


@dataclass
class Household:
    """Talks to a conversation service over its socket, and does what comes back."""

    house: DemoHome
    assistant: Assistant
    language: str
    conversation: str = "01JAAAAAAAAAAAAAAAAAAAAAAA"
    device: str | None = None

    async def says(self, text: str) -> str:
        """Say something; return what is answered, after it was done."""
        context = {"conversation_id": self.conversation, **({"device_id": self.device} if self.device else {})}
        heard = await self.assistant.understand(text, self.language, context)
        if not heard.intents:
            return heard.text
        orders = [
            Order(intent.name, {each.name: each.value for each in intent.entities}, intent.text or "")
            for intent in heard.intents
        ]
        return self.house.execute(orders).text

    def state(self, entity_id: str) -> str:
        """Return the state of a thing."""
        entity = self.house.snapshot.entity(entity_id)
        assert entity is not None
        return entity.state


@asynccontextmanager
async def household(
    endpoint: ScriptedEndpoint, language: str, documents: Documents | None = None, **llm: object
) -> AsyncIterator[Household]:
    """Serve a conversation that thinks with the endpoint, and has documents."""
    settings = build({"llm_url": endpoint.url, "language": language, **llm})
    async with household_with(create(settings), settings, documents) as house:
        yield house


@asynccontextmanager
async def household_with(
    model: LanguageModel | None, settings: Settings, documents: Documents | None = None
) -> AsyncIterator[Household]:
    """Serve a conversation that thinks with a model, or without one, and has documents."""
    house = DemoHome()
    mirror = Mirror(house)
    ignores = settings.conversation.chatter == "ignore"
    thinking = None if model is None else Thinking(Mind(model), mirror, settings.llm, ignores_chatter=ignores)
    service = ConversationService(settings, mirror, thinking, Consulting(documents, within_s=5))
    async with Server("tcp://127.0.0.1:0", {Stage.CONVERSATION: service}, listed_within_s=0) as server:
        yield Household(house, Assistant(f"tcp://127.0.0.1:{server.port}"), settings.server.language)
