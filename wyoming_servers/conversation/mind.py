"""The language model's part in a conversation: what it writes, made right before anybody acts on it or hears it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from ..turns.recording import engine, mark
from ..turns.turn import Phase
from .calls.call import Situation
from .draft import Draft, again, results_of
from .engine import (
    BrokenCall,
    ChatEvent,
    ChatRequest,
    Finished,
    LanguageModel,
    ModelEvent,
    ModelState,
    ModelStatus,
    TextDelta,
)
from .guard.verdict import Retry
from .results import outcomes_of


def any_command(text: str, language: str) -> bool:
    """Take any words for a command: whoever starts the timer checks them."""
    del language
    return bool(text)


@dataclass(frozen=True)
class Load:
    """Answers that are being written, and those that wait for their turn."""

    running: int
    waiting: int


class Mind:
    """A language model behind the guard, for both doors."""

    def __init__(self, model: LanguageModel, is_command: Callable[[str, str], bool] = any_command) -> None:
        """`is_command(text, language)`: whether a sentence will be understood when a timer says it."""
        self._model = model
        self.is_command = is_command
        self.latest: ChatRequest | None = None
        """What it was asked for last, by whichever door."""
        self.answered: ChatRequest | None = None
        """What it was asked for last by somebody who wanted an answer."""
        self.finished: Finished | None = None
        """What the model's latest answer cost, as the model itself had written it."""
        self._asking = 0

    @property
    def status(self) -> ModelStatus:
        """How the model is, from memory."""
        return self._model.status

    @property
    def is_there(self) -> bool:
        """Whether there is a model: one may come while the server runs."""
        return self._model.status.state is not ModelState.ABSENT

    @property
    def load(self) -> Load:
        """How much the model has to do, for both doors."""
        waiting = min(self._asking, self._model.waiting)
        return Load(self._asking - waiting, waiting)

    async def start(self) -> None:
        """Begin to load the model; returns at once."""
        await self._model.start()

    async def reload(self) -> None:
        """Take up a model that has come, or a better one; returns when it answers. Raises nothing."""
        await self._model.reload()

    async def stop(self) -> None:
        """End the model."""
        await self._model.stop()

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate a prompt ahead of time; returns how many tokens that took."""
        self.latest = request
        return await self._model.prefill(request)

    async def chat(
        self,
        request: ChatRequest,
        situation: Situation | None = None,
        language: str = "en",
        responses: str = "",
        is_command: Callable[[str, str], bool] | None = None,
    ) -> AsyncGenerator[ChatEvent, None]:
        """Yield an answer as it is written; raises what the model raises.

        With a `situation` it is held to the truth: calls are made right for its home, calls in plain text are found,
        a question stands in the place of a call that is not clear, and nothing is said to be done that is not. A model
        that fails at this is asked once more. Without one the answer is the model's own. `responses` are Home
        Assistant's words for those calls of this turn that succeeded; `is_command` is for a home that is not the
        server's.
        """
        self.latest = self.answered = request
        if situation is None:
            async with aclosing(self._write(request)) as events:
                async for event in events:
                    yield TextDelta(event.text) if isinstance(event, BrokenCall) else event
            return
        results = results_of(outcomes_of(request.messages))
        for retried in (False, True):
            understood = is_command or self.is_command
            draft = Draft(request, situation, language, understood, results, retried=retried, responses=responses)
            async with aclosing(self._write(request)) as events:
                async for event in events:
                    if spoken := draft.take(event):
                        yield TextDelta(spoken)
            verdict = draft.verdict()
            if isinstance(verdict, Retry):
                request = again(request, draft.written, verdict)
                continue
            for event in draft.outcome(verdict):
                yield event
            return

    async def _write(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield what the model writes, and count it."""
        self._asking += 1
        began_s = monotonic()
        try:
            async with aclosing(self._model.chat(request)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        self.finished = event
                        self._tell(began_s, event)
                    yield event
        finally:
            self._asking -= 1

    def _tell(self, began_s: float, finished: Finished) -> None:
        """Tell the turn that this was written in."""
        first_s = None if finished.first_token_s is None else began_s + finished.first_token_s
        engine(Phase.LLM, f"{self.status.engine} {self.status.model}")
        note = f"{finished.prompt_tokens} + {finished.completion_tokens} tokens"
        mark(Phase.LLM, began_s, monotonic(), first_s=first_s, note=note)
