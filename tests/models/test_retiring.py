"""Superseded models go after a week without use, at once where the disk is full, and never what somebody asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.models.conftest import CONTENT, OpenStore, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer
from wyoming_servers.models.catalogue import Kind, Model
from wyoming_servers.models.errors import DiskFullError
from wyoming_servers.models.retiring import KEEP_EVERY_S, UNUSED_S, Retiring
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.state import Replaced, State
from wyoming_servers.models.store import ModelStore
from wyoming_servers.settings import build

OpenHome = Callable[..., Awaitable[ModelStore]]


class Household:
    """What is wanted, what works, and what time it is."""

    def __init__(self) -> None:
        self.wanted = {"old"}
        self.working: set[str] = set()
        self.named: set[str] = set()
        self.now_s = 0.0

    async def wishes(self, choosable: list[Model], installed: frozenset[str]) -> list[Model]:
        return [model for model in choosable if model.id in self.wanted]


@pytest.fixture
def household() -> Household:
    return Household()


@pytest.fixture
def models(server: ModelServer) -> list[Model]:
    """Return two embedding models, the better one last."""
    return [
        model_of(file_of(f"{name}.gguf", server.put(name, CONTENT)), model_id=name, kind=Kind.EMBEDDING, rank=rank)
        for rank, name in enumerate(("old", "new"), 1)
    ]


@pytest.fixture
def open_home(open_store: OpenStore, household: Household, models: list[Model], shelves: Shelves) -> OpenHome:
    """Start a store as a household has it; `on` other shelves if need be."""

    async def start(on: Shelves = shelves, *, auto: bool = True) -> ModelStore:
        retiring = Retiring(on, lambda: household.working, household.named, clock=lambda: household.now_s)
        store = await open_store(models, on=on, wishes=household.wishes, auto=auto, retiring=retiring)
        await store.know_wanted()
        return store

    return start


async def looked(store: ModelStore) -> None:
    """Have the store look once more at what is wanted, and wait until it has."""
    store._known.clear()
    store._want_again.set()
    await store.know_wanted()


@pytest.fixture
async def store(open_home: OpenHome, household: Household) -> ModelStore:
    """Return a store that fetched one model, and then a better one that works."""
    store = await open_home()
    await settled(store, "old")
    household.wanted, household.working = {"new"}, {"old"}
    await looked(store)
    await settled(store, "new")
    household.working = {"new"}
    await looked(store)
    return store


async def after(store: ModelStore, household: Household, seconds: float) -> State:
    """Return how the old model is after so long."""
    household.now_s += seconds
    await looked(store)
    return state_of(store, "old").state


async def test_a_superseded_model_goes_after_a_week_and_that_is_said(
    store: ModelStore, household: Household, shelves: Shelves, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told: list[Kind] = []
    store.on_installed(told.append)
    assert state_of(store, "old").replaced == Replaced("new", UNUSED_S)
    assert await after(store, household, UNUSED_S - 1) is State.INSTALLED
    assert state_of(store, "old").replaced == Replaced("new", 1)
    assert await after(store, household, 1) is State.ABSENT
    assert state_of(store, "old").replaced == Replaced("new", None)
    assert state_of(store, "new").state is State.INSTALLED
    assert not await asyncio.to_thread((shelves.folder(Kind.EMBEDDING) / "old.gguf").exists)
    assert told == [Kind.EMBEDDING]
    assert "old is removed: new is in its place" in caplog.text


async def test_it_may_come_back(store: ModelStore, household: Household) -> None:
    await after(store, household, UNUSED_S)
    await store.fetch("old")
    assert (await settled(store, "old")).state is State.INSTALLED
    assert await after(store, household, 2 * UNUSED_S) is State.INSTALLED


async def test_one_that_somebody_asks_for_meanwhile_stays(store: ModelStore, household: Household) -> None:
    await store.fetch("old")
    assert await after(store, household, UNUSED_S) is State.INSTALLED


async def test_one_that_somebody_asked_for_before_it_was_there_stays_also_after_a_kill(
    open_home: OpenHome, household: Household, models: list[Model], shelves: Shelves
) -> None:
    await asyncio.to_thread(shelves.ask, models[0])  # and then the process was killed, before a byte of it had come
    store = await open_home()
    await settled(store, "old")
    household.wanted, household.working = {"new"}, {"new"}
    await looked(store)
    await settled(store, "new")
    await looked(store)
    assert await after(store, household, UNUSED_S) is State.INSTALLED


async def test_imported_ones_stay(open_home: OpenHome, household: Household, tmp_path: Path) -> None:
    household.wanted = set()
    store = await open_home()
    await asyncio.to_thread((tmp_path / "brought").write_bytes, CONTENT)
    assert sorted(await store.import_folder(tmp_path)) == ["new", "old"]
    household.wanted, household.working = {"new"}, {"new"}
    await looked(store)
    assert await after(store, household, UNUSED_S) is State.INSTALLED


async def test_nothing_goes_while_the_better_one_does_not_work_and_no_time_counts(
    store: ModelStore, household: Household
) -> None:
    household.working = set()
    assert await after(store, household, UNUSED_S) is State.INSTALLED
    household.working = {"new"}
    assert await after(store, household, UNUSED_S) is State.INSTALLED
    assert state_of(store, "old").replaced == Replaced("new", UNUSED_S)


async def test_time_begins_anew_for_one_that_was_used_again(store: ModelStore, household: Household) -> None:
    await after(store, household, UNUSED_S - 1)
    household.working = {"old"}
    await looked(store)
    household.working = {"new"}
    await looked(store)
    assert state_of(store, "old").replaced == Replaced("new", UNUSED_S)


async def test_the_time_is_kept_over_a_restart_also_one_in_which_engines_still_load(
    store: ModelStore, household: Household, open_home: OpenHome, shelves: Shelves
) -> None:
    await after(store, household, KEEP_EVERY_S)
    shelves.unlock()  # as if it were killed
    household.now_s, household.working = 0.0, set()
    again = await open_home(Shelves(shelves._settings, reserve_bytes=0))
    assert state_of(again, "old").replaced is None
    household.working = {"new"}
    await looked(again)
    assert state_of(again, "old").replaced == Replaced("new", UNUSED_S - KEEP_EVERY_S)


async def test_a_record_of_before_this_was_known_counts_as_asked_for(shelves: Shelves, models: list[Model]) -> None:
    def put() -> bool:
        path = shelves.folder(Kind.EMBEDDING) / "old.gguf"
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT)
        record = shelves._record(models[0])
        record.parent.mkdir(parents=True)
        record.write_text('{"id": "old", "installed": true, "sha256": {}}')
        found = shelves.look(models[0])
        return found.installed and not found.own and found.asked

    assert await asyncio.to_thread(put)


async def test_without_auto_nothing_goes_by_itself(
    store: ModelStore, household: Household, open_home: OpenHome
) -> None:
    await store.stop()
    again = await open_home(auto=False)
    assert await after(again, household, UNUSED_S) is State.INSTALLED


class TestADiskThatIsFull:
    @pytest.fixture
    def models(self, server: ModelServer) -> list[Model]:
        """Return models of 0.7 MB each, of which two and no three fit onto 2 MB."""
        content = CONTENT[:700_000]
        kinds = {"old": (Kind.EMBEDDING, 1), "new": (Kind.EMBEDDING, 2), "mind": (Kind.LLM, 3)}
        return [
            model_of(file_of(f"{n}.gguf", server.put(n, content), content=content), model_id=n, kind=kind, rank=rank)
            for n, (kind, rank) in kinds.items()
        ]

    @pytest.fixture
    def shelves(self, small_disk: Path) -> Shelves:
        return Shelves(build({"data_dir": str(small_disk)}), reserve_bytes=0)

    async def test_a_superseded_model_goes_at_once_for_another_one(
        self, store: ModelStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        await store.fetch("mind")
        assert (await settled(store, "mind")).state is State.INSTALLED
        assert state_of(store, "old").replaced == Replaced("new", None)
        assert "the disk is full" in caplog.text

    async def test_but_none_that_is_used(self, store: ModelStore, household: Household) -> None:
        household.working = {"old"}
        await store.fetch("mind")
        assert isinstance((await settled(store, "mind")).error, DiskFullError)
        assert state_of(store, "old").state is State.INSTALLED
