"""The stores that the same tests run over: SQLite's file, and a database of a real PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.postgres_server import PostgresServer, postgres
from wyoming_servers.conversation.knowledge.postgres_store import PostgresStore
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.conversation.knowledge.store import Store

__all__ = ["NewStore", "OpenStore", "new_store", "postgres", "store"]

OpenStore = Callable[[], Store]
"""Opens one and the same store each time."""
NewStore = Callable[[], OpenStore]
"""Makes another store each time; of these, use no more than the last two."""


@pytest.fixture(params=["sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    """Return a function that makes stores."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        return lambda: _opening(PostgresStore, server.empty_database())
    numbers = itertools.count()
    return lambda: _opening(SqliteStore, tmp_path / str(next(numbers)) / "knowledge.db")


@pytest.fixture
def store(new_store: NewStore) -> Iterator[Store]:
    """Return an empty store, opened."""
    with closing(new_store()()) as store:
        yield store


def _opening(make: Callable[[Any], Store], place: Any) -> OpenStore:
    def opened() -> Store:
        store = make(place)
        store.open()
        return store

    return opened
