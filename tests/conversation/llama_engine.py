"""Engines of llama.cpp for tests: started, asked, and ended with their test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    Message,
    ModelEvent,
    Role,
    TextDelta,
    Tool,
    ToolCall,
)
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.llama.watched import Limits
from wyoming_servers.settings import LlmSettings, ServerSettings, Settings

SYSTEM = "You are the voice of a house. Answer in one short sentence. " * 8
TURN_ON = Tool(
    "HassTurnOn",
    "Turns on a device",
    {
        "type": "object",
        "properties": {"name": {"type": "string", "enum": ["Ceiling light", "吊灯", 'the "big" one']}},
        "required": ["name"],
    },
)

MakeEngine = Callable[..., Awaitable[LlamaCpp]]


def user(text: str) -> Message:
    return Message(Role.USER, text)


def assistant(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


def asking(*messages: Message | str, system: str = SYSTEM, **options: Any) -> ChatRequest:
    """Return a request for a short answer; strings are the user's and the assistant's words in turn."""
    said = [
        message if isinstance(message, Message) else (assistant if index % 2 else user)(message)
        for index, message in enumerate(messages)
    ]
    options.setdefault("max_tokens", 4)
    return ChatRequest((Message(Role.SYSTEM, system), *said), **options)


@dataclass
class Answer:
    """All that came of a request."""

    events: list[ModelEvent] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]

    @property
    def finished(self) -> Finished:
        end = self.events[-1]
        assert isinstance(end, Finished)
        return end

    @property
    def evaluated(self) -> int:
        """How many tokens of the prompt were not known before."""
        return self.finished.prompt_tokens - self.finished.reused_tokens


async def answer(engine: LlamaCpp, request: ChatRequest) -> Answer:
    async with aclosing(engine.chat(request)) as events:
        return Answer([event async for event in events])


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for what another process brings about, of which nobody is told."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.002)


async def until_working(engine: LlamaCpp) -> None:
    """Wait until a request is with the process."""
    await until(lambda: engine._jobs.current is not None)


def settings_for(data_dir: Path, **llm: Any) -> Settings:
    """Return settings in which one thread computes: several wait for each other on a busy machine."""
    return Settings(server=ServerSettings(data_dir=data_dir), llm=LlmSettings(**{"threads": 1, "context": 4096, **llm}))


@pytest.fixture
async def make_engine(tmp_path: Path, gguf_models: Path) -> AsyncIterator[MakeEngine]:
    """Make engines of a stand-in, started: `engine = await make_engine("nano")`; they end with the test."""
    made: list[LlamaCpp] = []

    async def make(model: str | Path = "nano", limits: Limits | None = None, **llm: Any) -> LlamaCpp:
        path = model if isinstance(model, Path) else gguf_models / f"{model}.gguf"
        engine = LlamaCpp(settings_for(tmp_path / "data", **llm), path, limits or Limits(backoff_s=0.01))
        made.append(engine)
        await engine.start()
        return engine

    yield make
    for engine in made:
        await engine.stop()
