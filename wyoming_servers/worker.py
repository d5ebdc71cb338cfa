"""The thread on which an engine loads and computes, so that the event loop never does.

Jobs wait in a bounded queue by priority, then by arrival. A caller that is cancelled takes its job with it:
a waiting job is skipped, a running one sees its `Cancellation` set and ends at its next segment, sentence
or token. A job that makes several items lets more urgent ones come between two of them, and no others.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Iterator
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

    def run(self) -> bool:
        """Do it; returns whether there is more to do."""
        if not self.future.set_running_or_notify_cancel():
            return False
        try:
            _check_deadline(self.start_by)
            self.future.set_result(self.function(self.cancellation))
        except BaseException as err:  # noqa: BLE001 - belongs to whoever awaits the job
            self.future.set_exception(err)
        return False

    def drop(self) -> None:
        """Let whoever waits know that nothing comes."""
        self.future.cancel()


class Stream(Generic[T]):
    """The items of a job, each as soon as it is made; those that are not asked for yet are kept."""

    def __init__(self, items: Callable[[Cancellation], Iterator[T]], start_by: float | None) -> None:
        """Belongs to the running event loop."""
        self._start_by = start_by
        self._cancellation = Cancellation()
        self._items = items(self._cancellation)
        self._loop = asyncio.get_running_loop()
        self._made: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue()

    async def next(self) -> T | None:
        """Return the next item, None at the end; not to be called after that. Raises what the job raises.

        When it is cancelled, the job ends, too.
        """
        try:
            item, error = await self._made.get()
        except asyncio.CancelledError:
            self.cancel()
            raise
        if error is not None:
            raise error
        return item

    def cancel(self) -> None:
        """End the job at its next item, or before."""
        self._cancellation.cancel()

    def run(self) -> bool:
        """Make one item; returns whether there is more to do."""
        if self._cancellation.cancelled:
            return False
        try:
            _check_deadline(self._start_by)
            self._start_by = None
            item = next(self._items, None)
        except BaseException as err:  # noqa: BLE001 - belongs to whoever asks for the item
            self._deliver(None, err)
            return False
        self._deliver(item, None)
        return item is not None

    def drop(self) -> None:
        """Let whoever waits know that nothing comes."""
        self._deliver(None, asyncio.CancelledError())

    def _deliver(self, item: T | None, error: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            self._loop.call_soon_threadsafe(self._made.put_nowait, (item, error))


def _check_deadline(start_by: float | None) -> None:
    if start_by is not None and monotonic() > start_by:
        raise OverloadedError("The work waited past its deadline.", remedy="Try again in a moment.")


class Worker:
    """One or more threads that do jobs in order of priority.

    `threads` above one is for engines whose native code can compute several jobs side by side.
    """

    def __init__(self, name: str, *, threads: int = 1, max_waiting: int = MAX_WAITING) -> None:
        self.name = name
        self._max_waiting = max_waiting
        self._queue: queue.PriorityQueue[tuple[int, int, _Job[Any] | Stream[Any] | None]] = queue.PriorityQueue()
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
        job = _Job(function, None if deadline_s is None else monotonic() + deadline_s)
        self._put(job, priority)
        try:
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.cancellation.cancel()
            raise

    def stream(
        self,
        items: Callable[[Cancellation], Iterator[T]],
        *,
        priority: Priority = Priority.LIVE,
        deadline_s: float | None = None,
    ) -> Stream[T]:
        """Have items made on a thread of this worker, one after the other, more urgent jobs coming in between.

        `items` is called at once, its iterator on the thread. Raises OverloadedError if too many jobs wait; its items,
        if the first one has not been begun within `deadline_s` seconds.
        """
        stream = Stream(items, None if deadline_s is None else monotonic() + deadline_s)
        self._put(stream, priority)
        return stream

    def _put(self, job: _Job[T] | Stream[T], priority: Priority) -> None:
        if self._closed:
            raise OverloadedError(f"The {self.name} worker has stopped.")
        if self.waiting >= self._max_waiting:
            raise OverloadedError(f"{self.waiting} jobs already wait for {self.name}.", remedy="Try again in a moment.")
        self._queue.put((priority, next(self._arrival), job))

    def _work(self) -> None:
        while True:
            priority, arrival, job = self._queue.get()
            if job is None:
                return
            if job.run():
                if self._closed:
                    job.drop()
                else:  # before those of its priority that came later
                    self._queue.put((priority, arrival, job))
            del job  # the next one may be long in coming, and this one holds somebody's audio

    async def close(self, timeout_s: float = 1.0) -> None:
        """Drop waiting jobs and end the threads; a job that does not end in time is left behind."""
        self._closed = True
        with contextlib.suppress(queue.Empty):  # a thread may take the last one at the same moment
            while True:
                _, _, job = self._queue.get_nowait()
                if job is not None:
                    job.drop()
        for _ in self._threads:
            self._queue.put((Priority.STOP, next(self._arrival), None))
        loop = asyncio.get_running_loop()
        deadline = monotonic() + timeout_s
        for thread in self._threads:
            await loop.run_in_executor(None, thread.join, max(0.0, deadline - monotonic()))
