"""llama.cpp on this machine, in a process of its own that is watched, restarted and put to sleep."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from time import monotonic

from ...errors import SottoError
from ...settings import Settings
from ..engine import ChatRequest, Finished, LanguageModel, ModelEvent, ModelState, ModelStatus
from ..llama.jobs import CHAT, PREFILL, JobQueue
from ..llama.model_choice import find_model
from ..llama.watched import Limits, Room, Watch, Watched
from ..llama.wire import LoadOrder, event_from_json, request_to_json

_LOGGER = logging.getLogger(__name__)

PREFIX_FOLDER = "prefixes"
"""Of evaluated prompts, in the data folder."""


def create(settings: Settings) -> LlamaCpp:
    """Return the engine, not yet loaded; raises EngineUnavailableError if there is no such model on disk."""
    return LlamaCpp(settings, find_model(settings.folder("llm"), settings.llm.model))


class LlamaCpp(LanguageModel):
    """One model for all requests, one request after the other."""

    def __init__(self, settings: Settings, path: Path, limits: Limits | None = None, room: Room | None = None) -> None:
        limits = limits or Limits()
        llm = settings.llm
        order = LoadOrder(
            path=str(path),
            context=llm.context,
            gpu_layers=llm.gpu_layers,
            threads=llm.threads or len(os.sched_getaffinity(0)),
            prefixes=llm.prefixes,
            prefix_folder=str(settings.server.data_dir / PREFIX_FOLDER),
            available_bytes=limits.available_bytes,
        )
        status = ModelStatus("llama_cpp", path.stem, ModelState.ASLEEP)
        self._watched = Watched(status, order.to_line(), Watch(llm.timeout_s, llm.idle_s), limits, room)

    @property
    def status(self) -> ModelStatus:
        """How it is, from memory."""
        return self._watched.status

    @property
    def waiting(self) -> int:
        """How many answers wait for their turn, or for the model to load."""
        return self._jobs.waiting(CHAT)

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._watched.pid

    @property
    def _jobs(self) -> JobQueue:
        return self._watched.jobs

    @property
    def failure(self) -> SottoError | None:
        """Why it cannot be used, for as long as that is so."""
        return self._watched.failure

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever its state is another one."""
        self._watched.on_change(listener)

    async def settled(self) -> None:
        """Return when it is not loading: ready, asleep or failed."""
        await self._watched.settled()

    def sleep(self) -> None:
        """Free its memory as soon as nobody waits for it; it wakes with the next request."""
        self._watched.sleep()

    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""
        self._watched.start()

    async def stop(self) -> None:
        """End the process and all requests."""
        await self._watched.stop()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield an answer as it is written; closing the generator stops the model."""
        asked_s = monotonic()
        job = self._watched.add(CHAT, request_to_json(request))
        try:
            await self._watched.until_begun(job)
            waited_s = monotonic() - asked_s
            async with aclosing(job.lines()) as lines:
                async for line in lines:
                    if "end" not in line:
                        yield _after(waited_s, event_from_json(line))
        finally:
            self._jobs.abandon(job)

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate what is known of a prompt; returns how many tokens that took, 0 if it cannot be."""
        try:
            job = self._watched.add(PREFILL, request_to_json(request))
        except SottoError:
            return 0
        try:
            async with aclosing(job.lines()) as lines:
                return sum([int(line["end"]) async for line in lines])
        except SottoError as err:
            _LOGGER.debug("A prompt was not evaluated beforehand: %s", err.code)
            return 0
        finally:
            self._jobs.abandon(job)


def _after(waited_s: float, event: ModelEvent) -> ModelEvent:
    """Return an event of an answer; the process knows nothing of the wait before it began."""
    if isinstance(event, Finished) and event.first_token_s is not None:
        return replace(event, first_token_s=waited_s + event.first_token_s)
    return event
