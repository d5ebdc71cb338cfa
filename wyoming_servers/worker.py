"""The thread on which an engine loads and computes, so that the event loop never does.

Jobs wait in a bounded queue by priority, then by arrival. A caller that is cancelled takes its job with it:
a waiting job is skipped, a running one sees its `Cancellation` set and ends at its next segment, sentence
or token.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from time import monotonic
from typing import Any, Generic, TypeVar

from .errors import OverloadedError

T = TypeVar("T")

MAX_WAITING = 64


class Priority(IntEnum):
    """Which waiting job goes first: the lower."""

    LOAD = 0
    LIVE = 1
    """Somebody is waiting for the result."""
    SPECULATIVE = 2
    """The result may never be needed."""
    STOP = 9


class Cancellation:
    """Tells a running job that nobody wants its result any more."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to end."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the job should end."""
        return self._event.is_set()


class _Job(Generic[T]):
    def __init__(self, function: Callable[[Cancellation], T], start_by: float | None) -> None:
        self.function = function
        self.start_by = start_by
        self.cancellation = Cancellation()
        self.future: Future[T] = Future()

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            if self.start_by is not None and monotonic() > self.start_by:
                raise OverloadedError("The work waited past its deadline.", remedy="Try again in a moment.")
            self.future.set_result(self.function(self.cancellation))
        except BaseException as err:  # noqa: BLE001 - belongs to whoever awaits the job
            self.future.set_exception(err)


class Worker:
    """One or more threads that do jobs in order of priority.

    `threads` above one is for engines whose native code can compute several jobs side by side.
    """

    def __init__(self, name: str, *, threads: int = 1, max_waiting: int = MAX_WAITING) -> None:
        self.name = name
        self._max_waiting = max_waiting
        self._queue: queue.PriorityQueue[tuple[int, int, _Job[Any] | None]] = queue.PriorityQueue()
        self._arrival = itertools.count()
        self._closed = False
        # Daemons: a native call that does not return must not hold up the end of the process.
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs have not started."""
        return self._queue.qsize()

    async def run(
        self,
        function: Callable[[Cancellation], T],
        *,
        priority: Priority = Priority.LIVE,
        deadline_s: float | None = None,
    ) -> T:
        """Do the job on a thread of this worker and return its result.

        Raises OverloadedError if too many jobs wait, or if this one has not started within `deadline_s`
        seconds; and whatever the job raises.
        """
        if self._closed:
            raise OverloadedError(f"The {self.name} worker has stopped.")
        if self.waiting >= self._max_waiting:
            raise OverloadedError(f"{self.waiting} jobs already wait for {self.name}.", remedy="Try again in a moment.")
        job = _Job(function, None if deadline_s is None else monotonic() + deadline_s)
        self._queue.put((priority, next(self._arrival), job))
        try:
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.cancellation.cancel()
            raise

    def _work(self) -> None:
        while True:
            _, _, job = self._queue.get()
            if job is None:
                return
            job.run()
            del job  # the next one may be long in coming, and this one holds somebody's audio

    async def close(self, timeout_s: float = 1.0) -> None:
        """Drop waiting jobs and end the threads; a job that does not end in time is left behind."""
        self._closed = True
        with contextlib.suppress(queue.Empty):  # a thread may take the last one at the same moment
            while True:
                _, _, job = self._queue.get_nowait()
                if job is not None:
                    job.future.cancel()
        for _ in self._threads:
            self._queue.put((Priority.STOP, next(self._arrival), None))
        loop = asyncio.get_running_loop()
        deadline = monotonic() + timeout_s
        for thread in self._threads:
            await loop.run_in_executor(None, thread.join, max(0.0, deadline - monotonic()))
