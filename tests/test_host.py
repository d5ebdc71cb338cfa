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

    def load(self) -> None:
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
