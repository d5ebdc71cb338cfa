"""The store in a SQLite file: WAL, a transaction for each document, FTS5 over words that are ready made."""

from __future__ import annotations

import logging
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .bm25 import Wanted, length_of
from .document import Document, Passage
from .errors import StoreError
from .indexing import Indexed
from .rows import document_row, json_of, passage_row
from .sql_store import SqlStore
from .sqlite_file import INDEX, as_store_errors, connect, is_damage, prepare, transaction
from .store import Vector

_LOGGER = logging.getLogger(__name__)

_AMONG = "IN (SELECT value FROM json_each(?))"


class SqliteStore(SqlStore):
    """Documents in one file; each thread has a connection of its own."""

    looked_at = 20_000
    _place = "rowid"
    _among = _AMONG
    _listed = staticmethod(json_of)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
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
        with as_store_errors(self._path):
            connection = self._connection()
            is_within = connection.in_transaction
            if not is_within:
                connection.execute("BEGIN")
        if is_within:  # of a moment around this one
            yield
            return
        try:
            yield
        finally:
            _end(connection)

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each word is; see `Store.document_frequency`."""
        return dict(self._ask_index(f"SELECT term, doc FROM frequency WHERE term {_AMONG}", json_of(words)))

    def having(self, wanted: Wanted, limit: int) -> list[int]:
        """Return ids of passages, those that have most of what is rare; see `Store.having`.

        FTS5's own ranking takes longer for a quarter as many passages, and knows nothing of what the words count.
        """
        terms = [(_quoted(word), wanted.weights[word]) for word in wanted.words]
        terms += [
            (f"{_quoted(one)} AND {_quoted(two)}", wanted.weights[one] + wanted.weights[two])
            for one, two in wanted.pairs
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
        rows = self._ask_index(f"SELECT rowid, text, around FROM words WHERE rowid {_AMONG}", json_of(ids))
        return ((each, Indexed(text, around)) for each, text, around in rows)

    def put_embeddings(self, embedder: str, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors; see `Store.put_embeddings`."""
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO embedders (name) VALUES (?)", (embedder,))
            connection.executemany(
                "INSERT OR REPLACE INTO embeddings (passage_id, embedder_id, vector)"
                " SELECT passage_id, embedder_id, ? FROM passages, embedders WHERE passage_id = ? AND name = ?",
                [(np.asarray(vector, dtype="<f4").tobytes(), each, embedder) for each, vector in vectors],
            )

    def embeddings(self, embedder: str, ids: Iterable[int] | None = None) -> Iterator[tuple[int, Vector]]:
        """Yield vectors; see `Store.embeddings`."""
        wanted = "SELECT passage_id, vector FROM embeddings JOIN embedders USING (embedder_id) WHERE name = ?"
        with as_store_errors(self._path):
            if ids is None:
                cursor = self._connection().execute(wanted, (embedder,))
            else:
                cursor = self._connection().execute(f"{wanted} AND passage_id {_AMONG}", (embedder, json_of(ids)))
            for each, vector in cursor:
                yield each, np.frombuffer(vector, "<f4")

    def drop_embeddings(self, except_embedder: str) -> None:
        """Forget vectors; see `Store.drop_embeddings`."""
        with self._writing() as connection:
            connection.execute("DELETE FROM embedders WHERE name != ?", (except_embedder,))

    def rebuild_index(self) -> None:
        """Make the lexical index anew from the passages."""
        with self._writing() as connection:
            for table in ("frequency", "words"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in filter(str.strip, INDEX.split(";")):
                connection.execute(statement)
            for document in self.documents():
                self._index(connection, document.document_id, *self._passages_of(document))
            self._note_words(connection)

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
        self._index(connection, document.document_id, range(first, first + len(rows)), rows)

    @staticmethod
    def _index(connection: sqlite3.Connection, document_id: str, ids: Iterable[int], rows: Sequence[Indexed]) -> None:
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

    def _index_problem(self) -> str:
        """Return why the lexical index cannot be used; takes 0.5 s for 50,000 passages."""
        if not self._has_this_versions_words:
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

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with as_store_errors(self._path):
            return self._connection().execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, as_store_errors(self._path), transaction(self._connection()) as connection:
            yield connection

    def _change(self, connection: sqlite3.Connection, statement: str, *values: Any) -> int:
        return connection.execute(statement, values).rowcount

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


def _quoted(word: str) -> str:
    """Return a word as FTS5 takes it, whatever is in it."""
    return '"' + word.replace('"', '""') + '"'
