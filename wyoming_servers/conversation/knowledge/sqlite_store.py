"""The store in a SQLite file: WAL, a transaction for each document, FTS5 over words that are ready made."""

from __future__ import annotations

import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import words as wording
from .bm25 import Corpus, Wanted, length_of
from .document import Document, Passage
from .errors import StoreError
from .indexing import Indexed, indexed, text_to_embed
from .sqlite_file import INDEX, as_store_errors, connect, is_damage, prepare, transaction
from .sqlite_rows import (
    DOCUMENT,
    PASSAGE,
    document_of,
    document_row,
    json_of,
    passage_of,
    passage_row,
    quoted,
)
from .store import Counts, Example, Store, Vector

_LOGGER = logging.getLogger(__name__)

_THESE = "(SELECT value FROM json_each(?))"


class SqliteStore(Store):
    """Documents in one file; each thread has a connection of its own."""

    looked_at = 20_000

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.RLock()
        self._notice = ""
        self._identity = ""

    @property
    def notice(self) -> str:
        """What became of a damaged file."""
        return self._notice

    @property
    def identity(self) -> str:
        """What no other store has."""
        return self._identity

    def open(self) -> None:
        """Make the file sound, and the lexical index that of this version's words."""
        notice = prepare(self._path)
        if notice:
            self._put("notice", notice)
        self._notice = self._get("notice")
        if not self._get("identity"):
            self._put("identity", uuid.uuid4().hex)
        self._identity = self._get("identity")
        if reason := self._index_problem():
            if self.corpus().passages:
                _LOGGER.info("The lexical index of the documents is made anew: %s", reason)
            self.rebuild_index()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Read of one moment; see `Store.moment`."""
        connection = self._connection()
        if connection.in_transaction:  # of a moment around this one
            yield
            return
        with as_store_errors(self._path):
            connection.execute("BEGIN")
        try:
            yield
        finally:
            _end(connection)

    def add(
        self, document: Document, passages: Sequence[Passage], told: Callable[[int], None] = lambda _: None
    ) -> Document:
        """Keep a document; see `Store.add`."""
        document = replace(document, passages=len(passages))
        rows = []
        for number, row in enumerate(indexed(document, passages), 1):
            rows.append(row)
            told(number)
        with self._transaction() as connection:
            self._delete(connection, document.document_id)
            self._insert(connection, document, passages, rows)
            self._changed(connection)
        return document

    def remove(self, document_id: str) -> bool:
        """Forget a document; see `Store.remove`."""
        with self._transaction() as connection:
            removed = self._delete(connection, document_id)
            if removed:
                self._changed(connection)
        return removed

    def documents(self) -> list[Document]:
        """Return all; see `Store.documents`."""
        return self._documents("ORDER BY added, rowid")

    def document(self, document_id: str) -> Document | None:
        """Return one by its id; see `Store.document`."""
        return next(iter(self._documents("WHERE document_id = ?", document_id)), None)

    def by_hash(self, sha256: str) -> Document | None:
        """Return one by its content; see `Store.by_hash`."""
        return next(iter(self._documents("WHERE sha256 = ? ORDER BY added, rowid", sha256)), None)

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
        """Return passages by id; see `Store.passages`."""
        rows = self._rows(
            f"SELECT {PASSAGE}, {DOCUMENT} FROM passages JOIN documents USING (document_id)"  # noqa: S608 - ours
            f" WHERE passage_id IN {_THESE}",
            json_of(ids),
        )
        return {row[0]: (passage_of(row), document_of(row[6:])) for row in rows}

    def counts(self) -> Counts:
        """Return how much there is; see `Store.counts`."""
        ((documents, passages),) = self._rows("SELECT count(*), coalesce(sum(passages), 0) FROM documents")
        embedded = self._rows(
            "SELECT name, count(passage_id) FROM embedders LEFT JOIN embeddings USING (embedder_id) GROUP BY name"
        )
        return Counts(documents, passages, dict(embedded))

    def passage_ids(self) -> list[int]:
        """Return all ids; see `Store.passage_ids`."""
        return [row[0] for row in self._rows("SELECT passage_id FROM passages ORDER BY passage_id")]

    def version(self) -> int:
        """Return what changes with the documents; see `Store.version`."""
        return int(self._get("version") or 0)

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each word is; see `Store.document_frequency`."""
        return dict(self._ask_index(f"SELECT term, doc FROM frequency WHERE term IN {_THESE}", json_of(words)))  # noqa: S608

    def corpus(self) -> Corpus:
        """Return how much text there is; see `Store.corpus`."""
        ((passages, words),) = self._rows("SELECT coalesce(sum(passages), 0), coalesce(sum(words), 0) FROM documents")
        return Corpus(passages, words)

    def having(self, wanted: Wanted, limit: int) -> list[int]:
        """Return ids of passages, those that have most of what is rare; see `Store.having`.

        FTS5's own ranking takes longer for a quarter as many passages, and knows nothing of what the words count.
        """
        terms = [(quoted(word), wanted.weights[word]) for word in wanted.words]
        terms += [
            (f"{quoted(one)} AND {quoted(two)}", wanted.weights[one] + wanted.weights[two]) for one, two in wanted.pairs
        ]
        found = [(self._matching(term), weight) for term, weight in terms]
        ids, places = np.unique(np.concatenate([each for each, _ in found]), return_inverse=True)
        worth = np.bincount(places, np.concatenate([np.full(each.size, weight) for each, weight in found]))
        if worth.size > limit:  # to sort all of 20,000 takes longer than to find the last one that counts
            enough = worth >= np.partition(worth, -limit)[-limit]
            ids, worth = ids[enough], worth[enough]
        best: list[int] = ids[np.argsort(-worth, kind="stable")[:limit]].tolist()
        return best

    def _matching(self, term: str) -> npt.NDArray[np.int64]:
        """Return the ids of all passages that match; as one text, which is faster than as rows."""
        ((ids,),) = self._ask_index("SELECT group_concat(rowid) FROM words WHERE words MATCH ?", term)
        return np.fromstring(ids or "", np.int64, sep=",")

    def indexed(self, ids: Iterable[int]) -> Iterator[tuple[int, Indexed]]:
        """Yield the words of passages; see `Store.indexed`."""
        rows = self._ask_index(f"SELECT rowid, text, around FROM words WHERE rowid IN {_THESE}", json_of(ids))  # noqa: S608
        return ((each, Indexed(text, around)) for each, text, around in rows)

    def without_embedding(self, embedder: str, limit: int) -> list[tuple[int, str]]:
        """Return what is to be embedded; see `Store.without_embedding`."""
        rows = self._rows(
            f"SELECT {PASSAGE}, title FROM passages JOIN documents USING (document_id)"  # noqa: S608 - ours
            " WHERE NOT EXISTS (SELECT 1 FROM embeddings JOIN embedders USING (embedder_id)"
            " WHERE embeddings.passage_id = passages.passage_id AND name = ?) ORDER BY passage_id LIMIT ?",
            embedder,
            limit,
        )
        return [(row[0], text_to_embed(row[6], passage_of(row))) for row in rows]

    def put_embeddings(self, embedder: str, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors; see `Store.put_embeddings`."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO embedders (name) VALUES (?)", (embedder,))
            connection.executemany(
                "INSERT OR REPLACE INTO embeddings (passage_id, embedder_id, vector)"
                " SELECT passage_id, embedder_id, ? FROM passages, embedders WHERE passage_id = ? AND name = ?",
                [(np.asarray(vector, dtype="<f4").tobytes(), each, embedder) for each, vector in vectors],
            )

    def embedded(self, embedder: str) -> npt.NDArray[np.int64]:
        """Return which passages have vectors; see `Store.embedded`."""
        rows = self._rows(
            "SELECT passage_id FROM embeddings WHERE embedder_id = (SELECT embedder_id FROM embedders WHERE name = ?)"
            " ORDER BY passage_id",
            embedder,
        )
        return np.fromiter((each for (each,) in rows), np.int64, len(rows))

    def embeddings(self, embedder: str, ids: Iterable[int] | None = None) -> Iterator[tuple[int, Vector]]:
        """Yield vectors; see `Store.embeddings`."""
        wanted = "SELECT passage_id, vector FROM embeddings JOIN embedders USING (embedder_id) WHERE name = ?"
        with as_store_errors(self._path):
            if ids is None:
                cursor = self._connection().execute(wanted, (embedder,))
            else:
                cursor = self._connection().execute(f"{wanted} AND passage_id IN {_THESE}", (embedder, json_of(ids)))
            for each, vector in cursor:
                yield each, np.frombuffer(vector, "<f4")

    def drop_embeddings(self, except_embedder: str) -> None:
        """Forget vectors; see `Store.drop_embeddings`."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM embedders WHERE name != ?", (except_embedder,))

    def examples(self) -> list[Example]:
        """Return the household's examples; see `Store.examples`."""
        rows = self._rows("SELECT text, wanted FROM examples ORDER BY example_id")
        return [Example(text, bool(wanted)) for text, wanted in rows]

    def add_example(self, text: str, *, wanted: bool) -> None:
        """Keep an example; see `Store.add_example`."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO examples (text, wanted) VALUES (?, ?)", (text, wanted))

    def remove_example(self, text: str) -> bool:
        """Forget an example; see `Store.remove_example`."""
        with self._transaction() as connection:
            return connection.execute("DELETE FROM examples WHERE text = ?", (text,)).rowcount > 0

    def report(self) -> str | None:
        """Return the latest report; see `Store.report`."""
        return self._get("report") or None

    def keep_report(self, report: str) -> None:
        """Keep a report; see `Store.keep_report`."""
        self._put("report", report)

    def rebuild_index(self) -> None:
        """Make the lexical index anew from the passages."""
        with self._transaction() as connection:
            for table in ("frequency", "words"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in filter(str.strip, INDEX.split(";")):
                connection.execute(statement)
            for document in self.documents():
                found = self._rows(
                    f"SELECT {PASSAGE} FROM passages WHERE document_id = ? ORDER BY passage_id",  # noqa: S608 - ours
                    document.document_id,
                )
                rows = list(indexed(document, [passage_of(row) for row in found]))
                self._index_rows(connection, document.document_id, [row[0] for row in found], rows)
            _write(connection, "words_version", wording.version())

    def _insert(
        self, connection: sqlite3.Connection, document: Document, passages: Sequence[Passage], rows: Sequence[Indexed]
    ) -> None:
        connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", document_row(document))
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
        first = last[0] + 1 if last else 1
        connection.executemany(
            "INSERT INTO passages (passage_id, document_id, text, headings, page, tokens, question)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((each, document.document_id, *passage_row(passage)) for each, passage in enumerate(passages, first)),
        )
        self._index_rows(connection, document.document_id, range(first, first + len(rows)), rows)

    @staticmethod
    def _index_rows(
        connection: sqlite3.Connection, document_id: str, ids: Iterable[int], rows: Sequence[Indexed]
    ) -> None:
        connection.executemany(
            "INSERT INTO words (rowid, text, around) VALUES (?, ?, ?)",
            ((each, *row) for each, row in zip(ids, rows, strict=True)),
        )
        connection.execute("UPDATE documents SET words = ? WHERE document_id = ?", (length_of(rows), document_id))

    @staticmethod
    def _delete(connection: sqlite3.Connection, document_id: str) -> bool:
        wanted = (document_id,)
        connection.execute(
            "DELETE FROM words WHERE rowid IN (SELECT passage_id FROM passages WHERE document_id = ?)", wanted
        )
        return connection.execute("DELETE FROM documents WHERE document_id = ?", wanted).rowcount > 0

    @staticmethod
    def _changed(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('version', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1")

    def _index_problem(self) -> str:
        """Return why the lexical index cannot be used; takes 0.5 s for 50,000 passages."""
        if self._get("words_version") != wording.version():
            return "another version cuts text into words"
        try:
            self._connection().execute("INSERT INTO words (words) VALUES ('integrity-check')")
            ((missing,),) = self._rows("SELECT (SELECT count(*) FROM passages) - (SELECT count(*) FROM words_docsize)")
        except sqlite3.Error as err:
            return str(err)
        return f"{missing} passages are not in it" if missing else ""

    def _ask_index(self, statement: str, *values: Any) -> list[Any]:
        """Return what the lexical index says; if it turns out to be damaged, it is made anew first."""
        try:
            return self._rows(statement, *values)
        except StoreError as err:
            if not (isinstance(err.__cause__, sqlite3.Error) and is_damage(err.__cause__)):
                raise
            _LOGGER.warning("The lexical index of the documents is damaged, and made anew")
            _end(self._connection())
        self.rebuild_index()
        return self._rows(statement, *values)

    def _documents(self, which: str, *values: Any) -> list[Document]:
        return [document_of(row) for row in self._rows(f"SELECT {DOCUMENT} FROM documents {which}", *values)]  # noqa: S608

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with as_store_errors(self._path):
            return self._connection().execute(statement, values).fetchall()

    def _get(self, key: str) -> str:
        rows = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return rows[0][0] if rows else ""

    def _put(self, key: str, value: str) -> None:
        with self._transaction() as connection:
            _write(connection, key, value)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, as_store_errors(self._path), transaction(self._connection()) as connection:
            yield connection

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path)
            self._connections.append(connection)
        return connection


def _end(connection: sqlite3.Connection) -> None:
    """End what was begun for reading, if it has not ended by itself."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _write(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
