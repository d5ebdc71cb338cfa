"""The household's documents, as everything else knows them: taken in, listed, found.

All that blocks runs on threads: one alone writes, so that documents come one after the other, and others read, so that
a question never waits for a document. Vectors are made in the background (`meaning.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ...errors import EngineLoadingError, SottoError, place_of
from ...settings import KnowledgeSettings
from ...worker import Cancellation, Priority, Worker
from .asked import search_words
from .calibrating import Calibrating
from .calibration import Report
from .consultation import ANYTHING, Consultant, Consultation
from .document import Document, Found
from .errors import StoreError, UnknownDocumentError, WatchedDocumentError
from .features import SEARCHED
from .folder import WatchedFolders
from .fusion import fuse
from .gate import Gate
from .incoming import Incoming
from .ingest import Added, Ingest, Progress, Step, Told
from .meaning import Asked, Meaning
from .referring import refers_back
from .second_reading import READ, SecondReading
from .status import EmbedderStatus, Reading, Status
from .store import Counts, Example, Store
from .watching import Watching

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

OPEN_AGAIN_S = 15.0
"""After a store could not be opened."""
OPENED_WITHIN_S = 10.0
"""For which a call waits for the store at the start."""
DEPTH = 50
"""Passages of each ranking that are fused."""
SPARE = 5
"""Passages more than are asked for: a document may go while it is searched."""
WEAK = 0.25
"""Of the best by words, the part from which a passage counts: those that share a common word alone must not be lifted
above the one with the rare word, such as a code, by which they all look alike in their meaning."""


class Library:
    """The documents of a household."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        settings: KnowledgeSettings,
        *,
        watched: Sequence[Path] = (),
        meaning: Callable[[Worker], Meaning | None] = lambda _: None,
        second_reading: SecondReading | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`folder` is for what is on its way; `meaning` makes the search by meaning, on the worker that writes, with
        the embedder that there is; None if there is none. `reload` has it made again.
        """  # noqa: D205 - one sentence
        self._store = store
        self._reader = Worker("documents", threads=2)
        self._writer = Worker("documents-writing")
        self._sleep = sleep
        self._opened = asyncio.Event()
        self._problem: StoreError | None = None
        self._ingest = Ingest(store, self._writer, settings)
        self._consultant = Consultant(store, settings.precision)
        self._calibrating = Calibrating(self._calibrate, self._is_stale)
        self._make_meaning = meaning
        self._meaning = meaning(self._writer)
        self._second_reading = second_reading
        self._folders = WatchedFolders(watched)
        self._watching = Watching(self._folders, self.documents, self._add_watched, self._forget, sleep)
        self._task: asyncio.Task[None] | None = None
        self._is_warm = False
        self.count = 0
        """How many documents there are, from memory; 0 until the store is open."""
        self.incoming = Incoming(folder / "incoming", settings.max_mb)

    async def start(self) -> None:
        """Begin to open the store, then to watch folders; returns before that is done."""
        try:
            await asyncio.to_thread(self.incoming.clear)
        except StoreError as err:  # whoever sends a document is told
            _LOGGER.warning("Documents cannot be received: %s", err)
        self._task = asyncio.create_task(self._run(), name="documents")
        self._calibrating.start()

    @property
    def embedding_model(self) -> str:
        """The name of the model that embeds, from memory; empty without one."""
        return self._meaning.embedder.status.model if self._meaning is not None else ""

    @property
    def searched_model(self) -> str:
        """The name of the model whose vectors are searched, from memory; empty while there are none."""
        answering = self._meaning.answering if self._meaning is not None else ""
        return answering.split("/")[1] if "/" in answering else ""

    async def reload(self) -> None:
        """Embed with the embedder that is on disk now, if it is another one, in the background. Raises nothing."""
        if not self._opened.is_set():
            return
        try:
            made = await asyncio.to_thread(self._make_meaning, self._writer)
        except SottoError as err:
            _LOGGER.warning("The embedding model stays as it is: %s", err)
            return
        if made is not None and self._meaning is None:
            self._meaning = made
            await made.start(self._calibrating.changed)
        elif made is not None and self._meaning is not None:
            await self._meaning.change(made.embedder)

    async def stop(self) -> None:
        """End everything; what was acknowledged is on disk already."""
        await self._calibrating.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._meaning is not None:
            await self._meaning.stop()
        if self._second_reading is not None:
            await self._second_reading.stop()
        await self._writer.close()
        await self._reader.close()
        await asyncio.to_thread(self._store.close)

    async def settled(self) -> None:
        """Return when the store is open, and all that is in it is found by its meaning too, if there is an embedder."""
        await self._opened.wait()
        if self._meaning is not None:
            await self._meaning.settled()

    async def add(
        self, path: Path, name: str, *, source: str = "", replace: bool = False, told: Told = lambda _: None
    ) -> Added:
        """Take a file in; when this returns, it is on disk and is found.

        `source` is its path in a watched folder. A document of the same name is an error unless this is to `replace`
        it. Raises UnreadableError, DocumentExistsError, StoreError, OverloadedError, EngineLoadingError.
        """
        await self._ready()
        added = await self._ingest.add(path, name, source=source, replace=replace, told=told)
        await self._changed()
        return added

    async def remove(self, document_id: str) -> Document:
        """Forget a document and return it; raises UnknownDocumentError, WatchedDocumentError, StoreError."""
        document = await self.document(document_id)
        if document.source and self._folders.covers(document.source):
            raise WatchedDocumentError(
                f"{document.name} comes from a folder that is watched.", remedy=f"Delete {document.source}."
            )
        await self._forget(document)
        return document

    async def documents(self) -> list[Document]:
        """Return all, the oldest first; raises StoreError."""
        return await self._reading(self._store.documents)

    async def document(self, document_id: str) -> Document:
        """Return the document of this id; raises UnknownDocumentError, StoreError."""
        document = await self._reading(lambda: self._store.document(document_id))
        if document is None:
            raise UnknownDocumentError("There is no document of this id.", remedy="List them to see their ids.")
        return document

    async def status(self) -> Status:
        """Return how it is; also while nothing works."""
        counts = await self._reading(self._store.counts) if self._opened.is_set() else None
        current, meaning = self._ingest.current, self._meaning
        return Status(
            documents=counts.documents if counts else 0,
            passages=counts.passages if counts else 0,
            reading=Reading(*current) if current else None,
            waiting=self._ingest.waiting,
            notice=str(self._problem) if self._problem is not None else self._store.notice,
            embedder=None if meaning is None else _of_embedder(meaning, counts),
            folders=tuple(map(str, self._folders.folders)),
            absent=tuple(map(str, self._folders.absent)),
            failures=self._watching.failures,
        )

    async def search(self, question: str, limit: int = 5) -> list[Found]:
        """Return the passages that fit a question, best first; raises StoreError, EngineLoadingError."""
        found = await self._search(question, max(limit, READ) if self._second_reading is not None else limit)
        return (await self._read_again(question, found))[:limit]

    async def _search(self, question: str, limit: int) -> list[Found]:
        await self._ready()
        asked = await self._meaning.ask(question) if self._meaning is not None else None
        return await self._reading(lambda: self._found(question, asked, limit))

    async def _read_again(self, question: str, found: list[Found]) -> list[Found]:
        return found if self._second_reading is None else await self._second_reading.ordered(question, found)

    async def consult(self, utterance: str, language: str, before: str = "") -> Consultation:
        """Return what documents say to an utterance, and whether they answer it.

        `before` is the question that they have just answered: "and how often?" asks on. Raises StoreError,
        EngineLoadingError.
        """
        del language  # words and gate know it by the script
        said = await self._consulted(utterance)
        if said.confident or said.dismissed or not before:
            return said
        asks_on = await self._reading(lambda: refers_back(utterance))
        return await self._consulted(f"{before} {utterance}") if asks_on else said

    async def _consulted(self, utterance: str) -> Consultation:
        found = await self._search(utterance, SEARCHED)
        said = await self._reading(lambda: self._consultant.judge(utterance, found))
        return replace(said, found=tuple(await self._read_again(utterance, found))) if said.confident else said

    async def add_example(self, text: str, *, wanted: bool) -> None:
        """Learn whether documents should answer a sentence; raises StoreError, EngineLoadingError."""
        await self._ready()
        await self._writer.run(lambda _: self._consultant.learn(text, wanted=wanted))
        self._calibrating.changed()

    async def remove_example(self, text: str) -> Example:
        """Forget what was learnt of a sentence, whatever its case and punctuation, and return it.

        Raises UnknownExampleError, StoreError, EngineLoadingError.
        """
        await self._ready()
        forgotten = await self._writer.run(lambda _: self._consultant.unlearn(text))
        self._calibrating.changed()
        return forgotten

    async def examples(self) -> list[Example]:
        """Return the household's own sentences, the oldest first; raises StoreError, EngineLoadingError."""
        return await self._reading(self._store.examples)

    def _found(self, question: str, asked: Asked | None, limit: int) -> list[Found]:
        words = search_words(question)
        lexical = self._store.lexical(words, DEPTH, words)
        dense = asked.index.search(asked.vector, DEPTH) if asked is not None else []
        strong = [hit.passage_id for hit in lexical if hit.score >= WEAK * lexical[0].score]
        weak = [hit.passage_id for hit in lexical[len(strong) :]]
        fused = fuse([strong, [hit.passage_id for hit in dense]])
        fused |= dict.fromkeys((each for each in weak if each not in fused), 0.0)
        kept = self._store.passages(list(fused)[: limit + SPARE])
        first = [each for each in fused if each in kept][:limit]
        bm25 = dict(lexical)
        if missing := [each for each in first if each not in bm25]:
            bm25 |= self._store.score(words, missing, words)
        cosines = asked.index.cosines(asked.vector, first) if asked is not None else {}
        return [Found(*kept[each], each, fused[each], bm25.get(each), cosines.get(each)) for each in first]

    async def _run(self) -> None:
        while (problem := await self._try_to_open()) is not None:
            self._problem = problem
            await self._sleep(OPEN_AGAIN_S)
        self._problem = None
        self._opened.set()
        self._calibrating.changed()
        try:
            await self._recount()
        except Exception as err:  # noqa: BLE001 - what begins below needs no number, and nobody else would begin it
            _LOGGER.warning("Documents could not be counted: %s at %s", type(err).__name__, place_of(err))
        if self._meaning is not None:
            await self._meaning.start(self._calibrating.changed)
        if self._second_reading is not None:
            await self._second_reading.start()
        await self._watching.run()

    async def _try_to_open(self) -> StoreError | None:
        """Open the store; return why it cannot be used, whatever that is: it is told, and tried again."""
        try:
            await self._writer.run(lambda _: self._open())
        except StoreError as err:
            problem, reason = err, str(err)
        except Exception as err:  # noqa: BLE001 - else every call would wait for a store that nobody opens
            problem = StoreError(f"The documents cannot be opened: {type(err).__name__}. The server's log says where.")
            reason = f"{type(err).__name__} at {place_of(err)}"
        else:
            return None
        if self._problem is None:  # else it is told already
            _LOGGER.error("Documents cannot be used: %s", reason)
        return problem

    def _open(self) -> None:
        self._store.open()
        self._consultant.open()

    async def _ready(self) -> None:
        """Wait for the store; raises why it cannot be used."""
        try:
            async with asyncio.timeout(OPENED_WITHIN_S if self._problem is None else 0.0):
                await self._opened.wait()
        except TimeoutError:
            raise self._problem or EngineLoadingError(
                "The documents are still being opened.", remedy="Try again in a moment."
            ) from None

    async def _reading(self, job: Callable[[], T]) -> T:
        await self._ready()
        return await self._reader.run(lambda _: job())

    async def calibrate(self, precision: float | None = None, told: Told = lambda _: None) -> Report:
        """Calibrate the gate now, which takes seconds.

        `precision` is aimed at from now on, until that of the settings is changed. Raises NoDocumentsError, StoreError,
        EngineLoadingError, OverloadedError.
        """
        await self._ready()
        told(Progress(Step.WAITING))
        return await self._calibrating.now(lambda: self._calibrate(precision, told))

    async def report(self) -> Report | None:
        """Return the latest calibration, None before the first one; raises StoreError, EngineLoadingError."""
        await self._ready()
        return self._consultant.gate.report

    async def _is_stale(self) -> bool:
        embedder = self._meaning.answering if self._meaning is not None else ""
        return await self._reading(lambda: self._consultant.is_stale(embedder))

    async def _calibrate(self, precision: float | None = None, told: Told = lambda _: None) -> Report:
        loop, meaning = asyncio.get_running_loop(), self._meaning
        embedder = meaning.answering if meaning is not None else ""

        def calibrated(cancellation: Cancellation) -> Gate:
            def search(sentence: str) -> list[Found]:
                if cancellation.cancelled:
                    raise EngineLoadingError("The documents are being closed.", remedy="Try again when they are open.")
                asked = (
                    asyncio.run_coroutine_threadsafe(meaning.ask(sentence), loop).result()
                    if meaning and embedder
                    else None
                )
                return self._found(sentence, asked, 2 * SEARCHED)

            return self._consultant.calibrated(
                search, embedder, precision, lambda done, total: told(Progress(Step.CALIBRATING, done, total))
            )

        gate = await self._reader.run(calibrated, priority=Priority.SPECULATIVE)
        return await self._writer.run(lambda _: self._consultant.keep(gate))

    async def _changed(self) -> None:
        self._calibrating.changed()
        if self._meaning is not None:
            self._meaning.changed()
        await self._recount()

    async def _recount(self) -> None:
        self.count = (await self._reading(self._store.counts)).documents
        if self.count and not self._is_warm:
            self._is_warm = True
            await self._reading(self._warm_up)

    def _warm_up(self) -> None:
        """Ask something: the first question takes the better part of a second, which nobody should wait."""
        self._consultant.judge(ANYTHING, self._found(ANYTHING, None, SEARCHED))

    async def _add_watched(self, path: Path) -> Added:
        return await self.add(path, path.name, source=str(path))

    async def _forget(self, document: Document) -> None:
        await self._writer.run(lambda _: self._store.remove(document.document_id))
        await self._changed()


def _of_embedder(meaning: Meaning, counts: Counts | None) -> EmbedderStatus:
    embedded = counts.embedded.get(meaning.embedder.name, 0) if counts is not None else 0
    return EmbedderStatus(meaning.embedder.status, embedded, meaning.answering, meaning.not_understood, meaning.problem)
