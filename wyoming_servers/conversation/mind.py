"""The language model's part in a conversation: what it writes, made right before anybody acts on it or hears it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from .calls.call import Situation
from .engine import ChatEvent, ChatRequest, LanguageModel, ModelStatus


class Mind:
    """A language model behind the guard, for both doors."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def status(self) -> ModelStatus:
        """How the model is, from memory."""
        return self._model.status

    async def start(self) -> None:
        """Begin to load the model; returns at once."""
        await self._model.start()

    async def stop(self) -> None:
        """End the model."""
        await self._model.stop()

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate a prompt ahead of time; returns how many tokens that took."""
        return await self._model.prefill(request)

    async def chat(
        self,
        request: ChatRequest,
        situation: Situation | None = None,
        language: str = "en",  # noqa: ARG002 - for the guard
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield an answer as it is written; raises what the model raises.

        With a `situation` the calls are made right for its home; without one they are the model's own.
        """
        del situation
        async with aclosing(self._model.chat(request)) as events:
            async for event in events:
                yield event
