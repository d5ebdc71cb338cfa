"""What comes into a folder of models is taken up when it is whole, and what fails at that harms nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from wyoming_servers.arrivals import Arrivals


class Looks:
    """Lets the watch look once more, and waits until it has."""

    def __init__(self) -> None:
        self._go = asyncio.Semaphore(0)
        self._waiting = asyncio.Semaphore(0)

    async def sleep(self, _: float) -> None:
        self._waiting.release()
        await self._go.acquire()

    async def first(self) -> None:
        await self._waiting.acquire()

    async def again(self) -> None:
        self._go.release()
        await self._waiting.acquire()


class Taken:
    """Counts what is taken up."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self._more = asyncio.Event()

    def by(self, kind: str) -> Callable[[], Awaitable[None]]:
        async def reload() -> None:
            self.kinds.append(kind)
            self._more.set()
            if kind == "broken":
                raise OSError("no such thing")

        return reload

    async def next(self) -> list[str]:
        async with asyncio.timeout(10):
            await self._more.wait()
        self._more.clear()
        return self.kinds


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
async def arrivals(tmp_path: Path, taken: Taken, looks: Looks) -> AsyncIterator[Arrivals]:
    kinds = ("stt", "llm", "broken")
    made = Arrivals({kind: (tmp_path / kind, taken.by(kind)) for kind in kinds}, sleep=looks.sleep)
    made.start()
    await looks.first()
    yield made
    await made.stop()


def write(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))


@pytest.mark.usefixtures("arrivals")
async def test_a_file_that_is_copied_is_taken_up_once_it_grows_no_more(
    tmp_path: Path, taken: Taken, looks: Looks
) -> None:
    for size in (10, 20, 30):
        write(tmp_path / "llm" / "model.gguf", size)
        await looks.again()
    assert taken.kinds == []
    await looks.again()
    assert await taken.next() == ["llm"]
    await looks.again()
    await looks.again()
    assert taken.kinds == ["llm"]


@pytest.mark.usefixtures("arrivals")
async def test_what_is_being_fetched_into_a_hidden_folder_is_nobodys_business(
    tmp_path: Path, taken: Taken, looks: Looks
) -> None:
    write(tmp_path / "llm" / "model.gguf", 10)
    for size in (10, 20):
        write(tmp_path / "llm" / ".partial" / "other" / "other.gguf.part", size)
        await looks.again()
    assert await taken.next() == ["llm"]
    await looks.again()
    await looks.again()
    assert taken.kinds == ["llm"]


@pytest.mark.usefixtures("arrivals")
async def test_a_model_that_is_a_folder_counts_with_all_that_is_in_it(
    tmp_path: Path, taken: Taken, looks: Looks
) -> None:
    write(tmp_path / "stt" / "base" / "model.bin", 10)
    await looks.again()
    await looks.again()
    assert await taken.next() == ["stt"]
    (tmp_path / "stt" / "base" / "model.bin").unlink()
    await looks.again()
    await looks.again()
    assert await taken.next() == ["stt", "stt"]


async def test_what_the_store_says_is_taken_up_at_once_and_no_failure_stops_the_next_one(
    arrivals: Arrivals, taken: Taken
) -> None:
    arrivals.arrived("broken")
    await taken.next()
    arrivals.arrived("llm")
    arrivals.arrived("of no use here")
    assert await taken.next() == ["broken", "llm"]
