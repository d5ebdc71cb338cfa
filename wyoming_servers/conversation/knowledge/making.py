"""From settings to a library: where documents are kept, what embeds them, and which folders are watched."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path

from ...memory.governor import Governor
from ...settings import Settings
from ...worker import Worker
from .embedders.choice import make_embedder, make_named, make_reranker
from .library import Library
from .meaning import MakeIndex, Meaning
from .packages import require_postgres
from .second_reading import SecondReading
from .sqlite_store import SqliteStore
from .store import Store
from .vectors import VectorIndex

FOLDER = "knowledge"
"""In the data folder: the database, the index of vectors, and what is on its way."""
WATCHED = "documents"
"""In the data folder: what is watched where the settings name no folder."""


def make_library(settings: Settings, governor: Governor | None = None) -> Library:
    """Return the library, not yet started; looks at the disk. `governor` grants memory to what embeds and ranks.

    Raises SettingsError for a database that cannot be one, EngineUnavailableError for an embedder that is named and
    cannot be used, or if the packages for a database are missing.
    """
    data_dir = settings.server.data_dir
    folder = data_dir / FOLDER
    database = settings.knowledge.database
    store, make_index = _in_postgres(database) if database else _in_folder(folder)
    reranker = make_reranker(settings)
    if reranker is not None and governor is not None:
        reranker.govern(governor)

    def meaning(worker: Worker) -> Meaning | None:
        embedder = make_embedder(settings)
        if embedder is None:
            return None
        if governor is not None:
            embedder.govern(governor)
        return Meaning(store, worker, embedder, make_index, lambda name: make_named(settings, name))

    return Library(
        store,
        folder,
        settings.knowledge,
        watched=settings.knowledge.folders or (_made(data_dir / WATCHED),),
        meaning=meaning,
        second_reading=None if reranker is None else SecondReading(reranker),
    )


def _made(folder: Path) -> Path:
    """Make the folder for those who look where to put their documents."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _in_folder(folder: Path) -> tuple[Store, MakeIndex]:
    store = SqliteStore(folder / "knowledge.db")

    def make_index(embedder_name: str, dimensions: int) -> VectorIndex:
        from .dense import FaissIndex  # noqa: PLC0415 - it takes 60 MB, and is not needed without an embedder

        return FaissIndex(folder, store, embedder_name, dimensions)

    return store, make_index


def _in_postgres(database: str) -> tuple[Store, MakeIndex]:
    require_postgres()
    store = import_module(f"{__package__}.postgres_store").PostgresStore(database)
    vectors = import_module(f"{__package__}.postgres_vectors").PostgresVectors
    return store, partial(vectors, store.database)
