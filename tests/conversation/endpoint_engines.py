"""Engines that ask scripted endpoints, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.conversation.scripted_endpoint import ScriptedEndpoint
from wyoming_servers.conversation.engine import (
    ChatEvent,
    ChatRequest,
    Finished,
    Message,
    ModelState,
    Role,
    TextDelta,
    Tool,
    ToolCall,
)
from wyoming_servers.conversation.engines.openai import OpenAi, create
from wyoming_servers.settings import LlmSettings, Settings

SECRET = "sk-secret-0123456789"
TURN_ON = Tool("HassTurnOn", "Turns on", {"type": "object", "properties": {"name": {"type": "string"}}})
TURN_OFF = Tool("HassTurnOff", "Turns off")
QUESTION = ChatRequest((Message(Role.SYSTEM, "You are a house."), Message(Role.USER, "hello")))


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as scripted:
        yield scripted


@pytest.fixture
async def fallback() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint(models=("spare",)) as scripted:
        yield scripted


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Engines:
    """Makes engines, and stops them at the end."""

    def __init__(self) -> None:
        self._made: list[OpenAi] = []
        self.clock = Clock()

    def __call__(self, first: ScriptedEndpoint | str, second: ScriptedEndpoint | None = None, **llm: Any) -> OpenAi:
        url = first if isinstance(first, str) else first.url
        fallback_url = second.url if second else ""
        engine = create(
            Settings(llm=LlmSettings(**{"url": url, "fallback_url": fallback_url, "timeout_s": 5.0, **llm}))
        )
        engine._breaker._clock = self.clock
        self._made.append(engine)
        return engine

    async def stop(self) -> None:
        for engine in self._made:
            await engine.stop()


@pytest.fixture
async def make() -> AsyncIterator[Engines]:
    engines = Engines()
    yield engines
    await engines.stop()


async def all_of(engine: OpenAi, request: ChatRequest = QUESTION) -> list[ChatEvent]:
    async with aclosing(engine.chat(request)) as events:
        return [event async for event in events]


async def spoken(engine: OpenAi, request: ChatRequest = QUESTION) -> str:
    return "".join(event.text for event in await all_of(engine, request) if isinstance(event, TextDelta))


async def called(engine: OpenAi, request: ChatRequest = QUESTION) -> list[tuple[str, dict[str, Any]]]:
    events = await all_of(engine, request)
    return [(event.name, dict(event.arguments)) for event in events if isinstance(event, ToolCall)]


async def end_of(engine: OpenAi, request: ChatRequest = QUESTION) -> Finished:
    last = (await all_of(engine, request))[-1]
    assert isinstance(last, Finished)
    return last


def state_of(engine: OpenAi) -> ModelState:
    return engine.status.state


async def background(engine: OpenAi) -> None:
    """Wait for what a request has left running."""
    await asyncio.gather(*engine._tasks)


def asking(*words: str, **fields: Any) -> ChatRequest:
    """Return a request whose history are the words but the last, each answered with "ok"."""
    history = [m for said in words[:-1] for m in (Message(Role.USER, said), Message(Role.ASSISTANT, "ok"))]
    messages = (Message(Role.SYSTEM, "You are a house."), *history, Message(Role.USER, words[-1]))
    return ChatRequest(messages, **fields)
