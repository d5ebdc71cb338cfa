"""llama.cpp on this machine, in a process of its own that is watched, restarted and put to sleep."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from ...errors import (
    EngineError,
    EngineLoadingError,
    EngineUnavailableError,
    OverloadedError,
    SottoError,
)
from ...settings import Settings
from ..engine import ChatRequest, Finished, LanguageModel, ModelEvent, ModelState, ModelStatus
from ..llama.jobs import CHAT, PREFILL, Job, JobQueue
from ..llama.model_choice import find_model
from ..llama.process import LlamaProcess, ProcessEndedError, broken
from ..llama.wire import Line, LoadOrder, error_from_json, event_from_json, request_to_json

_LOGGER = logging.getLogger(__name__)

PREFIX_FOLDER = "prefixes"
"""Of evaluated prompts, in the data folder."""


@dataclass(frozen=True)
class Limits:
    """How long and how often things are tried; no settings, but shorter in tests."""

    backoff_s: float = 0.5
    """Wait after the first crash; twice as long after each further one without an answer between them."""
    most_backoff_s: float = 60.0
    load_tries: int = 3
    """Crashes while loading, one after the other, after which it is given up."""
    load_s: float = 600.0
    retry_s: float = 60.0
    """Time after which a request makes a model that could not be loaded try again."""
    stop_s: float = 5.0
    max_waiting: int = 16
    available_bytes: int | None = None
    """Memory that counts as available; None: what the machine says."""


def create(settings: Settings) -> LlamaCpp:
    """Return the engine, not yet loaded; raises EngineUnavailableError if there is no such model on disk."""
    return LlamaCpp(settings, find_model(settings.folder("llm"), settings.llm.model))


class LlamaCpp(LanguageModel):
    """One model for all requests, one request after the other."""

    def __init__(self, settings: Settings, path: Path, limits: Limits | None = None) -> None:
        self._settings = settings.llm
        self._limits = limits or Limits()
        self._order = LoadOrder(
            path=str(path),
            context=settings.llm.context,
            gpu_layers=settings.llm.gpu_layers,
            threads=settings.llm.threads or len(os.sched_getaffinity(0)),
            prefixes=settings.llm.prefixes,
            prefix_folder=str(settings.server.data_dir / PREFIX_FOLDER),
            available_bytes=self._limits.available_bytes,
        )
        self._status = ModelStatus("llama_cpp", path.stem, ModelState.ASLEEP)
        self._jobs = JobQueue(self._limits.max_waiting)
        self._failure: SottoError | None = None
        self._failed_at = 0.0
        self._crashes = 0
        """Since the last answer."""
        self._crashes_while_loading = 0
        """Since it was last loaded."""
        self._supervisor: asyncio.Task[None] | None = None
        self.pid: int | None = None
        """The number of the process, while there is one."""

    @property
    def status(self) -> ModelStatus:
        """How it is, from memory."""
        return self._status

    @property
    def waiting(self) -> int:
        """How many answers wait for their turn, or for the model to load."""
        return self._jobs.waiting(CHAT)

    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""
        if self._supervisor is None:
            self._note(ModelState.LOADING)
            self._supervisor = asyncio.create_task(self._supervise(), name="llama.cpp")

    async def stop(self) -> None:
        """End the process and all requests."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        self._jobs.fail_all(EngineError("The language model was stopped."))

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield an answer as it is written; closing the generator stops the model."""
        self._raise_failure()
        asked_s = monotonic()
        job = self._jobs.add(CHAT, request_to_json(request))
        try:
            await self._until_begun(job)
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
            self._raise_failure()
            job = self._jobs.add(PREFILL, request_to_json(request))
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

    def _raise_failure(self) -> None:
        """Raise why it cannot be used, unless it is time to try again."""
        if self._supervisor is None:
            raise EngineUnavailableError("The language model has not been started.")
        if self._failure is not None and monotonic() - self._failed_at < self._limits.retry_s:
            raise self._failure

    async def _until_begun(self, job: Job) -> None:
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await job.begun.wait()
        except TimeoutError:
            if self._status.state is ModelState.READY:
                raise OverloadedError(
                    "The language model was busy for too long.", remedy="Try again in a moment."
                ) from None
            raise EngineLoadingError("The language model is still loading.", remedy="Try again in a moment.") from None

    async def _supervise(self) -> None:
        """Keep a process while one is wanted."""
        while True:
            try:
                await self._live()
            except ProcessEndedError as err:
                await self._after_crash(err)
            except SottoError as err:
                await self._after_failure(err)
            else:
                self._note(ModelState.ASLEEP, detail="its memory was freed; it wakes with the next request")
                await self._until_wanted()

    async def _live(self) -> None:
        """Run a process from loading it until it has been idle for long enough."""
        self._note(ModelState.LOADING)
        try:
            async with LlamaProcess.running(self._order, self._jobs.changed.set, self._limits.stop_s) as process:
                self.pid = process.pid
                ready = await self._until_ready(process)
                self._failure = None
                self._crashes_while_loading = 0
                self._note(ModelState.READY, detail=ready["detail"], context_tokens=ready["context"])
                _LOGGER.info("%s (%s) computes on %s", self._status.model, ready["format"], ready["detail"])
                await self._serve(process)
        finally:
            self.pid = None

    async def _until_ready(self, process: LlamaProcess) -> Line:
        try:
            async with asyncio.timeout(self._limits.load_s):
                line = await process.next_line()
        except TimeoutError:
            raise ProcessEndedError(f"it did not load within {self._limits.load_s:g} s") from None
        if "failed" in line:
            raise error_from_json(line["failed"])
        ready: Line = line["ready"]
        return ready

    async def _serve(self, process: LlamaProcess) -> None:
        """Have requests answered; returns when there was none for `idle_s`."""
        while not process.ended:
            job = self._jobs.take()
            if job is not None:
                await self._carry_out(process, job)
            elif not await self._changed_within(self._settings.idle_s or None):
                return
        raise process.death()

    async def _changed_within(self, seconds: float | None) -> bool:
        self._jobs.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._jobs.changed.wait()
        return self._jobs.changed.is_set()

    async def _carry_out(self, process: LlamaProcess, job: Job) -> None:
        self._jobs.current = job
        job.begin(lambda: process.send({"op": "cancel", "id": job.number}))
        process.send({"op": job.kind, "id": job.number, "request": job.request})
        try:
            while True:
                line = await self._next_line(process)
                if line.get("id") == job.number:
                    job.put(line)
                    if "end" in line:
                        self._crashes = 0
                if job.finished:
                    return
        except ProcessEndedError as err:
            job.fail(broken(err))
            raise
        except asyncio.CancelledError:
            job.abandon()
            job.fail(EngineError("The language model was stopped."))
            raise
        finally:
            self._jobs.current = None

    async def _next_line(self, process: LlamaProcess) -> Line:
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await process.next_line()
        except TimeoutError:
            raise ProcessEndedError(f"it gave no sign of life for {self._settings.timeout_s:g} s") from None

    async def _after_crash(self, reason: ProcessEndedError) -> None:
        """Wait before the next try; give up after some that did not even load."""
        self._crashes += 1
        self._crashes_while_loading += self._status.state is ModelState.LOADING
        _LOGGER.warning("The language model's process broke off while %s: %s", self._status.state, reason)
        if self._crashes_while_loading >= self._limits.load_tries:
            await self._after_failure(
                EngineUnavailableError(
                    f"llama.cpp broke off while it loaded {self._order.path}, {self._crashes_while_loading} times: "
                    f"{reason}.",
                    remedy="Choose another model with --llm-model, or fewer --llm-gpu-layers.",
                )
            )
            return
        self._note(ModelState.LOADING, detail=f"starting again: {reason}", restarts=self._status.restarts + 1)
        await asyncio.sleep(min(self._limits.most_backoff_s, self._limits.backoff_s * 2 ** (self._crashes - 1)))

    async def _after_failure(self, error: SottoError) -> None:
        """Tell everybody why it cannot be used, and wait until it is worth another try."""
        _LOGGER.error("The language model cannot be used: %s", error)
        self._failure, self._failed_at = error, monotonic()
        self._crashes = self._crashes_while_loading = 0
        self._note(ModelState.FAILED, detail=str(error))
        self._jobs.fail_all(error)
        await self._until_wanted()

    async def _until_wanted(self) -> None:
        while not self._jobs:
            await self._changed_within(None)

    def _note(
        self, state: ModelState, *, detail: str = "", context_tokens: int | None = None, restarts: int | None = None
    ) -> None:
        self._status = replace(
            self._status,
            state=state,
            detail=detail,
            context_tokens=self._status.context_tokens if context_tokens is None else context_tokens,
            restarts=self._status.restarts if restarts is None else restarts,
        )


def _after(waited_s: float, event: ModelEvent) -> ModelEvent:
    """Return an event of an answer; the process knows nothing of the wait before it began."""
    if isinstance(event, Finished) and event.first_token_s is not None:
        return replace(event, first_token_s=waited_s + event.first_token_s)
    return event
