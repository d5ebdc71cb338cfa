"""From settings to a library: where documents are kept, what embeds them, and which folders are watched."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from pathlib import Path

from ...settings import Settings
from ...worker import Worker
from .embedders.choice import make_embedder, make_named
from .library import Library
from .meaning import Meaning
from .sqlite_store import SqliteStore
from .store import Store
from .vectors import VectorIndex

FOLDER = "knowledge"
"""In the data folder: the database, the index of vectors, and what is on its way."""
WATCHED = "documents"
"""In the data folder: what is watched where the settings name no folder."""


def make_library(settings: Settings) -> Library:
    """Return the library, not yet started; looks at the disk.

    Raises SettingsError for a database that cannot be one, EngineUnavailableError for an embedder that is named and
    cannot be used.
    """
    data_dir = settings.server.data_dir
    folder = data_dir / FOLDER
    store = _store(settings.knowledge.database, folder)
    embedder = make_embedder(settings)

    def make_index(embedder_name: str, dimensions: int) -> VectorIndex:
        from .dense import FaissIndex  # noqa: PLC0415 - it takes 60 MB, and is not needed without an embedder

        return FaissIndex(folder, store, embedder_name, dimensions)

    def meaning(worker: Worker) -> Meaning:
        assert embedder is not None  # noqa: S101 - else there is no search by meaning
        return Meaning(store, worker, embedder, make_index, lambda name: make_named(settings, name))

    return Library(
        store,
        folder,
        settings.knowledge,
        watched=settings.knowledge.folders or (_made(data_dir / WATCHED),),
        meaning=None if embedder is None else meaning,
    )


def _made(folder: Path) -> Path:
    """Make the folder for those who look where to put their documents."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _store(database: str, folder: Path) -> Store:
    if not database:
        return SqliteStore(folder / "knowledge.db")
    store: Store = import_module(f"{__package__}.postgres_store").PostgresStore(database)
    return store
