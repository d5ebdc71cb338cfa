"""A language model that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from wyoming_servers.conversation.engine import (
    ChatRequest,
    Finished,
    FinishReason,
    LanguageModel,
    ModelEvent,
    ModelState,
    ModelStatus,
    TextDelta,
    ToolCall,
)

Step = ModelEvent | Exception | asyncio.Event
"""Said, raised, or waited for."""


def saying(*words: str) -> list[Step]:
    """Return a script that speaks and ends."""
    said: list[Step] = [TextDelta(word) for word in words]
    return [*said, Finished(FinishReason.STOP, 40, 30, len(words), first_token_s=0.25, tokens_per_s=21.5)]


def calling(*calls: ToolCall) -> list[Step]:
    """Return a script that calls tools and ends."""
    return [*calls, Finished(FinishReason.CALLS, prompt_tokens=50, reused_tokens=40, completion_tokens=9)]


class ScriptedModel(LanguageModel):
    """Plays one script per request; the last one again and again."""

    def __init__(self, *scripts: list[Step]) -> None:
        self.scripts = [*scripts]
        self.asked: list[ChatRequest] = []
        self.prefilled: list[ChatRequest] = []
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        """Its generator was closed or came to an end."""
        self.stops_in_s = 0.0
        """How long that takes."""
        self.now = ModelStatus("scripted", "parrot", ModelState.READY, "cpu", context_tokens=4096)

    @property
    def status(self) -> ModelStatus:
        return self.now

    def be(self, state: ModelState, detail: str = "", restarts: int = 0) -> None:
        """Change its status."""
        self.now = replace(self.now, state=state, detail=detail, restarts=restarts)

    async def start(self) -> None:
        """It is there already."""

    async def stop(self) -> None:
        """Nothing was started."""

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        self.asked.append(request)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.began.set()
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield step
        finally:
            await asyncio.sleep(self.stops_in_s)
            self.ended.set()

    async def prefill(self, request: ChatRequest) -> int:
        self.prefilled.append(request)
        return 17
