"""Who gives way to whom, when, and what is told of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from wyoming_servers.errors import NoMemoryError
from wyoming_servers.memory import governor as module
from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.memory.measured import Limit, Measured
from wyoming_servers.settings import MemorySettings


@dataclass
class Machine:
    """Memory that tests set, and looks at it that they count."""

    now: Measured = field(default_factory=lambda: Measured(4000 * MB, 3000 * MB, Limit.MACHINE))
    _looks: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    _asked: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def free(self, size: int, **more: Any) -> None:
        self.now = replace(self.now, available=size, **more)

    async def sleep(self, _: float) -> None:
        self._asked.put_nowait(None)
        await self._looks.get()

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            await self._asked.get()
            self._looks.put_nowait(None)
        await self._asked.get()
        self._asked.put_nowait(None)


@dataclass
class Model:
    """A tenant that frees so much memory, and takes it again."""

    machine: Machine
    kind: str
    used_bytes: int
    last_used_s: float = 0.0
    idle: bool = True
    events: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.kind if self.used_bytes else ""

    async def give_way(self, *, to_another: bool) -> str:
        if not self.used_bytes or (to_another and not self.idle):
            return ""
        self.machine.free(self.machine.now.available + self.used_bytes)
        self.used_bytes = 0
        self.events.append("gave way")
        return f"{self.kind} sleeps"

    async def take_more(self, free: int) -> str:
        if self.used_bytes or free < 500 * MB:
            return ""
        self.events.append("took more")
        self.used_bytes = 1
        return f"{self.kind} is back"


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def governor(machine: Machine) -> AsyncIterator[Governor]:
    settings = MemorySettings(reserve_mb=400)
    made = Governor(settings, measured=lambda: machine.now, used=lambda: 0, sleep=machine.sleep)
    await made.start()
    yield made
    await made.stop()


def model(machine: Machine, governor: Governor, kind: str, size_mb: int, **more: Any) -> Model:
    made = Model(machine, kind, size_mb * MB, **more)
    governor.register(made)
    return made


async def test_what_is_granted_is_not_granted_twice_until_it_is_taken(governor: Governor) -> None:
    await governor.admit("llm", "a model", 2000 * MB)
    with pytest.raises(NoMemoryError, match=r"another needs 1.0 GB of memory, and 600 MB of 3.6 GB are free") as told:
        await governor.admit("stt", "another", 1000 * MB)
    assert told.value.remedy
    governor.settled("llm")
    await governor.admit("stt", "another", 1000 * MB)


async def test_those_that_nobody_used_for_longest_give_way_first_and_no_more_than_needed(
    governor: Governor, machine: Machine
) -> None:
    lately = model(machine, governor, "llm", 1000, last_used_s=200)
    long_ago = model(machine, governor, "embedding", 800, last_used_s=100)
    busy = model(machine, governor, "tts", 900, last_used_s=math.inf, idle=False)
    await governor.admit("stt", "whisper", 3000 * MB)
    assert (long_ago.events, lately.events, busy.events) == (["gave way"], [], [])
    assert governor.report()["notes"] == ["embedding sleeps: whisper needs 3.0 GB"]


async def test_a_model_does_not_give_way_to_itself(governor: Governor, machine: Machine) -> None:
    own = model(machine, governor, "llm", 1000)
    with pytest.raises(NoMemoryError):
        await governor.admit("llm", "larger", 3000 * MB)
    assert own.events == []


async def test_when_memory_becomes_short_one_gives_way_and_the_next_only_if_that_was_not_enough(
    governor: Governor, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    first = model(machine, governor, "llm", 30, last_used_s=1)
    second = model(machine, governor, "stt", 800, last_used_s=math.inf, idle=False)
    machine.free(20 * MB)
    await machine.look()
    assert (first.events, second.events) == (["gave way"], [])
    assert "llm sleeps: only 20 MB of memory were left" in caplog.text
    await machine.look(module.REST_LOOKS)
    assert second.events == []
    await machine.look()
    assert second.events == ["gave way"]
    await machine.look(module.REST_LOOKS + 2)
    assert len(governor.report()["notes"]) == 2


async def test_when_everything_waits_for_memory_it_is_short_before_it_is_used_up(
    governor: Governor, machine: Machine
) -> None:
    tenant = model(machine, governor, "llm", 30)
    machine.free(300 * MB)
    await machine.look()
    assert tenant.events == []
    machine.free(300 * MB, stalled=35.0)
    await machine.look()
    assert tenant.events == ["gave way"]


async def test_only_after_a_minute_of_room_does_anybody_take_more(governor: Governor, machine: Machine) -> None:
    tenant = model(machine, governor, "llm", 0)
    await machine.look(module.ROOM_LOOKS - 1)
    machine.free(399 * MB)
    await machine.look()
    machine.free(3000 * MB)
    await machine.look(module.ROOM_LOOKS - 1)
    assert tenant.events == []
    await machine.look()
    assert tenant.events == ["took more"]
    assert governor.report()["notes"] == ["llm is back: there is room again"]


async def test_a_process_that_the_kernel_ended_was_short_of_memory_once(governor: Governor, machine: Machine) -> None:
    assert not await governor.was_short()
    machine.free(3000 * MB, oom_kills=1)
    assert await governor.was_short()
    assert not await governor.was_short()
    machine.free(90 * MB)
    assert await governor.was_short()


async def test_a_tenant_that_fails_does_not_end_the_watch(governor: Governor, machine: Machine) -> None:
    class Broken(Model):
        async def give_way(self, *, to_another: bool) -> str:
            raise OSError("nobody foresaw it")

    broken = Broken(machine, "tts", 10 * MB)
    governor.register(broken)
    machine.free(20 * MB)
    await machine.look(2)
    governor._tenants.remove(broken)
    tenant = model(machine, governor, "llm", 30)
    await machine.look()
    assert tenant.events == ["gave way"]


async def test_the_status_says_what_there_is_and_who_has_it(governor: Governor, machine: Machine) -> None:
    model(machine, governor, "llm", 1000)
    model(machine, governor, "embedding", 0)
    assert governor.report() == {
        "total_mb": 3600,
        "free_mb": 2600,
        "reserve_mb": 400,
        "short": False,
        "limit": "machine",
        "unified": False,
        "tenants": [{"kind": "llm", "name": "llm", "used_mb": 1000}],
        "notes": [],
    }
