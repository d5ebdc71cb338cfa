"""Search by meaning: vectors of all passages, made in the background, and the question's beside them.

After a change of the embedder the old one answers until the new one has read everything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ...errors import SottoError, place_of
from ...worker import Priority, Worker
from .embedders.engine import Embedder
from .examination import Examination, examination, failed, language_of
from .store import Store, Vector
from .vectors import VectorIndex

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

BATCH = 16
"""Passages that are embedded at once: a question waits for no more than these."""
FOLLOWED_EVERY = 32
"""Batches after which what is embedded so far is found."""
ANSWER_WITHIN_S = 0.2
"""For a question's vector: a turn waits 0.3 s for the documents; what takes longer is searched by words alone."""
TRY_AGAIN_S = (1.0, 5.0, 30.0, 60.0)
"""After a failure; the last one from then on."""

MakeIndex = Callable[[str, int], VectorIndex]
"""For the name and the dimensions of an embedder; blocks."""


@dataclass(frozen=True, slots=True)
class _Answering:
    embedder: Embedder
    index: VectorIndex
    not_understood: frozenset[str]
    """Languages; questions in them are searched by words alone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's vector, and the index that it belongs to."""

    vector: Vector
    index: VectorIndex


class Meaning:
    """The vectors of a store, and the embedder that makes them."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        embedder: Embedder,
        make_index: MakeIndex,
        revive: Callable[[str], Embedder | None] = lambda _: None,
        questions: Examination | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`worker` is the one thread on which the store is written to.

        `revive`, which may block, makes the embedder of a name that was used before, if it still can be; `questions`
        are what embedders are examined with.
        """
        self._questions = questions
        self._store = store
        self._worker = worker
        self.embedder = embedder
        self._make_index = make_index
        self._revive = revive
        self._sleep = sleep
        self._answering: _Answering | None = None
        self._made: dict[str, _Answering] = {}
        self._old: Embedder | None = None
        self._news = asyncio.Event()
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._finished: Callable[[], None] = lambda: None
        self._failures = 0
        self.problem = ""
        """Why passages could not be embedded; it is tried again. Empty if they could."""

    async def start(self, finished: Callable[[], None] = lambda: None) -> None:
        """Begin to load the embedder, and to embed what has no vector; `finished` is called whenever that is done."""
        self._finished = finished
        await self.embedder.start()
        self._task = asyncio.create_task(self._run(finished), name="embed-documents")

    async def change(self, embedder: Embedder) -> None:
        """Embed with another embedder from now on; until it has read everything, the one that answers goes on.

        One of the same name, or of none before it is ready, changes nothing.
        """
        if embedder.name in ("", self.embedder.name):
            return
        _LOGGER.info("Documents are embedded by %s from now on", embedder.name)
        await self._end()
        before, self.embedder = self.embedder, embedder
        if self._answering is not None and self._answering.embedder is before:
            await self._retire()
            self._old = before
        else:
            await before.stop()
        self._made.pop(embedder.name, None)
        self._failures = 0
        self._settled.clear()
        await self.start(self._finished)

    async def stop(self) -> None:
        """End it; what is embedded so far is kept."""
        await self._end()
        await self.embedder.stop()
        await self._retire()

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def changed(self) -> None:
        """Be told that documents came or went."""
        self._settled.clear()
        self._news.set()

    async def settled(self) -> None:
        """Return when every passage has a vector and is found by it."""
        await self._settled.wait()

    @property
    def answering(self) -> str:
        """The name of the embedder whose vectors are searched; empty while there are none."""
        return self._answering.embedder.name if self._answering is not None else ""

    @property
    def not_understood(self) -> tuple[str, ...]:
        """Languages that the embedder does not understand."""
        return tuple(sorted(self._answering.not_understood)) if self._answering is not None else ()

    async def ask(self, question: str) -> Asked | None:
        """Return a question's vector; None if it cannot be had in time, or would say nothing."""
        answering = self._answering
        if answering is None or language_of(question) in answering.not_understood:
            return None
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                vectors = await answering.embedder.embed([question], query=True)
        except (TimeoutError, SottoError) as err:
            _LOGGER.info("A question was searched by words alone: %s", getattr(err, "code", "it took too long"))
            return None
        except Exception as err:  # noqa: BLE001 - words find what is asked for all the same
            _LOGGER.warning("A question was searched by words alone: %s at %s", type(err).__name__, place_of(err))
            return None
        return Asked(vectors[0], answering.index)

    async def _run(self, finished: Callable[[], None]) -> None:
        while True:
            self._news.clear()
            try:
                await self._embed_all()
            except SottoError as err:
                await self._failed(str(err), f"{err.code}: {err}")
            except Exception as err:  # noqa: BLE001 - whatever it is, later passages must not go without
                what = f"Passages could not be embedded: {type(err).__name__}. The server's log says where."
                await self._failed(what, f"{type(err).__name__} at {place_of(err)}")
            else:
                self._failures, self.problem = 0, ""
                finished()
                if not self._news.is_set():
                    self._settled.set()
                await self._news.wait()

    async def _failed(self, problem: str, reason: str) -> None:
        """Tell it, and wait before it is tried again."""
        if problem != self.problem:  # else it is told already
            _LOGGER.warning("Documents are not embedded: %s", reason)
        self.problem = problem
        wait_s = TRY_AGAIN_S[min(self._failures, len(TRY_AGAIN_S) - 1)]
        self._failures += 1
        await self._sleep(wait_s)

    async def _embed_all(self) -> None:
        """Embed what has no vector; then search by these vectors, and forget all others."""
        await self.embedder.ready()
        name = self.embedder.name
        now = await self._with_index(self.embedder)
        if self._answering is None:
            lacking = await self._on_worker(lambda: self._store.without_embedding(name, 1))
            self._answering = (await self._before() if lacking else None) or now
        await self._embed(name, now.index)
        await self._on_worker(now.index.follow)
        self._answering = now
        await self._retire()
        await self._on_worker(lambda: self._finish(name, now.index))

    async def _embed(self, name: str, index: VectorIndex) -> None:
        batches = 0
        while texts := await self._on_worker(lambda: self._store.without_embedding(name, BATCH)):
            vectors = await self.embedder.embed([text for _, text in texts], query=False)
            made = [(each, vector) for (each, _), vector in zip(texts, vectors, strict=True)]
            await self._on_worker(partial(self._store.put_embeddings, name, made))
            batches += 1
            if batches % FOLLOWED_EVERY == 0:
                await self._on_worker(index.follow)

    async def _before(self) -> _Answering | None:
        """Return the embedder that has read most, if it still can be made."""
        counts = await self._on_worker(self._store.counts)
        names = sorted((name for name, count in counts.embedded.items() if count), key=counts.embedded.__getitem__)
        if not names or names[-1] == self.embedder.name:
            return None
        old = await asyncio.to_thread(self._revive, names[-1])
        if old is None:
            return None
        self._old = old
        try:
            await old.start()
            await old.ready()
            if old.name == names[-1]:
                _LOGGER.info("Documents are embedded anew; until then %s answers", old.name)
                return await self._with_index(old)
        except SottoError as err:
            _LOGGER.info("What embedded the documents before cannot be used (%s): %s", err.code, err)
        await self._retire()
        return None

    async def _retire(self) -> None:
        """Let go of the old embedder."""
        if self._old is not None:
            old, self._old = self._old, None
            await old.stop()

    async def _with_index(self, embedder: Embedder) -> _Answering:
        name, dimensions = embedder.name, embedder.dimensions
        if name not in self._made:
            questions = await asyncio.to_thread(examination) if self._questions is None else self._questions
            not_understood = await failed(embedder, questions)
            if not_understood:
                languages = ", ".join(sorted(not_understood))
                _LOGGER.info("%s does not understand %s: such questions are searched by words alone", name, languages)
            index = await self._on_worker(lambda: self._make_index(name, dimensions))
            await self._on_worker(index.follow)
            self._made[name] = _Answering(embedder, index, not_understood)
        return self._made[name]

    def _finish(self, name: str, index: VectorIndex) -> None:
        if set(self._store.counts().embedded) - {name}:
            self._store.drop_embeddings(except_embedder=name)
        index.save()

    async def _on_worker(self, job: Callable[[], T]) -> T:
        return await self._worker.run(lambda _: job(), priority=Priority.SPECULATIVE)
