"""Jobs by priority, within bounds, and no longer than they are wanted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from wyoming_servers.errors import OverloadedError
from wyoming_servers.worker import Cancellation, Priority, Stream, Worker


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test", max_waiting=3)
    yield worker
    await worker.close()


class Gate:
    """A job that holds the worker until it is let go."""

    def __init__(self, worker: Worker) -> None:
        self._open = threading.Event()
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(_: Cancellation) -> None:
            loop.call_soon_threadsafe(started.set)
            self._open.wait(10)

        self.task = asyncio.create_task(worker.run(hold))
        self.started = started

    async def release(self) -> None:
        self._open.set()
        await self.task


def recorder(order: list[str], name: str) -> Callable[[Cancellation], None]:
    return lambda _: order.append(name)


async def test_a_job_runs_on_another_thread_and_its_result_comes_back(worker: Worker) -> None:
    assert await worker.run(lambda _: threading.current_thread().name) == "test-0"


async def test_what_a_job_raises_comes_back(worker: Worker) -> None:
    def fail(_: Cancellation) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await worker.run(fail)
    assert await worker.run(lambda _: 1) == 1


async def test_what_is_awaited_goes_before_what_is_speculative(worker: Worker) -> None:
    order: list[str] = []
    gate = Gate(worker)
    await gate.started.wait()
    jobs = [
        asyncio.create_task(worker.run(recorder(order, "speculative"), priority=Priority.SPECULATIVE)),
        asyncio.create_task(worker.run(recorder(order, "first"))),
        asyncio.create_task(worker.run(recorder(order, "second"))),
    ]
    await asyncio.sleep(0)
    await gate.release()
    await asyncio.gather(*jobs)
    assert order == ["first", "second", "speculative"]


async def test_more_than_may_wait_is_refused(worker: Worker) -> None:
    gate = Gate(worker)
    await gate.started.wait()
    jobs = [asyncio.create_task(worker.run(lambda _: None)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await worker.run(lambda _: None)
    await gate.release()
    await asyncio.gather(*jobs)


async def test_a_cancelled_job_that_waits_never_runs(worker: Worker) -> None:
    order: list[str] = []
    gate = Gate(worker)
    await gate.started.wait()
    job = asyncio.create_task(worker.run(recorder(order, "unwanted")))
    await asyncio.sleep(0)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    await gate.release()
    await worker.run(recorder(order, "wanted"))
    assert order == ["wanted"]


async def test_a_running_job_sees_that_it_is_cancelled(worker: Worker) -> None:
    started, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(cancellation: Cancellation) -> None:
        loop.call_soon_threadsafe(started.set)
        while not cancellation.cancelled:
            threading.Event().wait(0.001)
        loop.call_soon_threadsafe(ended.set)

    job = asyncio.create_task(worker.run(work))
    await started.wait()
    job.cancel()
    await ended.wait()


class Held:
    """Where a thread waits until it is let go."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(10)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 10)

    def release(self) -> None:
        self._open.set()


def counting(order: list[str], name: str, held: Held | None = None) -> Callable[[Cancellation], Iterator[str]]:
    """Return a job that makes three items, and is held before the second."""

    def count(_: Cancellation) -> Iterator[str]:
        for number in range(3):
            if held is not None and number == 1:
                held.wait()
            order.append(f"{name}{number}")
            yield f"{name}{number}"

    return count


async def items_of(stream: Stream[str]) -> list[str]:
    made = []
    while (item := await stream.next()) is not None:
        made.append(item)
    return made


async def test_items_come_one_by_one_and_then_none(worker: Worker) -> None:
    held, order = Held(), list[str]()
    stream = worker.stream(counting(order, "item", held))
    assert await stream.next() == "item0"
    assert order == ["item0"]
    held.release()
    assert await items_of(stream) == ["item1", "item2"]


async def test_only_what_is_more_urgent_comes_between_two_items(worker: Worker) -> None:
    held, order = Held(), list[str]()
    running = worker.stream(counting(order, "running", held), priority=Priority.SPECULATIVE)
    await held.reached()
    later = worker.stream(counting(order, "later"), priority=Priority.SPECULATIVE)
    urgent = worker.stream(counting(order, "urgent"), priority=Priority.LIVE)
    held.release()
    await asyncio.gather(*map(items_of, (running, later, urgent)))
    names = ["running0", "running1", "urgent0", "urgent1", "urgent2", "running2", "later0", "later1", "later2"]
    assert order == names


async def test_what_a_stream_raises_comes_back_after_its_items(worker: Worker) -> None:
    def fail(_: Cancellation) -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    stream = worker.stream(fail)
    assert await stream.next() == 1
    with pytest.raises(ZeroDivisionError):
        await stream.next()


async def test_a_stream_that_is_cancelled_makes_no_more_and_its_job_sees_it(worker: Worker) -> None:
    held, order = Held(), list[str]()
    seen: list[Cancellation] = []

    def watching(cancellation: Cancellation) -> Iterator[str]:
        seen.append(cancellation)
        return counting(order, "item", held)(cancellation)

    stream = worker.stream(watching)
    await stream.next()
    waiting = asyncio.create_task(stream.next())
    await held.reached()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert seen[0].cancelled
    held.release()
    await worker.run(lambda _: None)
    assert order == ["item0", "item1"]


async def test_a_stream_past_its_deadline_does_not_begin_but_one_that_has_begun_goes_on(worker: Worker) -> None:
    late = worker.stream(counting([], "item"), deadline_s=-1)
    with pytest.raises(OverloadedError):
        await late.next()
    begun = worker.stream(counting([], "item"), deadline_s=10.0)
    assert await begun.next() == "item0"
    assert begun._start_by is None


async def test_a_closed_worker_ends_a_stream_at_its_next_item() -> None:
    worker, held = Worker("closing"), Held()
    running = worker.stream(counting([], "running", held))
    await running.next()
    await held.reached()
    waiting = worker.stream(counting([], "waiting"))
    closing = asyncio.create_task(worker.close())
    with pytest.raises(asyncio.CancelledError):
        await waiting.next()
    held.release()
    await closing
    assert await running.next() == "running1"
    with pytest.raises(asyncio.CancelledError):
        await running.next()
    with pytest.raises(OverloadedError):
        worker.stream(counting([], "more"))


async def test_a_job_past_its_deadline_does_not_start(worker: Worker) -> None:
    gate = Gate(worker)
    await gate.started.wait()
    job = asyncio.create_task(worker.run(lambda _: "late", deadline_s=-1))
    await asyncio.sleep(0)
    await gate.release()
    with pytest.raises(OverloadedError):
        await job


async def test_a_closed_worker_refuses_jobs_and_drops_those_that_wait() -> None:
    worker = Worker("closing")
    gate = Gate(worker)
    await gate.started.wait()
    waiting = asyncio.create_task(worker.run(lambda _: "never"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(worker.close())
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    await gate.release()
    await closing
    with pytest.raises(OverloadedError):
        await worker.run(lambda _: None)


async def test_a_job_that_does_not_end_is_left_behind() -> None:
    worker = Worker("stuck")
    gate = Gate(worker)
    await gate.started.wait()
    await worker.close(timeout_s=0.01)
    await gate.release()


async def test_a_worker_ends_while_its_thread_takes_the_last_job(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker("test")
    monkeypatch.setattr(worker._queue, "empty", lambda: False)  # as it was when it was asked
    await worker.close()
