"""A model with a licence of its makers' own is offered, and fetched only when somebody asks for it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.models.conftest import CONTENT, OpenStore, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer
from wyoming_servers.models.catalogue import Kind, Model, catalogue
from wyoming_servers.models.state import State
from wyoming_servers.models.store import ModelStore

TERMS = "https://example.org/licence"


async def best(choosable: list[Model], installed: frozenset[str]) -> list[Model]:
    """Want the best one that may be chosen."""
    return sorted(choosable, key=lambda model: model.rank)[-1:]


@pytest.fixture
def models(server: ModelServer) -> list[Model]:
    """Return a free model, and a better one with terms."""

    def of(name: str, **more: object) -> Model:
        return model_of(file_of(f"{name}.gguf", server.put(name, CONTENT)), model_id=name, kind=Kind.EMBEDDING, **more)

    return [of("free", rank=1), of("better", rank=2, terms=TERMS, licence="its makers' own")]


@pytest.fixture
async def store(open_store: OpenStore, models: list[Model]) -> ModelStore:
    """Return a store that has fetched what it may."""
    store = await open_store(models, wishes=best, auto=True)
    await store.know_wanted()
    await settled(store, "free")
    return store


async def looked(store: ModelStore) -> None:
    store._known.clear()
    store._want_again.set()
    await store.know_wanted()


async def test_the_free_one_is_fetched_and_the_better_one_offered_once_with_its_terms(
    store: ModelStore, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert [each.path for each in server.requests] == ["free"]
    assert (state_of(store, "free").wanted, state_of(store, "free").offered) == (True, False)
    assert (state_of(store, "better").wanted, state_of(store, "better").offered) == (False, True)
    await looked(store)
    assert "would be better" not in caplog.text  # it was said before


async def test_that_is_in_the_log(open_store: OpenStore, models: list[Model], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await (await open_store(models, wishes=best)).know_wanted()
    assert TERMS in caplog.text
    assert "sotto models fetch better" in caplog.text


async def test_who_fetches_it_by_name_agrees(store: ModelStore) -> None:
    await store.fetch("better")
    await looked(store)
    assert state_of(store, "better").wanted  # while it is fetched as well
    assert (await settled(store, "better")).state is State.INSTALLED
    await looked(store)
    assert (state_of(store, "better").wanted, state_of(store, "better").offered) == (True, False)


async def test_who_agreed_need_not_do_so_again_after_a_kill(
    store: ModelStore, open_store: OpenStore, models: list[Model], server: ModelServer
) -> None:
    await store.stop()
    await asyncio.to_thread(store._shelves.ask, models[1])
    again = await open_store(models, wishes=best, auto=True)
    await again.know_wanted()
    assert (await settled(again, "better")).state is State.INSTALLED


async def test_who_does_not_want_it_is_not_asked_again(store: ModelStore) -> None:
    await store.cancel("better")
    await looked(store)
    assert not state_of(store, "better").offered


async def test_one_that_was_there_before_is_wanted_on(
    open_store: OpenStore, models: list[Model], store: ModelStore
) -> None:
    await store.fetch("better")
    await settled(store, "better")
    await store.stop()
    record = store._shelves._record(models[1])
    record.write_text(record.read_text().replace('"asked": true', '"asked": false'))
    again = await open_store(models, wishes=best, auto=True)
    await again.know_wanted()
    assert (state_of(again, "better").wanted, state_of(again, "better").offered) == (True, False)


def test_no_licence_of_its_makers_own_is_agreed_to_by_auto() -> None:
    free = {"MIT", "Apache-2.0", "MIT; recordings by the voice's MODEL_CARD"}
    for model in catalogue():
        assert model.licence in free or model.terms or not model.auto, model.id
