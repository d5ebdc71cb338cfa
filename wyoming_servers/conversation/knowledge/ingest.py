"""A document on its way into the store: read in a process of its own, cut into passages, and kept."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from ...errors import OverloadedError
from ...settings import KnowledgeSettings
from ...worker import Cancellation, Priority, Worker
from .document import Document, Passage, Reading
from .errors import DocumentExistsError
from .reading.errors import Unreadable, UnreadableError, empty
from .reading.names import file_name
from .reading.process import read_document
from .splitting import split
from .store import Store

MOST_WAITING = 32
"""Documents that wait while another one is read; their files are on disk meanwhile."""
_TOLD_EVERY = 25
"""Passages."""


class Step(StrEnum):
    """What is done with a document, or with all of them."""

    WAITING = "waiting"
    READING = "reading"
    INDEXING = "indexing"
    CALIBRATING = "calibrating"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    step: Step
    done: int = 0
    total: int = 0
    """Of pages while it is read, of passages while it is indexed, of sentences while the gate is calibrated; 0 where
    nobody knows."""


Told = Callable[[Progress], None]


class Outcome(StrEnum):
    """What became of a document."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    """It was there already, perhaps under another name, and was not read again."""


@dataclass(frozen=True, slots=True)
class Added:
    """A document that is kept now."""

    document: Document
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    source: str
    sha256: str
    size_bytes: int


class Ingest:
    """Takes documents in, one after the other."""

    def __init__(self, store: Store, worker: Worker, settings: KnowledgeSettings) -> None:
        """`worker` is the one thread on which the store is written to."""
        self._store = store
        self._worker = worker
        self._passage_tokens = settings.passage_tokens
        self._overlap_tokens = min(settings.overlap_tokens, settings.passage_tokens // 2)
        self._one_at_a_time = asyncio.Lock()
        self.waiting = 0
        """Documents that are taken in, or wait for it."""
        self.current: tuple[str, Progress] | None = None
        """The name of the document that is taken in, and how far it is."""

    async def add(self, path: Path, name: str, *, source: str, replace: bool, told: Told) -> Added:
        """Keep a document; when this returns, it is on disk and is found.

        Raises UnreadableError, DocumentExistsError, StoreError, and OverloadedError if too many wait. The file is not
        needed any more afterwards.
        """
        if self.waiting >= MOST_WAITING:
            raise OverloadedError(f"{self.waiting} documents already wait.", remedy="Try again in a moment.")
        self.waiting += 1
        told(Progress(Step.WAITING))
        try:
            async with self._one_at_a_time:
                return await self._add(path, file_name(name), source, told, replace=replace)
        finally:
            self.waiting -= 1

    async def _add(self, path: Path, name: str, source: str, told: Told, *, replace: bool) -> Added:
        def note(progress: Progress) -> None:
            self.current = (name, progress)
            told(progress)

        try:
            sha256, size_bytes = await self._worker.run(lambda cancelled: _digest(path, cancelled))
            file = _File(path, name, source, sha256, size_bytes)
            old, unchanged = await self._worker.run(lambda _: self._known(file))
            if unchanged is not None:
                return Added(unchanged, Outcome.UNCHANGED)
            if old is not None and not source and not replace:
                raise _exists(old)
            note(Progress(Step.READING))
            reading = await read_document(path, name, lambda done, total: note(Progress(Step.READING, done, total)))
            document = await self._keep(file, reading, old, note)
            return Added(document, Outcome.REPLACED if old is not None else Outcome.ADDED)
        finally:
            self.current = None

    def _known(self, file: _File) -> tuple[Document | None, Document | None]:
        """Return the document that this one takes the place of, and the one that it already is. Blocks."""
        same = self._store.by_hash(file.sha256)
        if file.source:
            old = self._store.document(_id_of(file.source))
            return old, same if old is None else old if old.sha256 == file.sha256 else None
        named = [each for each in self._store.documents() if each.name == file.name and not each.source]
        return (named[0] if named else None), same

    async def _keep(self, file: _File, reading: Reading, old: Document | None, told: Told) -> Document:
        loop = asyncio.get_running_loop()

        def job(cancelled: Cancellation) -> Document:
            passages = split(reading, self._passage_tokens, self._overlap_tokens)
            if not passages:
                raise empty()

            def prepared(number: int) -> None:
                if cancelled.cancelled:
                    raise CancelledError
                if number % _TOLD_EVERY == 0 or number == len(passages):
                    loop.call_soon_threadsafe(told, Progress(Step.INDEXING, number, len(passages)))

            return self._store.add(_document(file, reading, old, passages), passages, prepared)

        return await self._worker.run(job, priority=Priority.SPECULATIVE)


def _document(file: _File, reading: Reading, old: Document | None, passages: list[Passage]) -> Document:
    return Document(
        document_id=_id_of(file.source) if file.source else old.document_id if old else uuid.uuid4().hex[:16],
        name=file.name,
        title=reading.title,
        kind=reading.kind,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        added=datetime.now(UTC).replace(microsecond=0),
        source=file.source,
        passages=len(passages),
        warnings=reading.warnings,
    )


def _id_of(source: str) -> str:
    """Return the id of a file in a watched folder: the same whenever it is read again."""
    return hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _digest(path: Path, cancelled: Cancellation) -> tuple[str, int]:
    """Return SHA-256 and size of a file; raises UnreadableError."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(2**20):
                if cancelled.cancelled:
                    raise CancelledError
                digest.update(chunk)
                size += len(chunk)
    except OSError as err:
        raise UnreadableError(
            Unreadable.BROKEN,
            f"The file cannot be read: {err.strerror}.",
            remedy="Give it to the user that runs Sotto, and see whether it opens.",
        ) from err
    return digest.hexdigest(), size


def _exists(old: Document) -> DocumentExistsError:
    return DocumentExistsError(
        f"There is another document {old.name}, {old.title!r}, of {old.added:%d %B %Y}.",
        remedy="Give this one another name, or say that it replaces that one: replace=yes, or --replace.",
    )
