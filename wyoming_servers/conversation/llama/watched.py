"""A process of llama.cpp that is kept while one is wanted: watched, restarted, put to sleep, asked one thing a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol

from ...errors import EngineError, EngineLoadingError, EngineUnavailableError, OverloadedError, SottoError
from ..engine import ModelState, ModelStatus
from ..json_lines import Line
from .jobs import TALK, Job, JobQueue, Kinds
from .process import LlamaProcess, ProcessEndedError, broken
from .wire import error_from_json

_LOGGER = logging.getLogger(__name__)


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

    def wait_s(self, crashes: int) -> float:
        """Return how long to wait after so many crashes without an answer between them."""
        return min(self.most_backoff_s, self.backoff_s * 2.0 ** min(crashes - 1, 32))


@dataclass(frozen=True)
class Watch:
    """How a process is kept, and what people are told of it."""

    timeout_s: float
    """How long it may give no sign of life, and how long a request waits to be begun."""
    idle_s: float
    """Without a request for so long its memory is freed; 0: never."""
    kinds: Kinds = TALK
    subject: str = "language model"
    remedy: str = "Choose another model with --llm-model, or fewer --llm-gpu-layers."
    """What to do about a model that crashes llama.cpp while it is loaded."""


class Room(Protocol):
    """The memory for a process: whether there is enough, and whether there was."""

    async def admit(self) -> None:
        """Make room before it is started; raises NoMemoryError if there is none."""

    async def lacked(self) -> SottoError | None:
        """Return an error if it ended by itself for want of memory, None if for another reason."""


class Watched:
    """One model for all requests, one request after the other."""

    def __init__(
        self, status: ModelStatus, order: Line, watch: Watch, limits: Limits, room: Room | None = None
    ) -> None:
        """Start nothing yet; `order` is the first that each process gets, and names the model by its `path`.

        With a `room`, a process that ended for want of memory is not started again before somebody asks for it.
        """
        self.status = status
        """How it is, from memory."""
        self.facts: Line = {}
        """What the last process said of its model when it was loaded."""
        self.pid: int | None = None
        """The number of the process, while there is one."""
        self._order = order
        self._watch = watch
        self._limits = limits
        self.room = room
        self._listeners: list[Callable[[], None]] = []
        self._settled = asyncio.Event()
        self._is_to_sleep = False
        self.jobs = JobQueue(limits.max_waiting, watch.kinds, watch.subject)
        self._failure: SottoError | None = None
        self._failed_at = 0.0
        self._crashes = 0
        """Since the last answer."""
        self._crashes_while_loading = 0
        """Since it was last loaded."""
        self._supervisor: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""
        if self._supervisor is None:
            self._note(ModelState.LOADING)
            self._supervisor = asyncio.create_task(self._supervise(), name=f"llama.cpp: {self._watch.subject}")

    async def stop(self) -> None:
        """End the process and all requests."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        self.jobs.fail_all(self._stopped())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever its state is another one."""
        self._listeners.append(listener)

    @property
    def failure(self) -> SottoError | None:
        """Why it cannot be used, for as long as that is so."""
        return self._failure

    async def settled(self) -> None:
        """Return when it is not loading: ready, asleep or failed."""
        await self._settled.wait()

    def sleep(self) -> None:
        """Free its memory as soon as nobody waits for it; it wakes with the next request."""
        self._is_to_sleep = True
        self.jobs.changed.set()

    def add(self, kind: str, request: Line) -> Job:
        """Queue a request, which whoever asks abandons when done: `jobs.abandon(job)`.

        Raises OverloadedError, EngineUnavailableError before it was started, and the reason why the model cannot be
        loaded, unless it is time to try that again.
        """
        if self._supervisor is None:
            raise EngineUnavailableError(f"The {self._watch.subject} has not been started.")
        if self._failure is not None and monotonic() - self._failed_at < self._limits.retry_s:
            raise self._failure
        return self.jobs.add(kind, request)

    async def until_begun(self, job: Job) -> None:
        """Wait until the process has a request; raises OverloadedError or EngineLoadingError if that takes too long."""
        try:
            async with asyncio.timeout(self._watch.timeout_s):
                await job.begun.wait()
        except TimeoutError:
            subject = self._watch.subject
            if self.status.state is ModelState.READY:
                raise OverloadedError(
                    f"The {subject} was busy for too long.", remedy="Try again in a moment."
                ) from None
            raise EngineLoadingError(f"The {subject} is still loading.", remedy="Try again in a moment.") from None

    async def _supervise(self) -> None:
        """Keep a process while one is wanted."""
        while True:
            try:
                await self._live()
            except ProcessEndedError as err:
                lacked = await self.room.lacked() if self.room is not None and err.by_itself else None
                await (self._after_crash(err) if lacked is None else self._after_failure(lacked))
            except SottoError as err:
                await self._after_failure(err)
            else:
                self._note(ModelState.ASLEEP, detail="its memory was freed; it wakes with the next request")
                await self._until_wanted()

    async def _live(self) -> None:
        """Run a process from loading it until it has been idle for long enough."""
        self._note(ModelState.LOADING)
        self._is_to_sleep = False
        if self.room is not None:
            await self.room.admit()
        try:
            async with LlamaProcess.running(self._order, self.jobs.changed.set, self._limits.stop_s) as process:
                self.pid = process.pid
                self.facts = ready = await self._until_ready(process)
                self._failure = None
                self._crashes_while_loading = 0
                self._note(ModelState.READY, detail=ready["detail"], context_tokens=ready["context"])
                _LOGGER.info("%s (%s) computes on %s", self.status.model, ready["format"], ready["detail"])
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
            job = self.jobs.take()
            if job is not None:
                await self._carry_out(process, job)
            elif self._is_to_sleep or not await self._changed_within(self._watch.idle_s or None):
                return
        raise process.death()

    async def _changed_within(self, seconds: float | None) -> bool:
        self.jobs.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.jobs.changed.wait()
        return self.jobs.changed.is_set()

    async def _carry_out(self, process: LlamaProcess, job: Job) -> None:
        self.jobs.current = job
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
            job.fail(broken(self._watch.subject, err))
            raise
        except asyncio.CancelledError:
            job.abandon()
            job.fail(self._stopped())
            raise
        finally:
            self.jobs.current = None

    async def _next_line(self, process: LlamaProcess) -> Line:
        try:
            async with asyncio.timeout(self._watch.timeout_s):
                return await process.next_line()
        except TimeoutError:
            raise ProcessEndedError(f"it gave no sign of life for {self._watch.timeout_s:g} s") from None

    async def _after_crash(self, reason: ProcessEndedError) -> None:
        """Wait before the next try; give up after some that did not even load."""
        self._crashes += 1
        self._crashes_while_loading += self.status.state is ModelState.LOADING
        _LOGGER.warning("The %s's process broke off while %s: %s", self._watch.subject, self.status.state, reason)
        if (error := self._given_up(reason)) is not None:
            await self._after_failure(error)
            return
        self._note(ModelState.LOADING, detail=f"starting again: {reason}", restarts=self.status.restarts + 1)
        await asyncio.sleep(self._limits.wait_s(self._crashes))

    def _given_up(self, reason: ProcessEndedError) -> EngineUnavailableError | None:
        """Return why it is not started again, if another try is of no use or there were enough."""
        if reason.remedy:
            return EngineUnavailableError(f"llama.cpp broke off: {reason}.", remedy=reason.remedy)
        if self._crashes_while_loading < self._limits.load_tries:
            return None
        path, times = self._order["path"], self._crashes_while_loading
        return EngineUnavailableError(
            f"llama.cpp broke off while it loaded {path}, {times} times: {reason}.", remedy=self._watch.remedy
        )

    async def _after_failure(self, error: SottoError) -> None:
        """Tell everybody why it cannot be used, and wait until it is worth another try."""
        _LOGGER.error("The %s cannot be used: %s", self._watch.subject, error)
        self._failure, self._failed_at = error, monotonic()
        self._crashes = self._crashes_while_loading = 0
        self._note(ModelState.FAILED, detail=str(error))
        self.jobs.fail_all(error)
        await self._until_wanted()

    async def _until_wanted(self) -> None:
        while not self.jobs:
            await self._changed_within(None)

    def _stopped(self) -> EngineError:
        return EngineError(f"The {self._watch.subject} was stopped.")

    def _note(
        self, state: ModelState, *, detail: str = "", context_tokens: int | None = None, restarts: int | None = None
    ) -> None:
        self.status = replace(
            self.status,
            state=state,
            detail=detail,
            context_tokens=self.status.context_tokens if context_tokens is None else context_tokens,
            restarts=self.status.restarts if restarts is None else restarts,
        )
        if state is ModelState.LOADING:
            self._settled.clear()
        else:
            self._settled.set()
        for listener in self._listeners:
            listener()
