"""Libraries for tests, with time that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.knowledge.bag_of_words import BagOfWords
from wyoming_servers.conversation.knowledge.dense import FaissIndex
from wyoming_servers.conversation.knowledge.embedders.engine import Embedder
from wyoming_servers.conversation.knowledge.examination import Examination
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.meaning import Meaning
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.settings import KnowledgeSettings
from wyoming_servers.worker import Worker


class Naps:
    """Sleep that ends when the test says so."""

    def __init__(self) -> None:
        self._asleep: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def __call__(self, _: float) -> None:
        woken = asyncio.Event()
        self._asleep.put_nowait(woken)
        await woken.wait()

    async def reached(self) -> asyncio.Event:
        """Wait until somebody sleeps; setting what is returned wakes it."""
        return await self._asleep.get()


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    watched: Sequence[Path] = (),
    embedder: BagOfWords | None = None,
    revive: Callable[[str], Embedder | None] = lambda _: None,
    naps: Naps | None = None,
    questions: Examination | None = None,
    **settings: Any,
) -> AsyncIterator[Library]:
    """Run a library whose files are in this folder; an embedder of it is examined with these questions, or none."""
    store = SqliteStore(folder / "knowledge.db")
    sleep = naps or Naps()

    def meaning(worker: Worker) -> Meaning | None:
        if embedder is None:
            return None
        return Meaning(
            store,
            worker,
            embedder,
            lambda *which: FaissIndex(folder, store, *which),
            revive,
            questions or {},
            sleep,
        )

    library = Library(
        store,
        folder,
        KnowledgeSettings(**settings),
        watched=watched,
        meaning=meaning,
        sleep=sleep,
    )
    await library.start()
    try:
        yield library
    finally:
        await library.stop()
