"""An engine loads in the background; what waits for it is told what happened."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wyoming_servers.errors import EngineError, EngineLoadingError, EngineUnavailableError
from wyoming_servers.host import EngineHost, EngineState
from wyoming_servers.worker import Cancellation


class Engine:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.may_load = threading.Event()
        self.may_load.set()
        self.loading = threading.Event()

    def load(self) -> None:
        self.loading.set()
        self.may_load.wait(10)
        if self.error is not None:
            raise self.error


async def test_the_first_engine_that_loads_is_used() -> None:
    good = Engine()
    host = EngineHost(
        "stt", [Engine(EngineUnavailableError("no model")), Engine(OSError("unreadable")), good, Engine()]
    )
    host.start()
    assert await host.ready() is good
    assert host.state is EngineState.READY
    await host.stop()


async def test_when_none_loads_the_last_reason_is_raised() -> None:
    host = EngineHost("stt", [Engine(OSError("a")), Engine(EngineUnavailableError("no model", remedy="Get one."))])
    host.start()
    with pytest.raises(EngineUnavailableError, match=r"no model Get one\."):
        await host.ready()
    assert host.state is EngineState.FAILED
    await host.stop()


async def test_a_library_s_own_error_becomes_one_with_a_remedy() -> None:
    host = EngineHost("stt", [Engine(ZeroDivisionError("native"))])
    host.start()
    with pytest.raises(EngineUnavailableError, match="sotto doctor"):
        await host.ready()
    await host.stop()


async def test_who_waits_too_long_is_told_that_it_is_loading() -> None:
    engine = Engine()
    engine.may_load.clear()
    host = EngineHost("stt", [engine])
    changes: list[EngineState] = []
    host.on_change(lambda: changes.append(host.state))
    host.start()
    with pytest.raises(EngineLoadingError):
        await host.ready(timeout_s=0.01)
    waiting = asyncio.create_task(host.ready())
    engine.may_load.set()
    assert await waiting is engine
    assert changes == [EngineState.READY]
    await host.stop()


async def test_what_a_job_raises_natively_becomes_an_engine_error() -> None:
    def fail(_: Cancellation) -> None:
        raise ValueError("private words")

    host = EngineHost("stt", [Engine()])
    host.start()
    with pytest.raises(EngineError) as caught:
        await host.run(fail)
    assert "private" not in str(caught.value)
    await host.stop()


# --- Another engine in its place --------------------------------------------------------------------------------------


async def test_the_old_engine_answers_until_the_new_one_is_loaded() -> None:
    old, new = Engine(), Engine()
    new.may_load.clear()
    host = EngineHost("stt", [old])
    changes: list[Engine] = []
    host.on_change(lambda: changes.append(host.engine))
    host.start()
    await host.ready()
    replacing = asyncio.create_task(host.replace([new]))
    assert await host.run(lambda _: "answered") == "answered"
    assert host.engine is old
    new.may_load.set()
    await replacing
    assert await host.ready() is new
    assert changes == [old, new]
    await host.stop()


async def test_who_holds_an_engine_ends_with_it_and_then_its_worker_ends() -> None:
    old, new = Engine(), Engine()
    host = EngineHost("stt", [old])
    host.start()
    await host.ready()
    held = host.hold()
    await host.replace([new])
    assert (host.engine, held.engine) == (new, old)
    assert await held.run(lambda _: "to the end") == "to the end"
    thread = held.worker._threads[0]
    held.release()
    await asyncio.to_thread(thread.join, 10)
    assert not thread.is_alive()
    assert await host.run(lambda _: "answered") == "answered"
    await host.stop()


async def test_when_none_of_the_new_ones_loads_the_old_one_stays_and_the_reason_is_told() -> None:
    old = Engine()
    host = EngineHost("stt", [old])
    host.start()
    await host.ready()
    with pytest.raises(EngineUnavailableError, match="too large"):
        await host.replace([Engine(OSError("unreadable")), Engine(EngineUnavailableError("too large"))])
    assert await host.ready() is old
    assert await host.run(lambda _: "answered") == "answered"
    await host.stop()


async def test_an_engine_that_loads_takes_the_place_of_one_that_never_did() -> None:
    new = Engine()
    host = EngineHost("stt", [Engine(EngineUnavailableError("no model"))])
    host.start()
    await host.settled()
    await host.replace([new])
    assert await host.ready() is new
    assert host.state is EngineState.READY
    await host.stop()


async def test_a_replacement_that_is_called_off_leaves_no_thread_and_the_old_engine() -> None:
    old, new = Engine(), Engine()
    new.may_load.clear()
    host = EngineHost("called-off", [old])
    host.start()
    await host.ready()
    replacing = asyncio.create_task(host.replace([new]))
    assert await asyncio.to_thread(new.loading.wait, 10)
    replacing.cancel()
    new.may_load.set()
    await asyncio.wait([replacing])
    assert replacing.cancelled()
    assert host.engine is old
    assert [thread.name for thread in threading.enumerate() if "called-off" in thread.name] == ["called-off-0"]
    await host.stop()
