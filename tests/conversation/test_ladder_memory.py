"""The language model where memory is short: a smaller one in time, not a killed one; a larger one when there is room.

With real processes, on memory that the tests set.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conversation.llama_engine import asking, until
from wyoming_servers.conversation.engine import Finished, ModelState
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.ladder import Ladder
from wyoming_servers.conversation.llama.watched import Limits, Room
from wyoming_servers.errors import NoMemoryError, SottoError
from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.memory.measured import Measured
from wyoming_servers.settings import LlmSettings, MemorySettings, ServerSettings, Settings

LARGE_BYTES = 500 * MB
"""Of a file that is a small model and zeros, which take no disk; it needs some 800 MB, the small one 300."""


class Machine:
    """Memory that tests set."""

    def __init__(self) -> None:
        self.now = Measured(8000 * MB, 4000 * MB)

    def be(self, free_mb: int, oom_kills: int = 0) -> None:
        self.now = replace(self.now, available=free_mb * MB, oom_kills=oom_kills)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def settings(tmp_path: Path, gguf_models: Path) -> Settings:
    folder = tmp_path / "llm"
    folder.mkdir()
    for name in ("small", "large"):
        (folder / f"{name}.gguf").write_bytes((gguf_models / "nano.gguf").read_bytes())
    os.truncate(folder / "large.gguf", LARGE_BYTES)
    llm = LlmSettings(dir=folder, threads=1, context=1024, timeout_s=60.0)
    return Settings(server=ServerSettings(data_dir=tmp_path), llm=llm, memory=MemorySettings(reserve_mb=100))


@pytest.fixture
async def start(settings: Settings, machine: Machine) -> AsyncIterator[Callable[[], Awaitable[Ladder]]]:
    made: list[Ladder] = []

    def make_model(path: Path, room: Room) -> LlamaCpp:
        return LlamaCpp(settings, path, Limits(backoff_s=0.01, available_bytes=10**12), room)

    async def start_ladder() -> Ladder:
        governor = Governor(settings.memory, measured=lambda: machine.now, used=lambda: 0)
        made.append(await asyncio.to_thread(Ladder, settings, governor, make_model))
        await made[-1].start()
        return made[-1]

    yield start_ladder
    for ladder in made:
        await ladder.stop()


async def answer(ladder: Ladder, tokens: int = 4) -> int:
    async with aclosing(ladder.chat(asking("Hello", system="Be short.", max_tokens=tokens))) as events:
        return [event async for event in events if isinstance(event, Finished)][-1].completion_tokens


def notes(ladder: Ladder) -> list[str]:
    found: list[str] = ladder._governor.report()["notes"]
    return found


Start = Callable[[], Awaitable[Ladder]]


async def test_the_largest_that_fits_is_begun_with_and_the_reason_is_told(start: Start, machine: Machine) -> None:
    machine.be(free_mb=700)
    ladder = await start()
    assert ladder.status.model == "small"
    assert await answer(ladder)
    assert "large needs 8" in notes(ladder)[0]
    assert "600 MB are free" in notes(ladder)[0]


async def test_when_memory_is_short_a_smaller_one_takes_over_and_a_larger_one_when_there_is_room_again(
    start: Start, machine: Machine
) -> None:
    ladder = await start()
    assert await answer(ladder)
    assert ladder.status.model == "large"
    machine.be(free_mb=20)
    giving = asyncio.create_task(ladder.give_way(to_another=False))
    await until(lambda: ladder.status.model == "small")
    machine.be(free_mb=820)  # the large one has gone
    assert await giving == "The language model is small instead of large"
    assert await answer(ladder)
    machine.be(free_mb=500)
    assert await ladder.take_more(400 * MB) == "", "there is room for it, but not clearly"
    machine.be(free_mb=2000)
    assert await ladder.take_more(1900 * MB) == "The language model is large again, small before"
    assert await answer(ladder)


async def test_where_both_do_not_fit_the_old_one_answers_to_its_end_and_who_asks_then_waits_for_the_new_one(
    start: Start, machine: Machine, settings: Settings
) -> None:
    machine.be(free_mb=700)
    ladder = await start()
    await answer(ladder)
    machine.be(free_mb=800)  # with the 300 of the small one it is enough for the large one, but not beside it
    ladder._rungs._refused.clear()
    first = asyncio.create_task(answer(ladder, tokens=200))
    await until(lambda: ladder._used is not None and ladder._used.asked == 1)
    changing = asyncio.create_task(ladder.reload())
    assert await first == 200
    await until(lambda: ladder.status.model == "large")
    machine.be(free_mb=1100)
    assert await answer(ladder) == 4
    await changing
    del settings


async def test_where_the_new_one_cannot_be_loaded_after_all_the_old_one_comes_back(
    start: Start, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.be(free_mb=700)
    ladder = await start()
    await answer(ladder)
    machine.be(free_mb=800)
    ladder._rungs._refused.clear()
    make = ladder._make

    def make_and_lose_memory(path: Path, room: Room) -> LlamaCpp:
        machine.be(free_mb=600)  # another program was faster
        return make(path, room)

    monkeypatch.setattr(ladder, "_make", make_and_lose_memory)
    await ladder.reload()
    assert ladder.status.model == "small"
    assert await answer(ladder)
    assert "small instead of large: large needs" in notes(ladder)[-1]


async def test_where_no_smaller_one_fits_either_it_sleeps(start: Start, machine: Machine) -> None:
    ladder = await start()
    await answer(ladder)
    machine.be(free_mb=-2000)
    assert await ladder.give_way(to_another=False) == "The language model large sleeps until somebody asks"
    machine.be(free_mb=4000)
    assert await answer(ladder)
    assert ladder.status.model == "large"


async def test_a_process_that_the_kernel_ended_for_want_of_memory_is_followed_by_a_smaller_one(
    start: Start, machine: Machine
) -> None:
    ladder = await start()
    await answer(ladder)
    assert ladder._used is not None
    pid = ladder._used.model.pid
    assert pid is not None
    machine.be(free_mb=4000, oom_kills=1)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: ladder.status.model == "small")
    assert await answer(ladder)
    assert "small instead of large: The memory did not suffice for large" in notes(ladder)[0]
    assert await ladder.take_more(7000 * MB) == "", "it would only be ended again"


async def test_one_that_was_killed_by_somebody_is_started_again_as_it_was(start: Start) -> None:
    ladder = await start()
    await answer(ladder)
    assert ladder._used is not None
    assert ladder._used.model.pid is not None
    os.kill(ladder._used.model.pid, signal.SIGKILL)
    await until(lambda: ladder.status.restarts == 1 and ladder.status.state is ModelState.READY)
    assert ladder.status.model == "large"


async def test_for_another_model_it_sleeps_while_nobody_asks_and_wakes_when_somebody_does(start: Start) -> None:
    ladder = await start()
    await answer(ladder)
    assert ladder.used_bytes > LARGE_BYTES
    assert await ladder.give_way(to_another=True) == "The language model large sleeps until somebody asks"
    assert (ladder.status.state, ladder.used_bytes) == (ModelState.ASLEEP, 0)
    assert await ladder.give_way(to_another=True) == ""
    assert await answer(ladder)


async def test_where_not_even_the_smallest_fits_it_is_said_and_tried_again_later(
    start: Start, machine: Machine
) -> None:
    machine.be(free_mb=50)
    ladder = await start()
    await until(lambda: ladder.status.state is ModelState.FAILED)
    with pytest.raises(SottoError) as told:
        await answer(ladder)
    assert isinstance(told.value, NoMemoryError)
    machine.be(free_mb=4000)
    assert await ladder.take_more(3900 * MB) == "The language model is large again, small before"
    assert await answer(ladder)
