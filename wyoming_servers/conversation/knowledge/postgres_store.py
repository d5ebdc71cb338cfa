"""The store in a PostgreSQL database, for those who run one: its text search over words that are ready made, pgvector.

The database finds candidates and says which are the better ones; what is best of these is reckoned as for SQLite, so
that both give the same answers.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import psycopg

from .bm25 import K1, B, Wanted, length_of
from .document import Document, Passage
from .indexing import Indexed
from .postgres_database import Database, near_index
from .postgres_words import as_array, asked, kept, lexeme, read, vector
from .rows import document_row, passage_row
from .sql_store import SqlStore
from .store import Vector

_LOGGER = logging.getLogger(__name__)

_AT_ONCE = 1_000
"""Vectors that are fetched at a time."""

_CANDIDATES = f"""
WITH corpus AS (
    SELECT coalesce(sum(passages), 0)::float8 AS passages, greatest(coalesce(sum(words), 0), 1)::float8 AS words
    FROM sotto.documents
), asked AS (
    SELECT a.wanted, sum(ln(1 + (corpus.passages - f.passages + 0.5) / (f.passages + 0.5::float8))) AS weight
    FROM unnest(%s::text[], %s::tsquery[]) AS a (word, wanted) JOIN sotto.frequency f USING (word), corpus
    GROUP BY a.wanted
)
SELECT p.passage_id
FROM asked CROSS JOIN LATERAL (SELECT passage_id, length FROM sotto.passages WHERE terms @@ asked.wanted) AS p, corpus
GROUP BY p.passage_id, p.length, corpus.passages, corpus.words
ORDER BY sum(weight) / (1 + {K1} * (1 - {B} + {B} * p.length * corpus.passages / corpus.words)) DESC, p.passage_id
LIMIT %s
"""
"""BM25 as if no word came twice in a passage: enough to say which are worth to be ranked. PostgreSQL's own `ts_rank`
takes ten times as long, and knows nothing of how rare a word is."""


class PostgresStore(SqlStore):
    """Documents in the schema `sotto` of a database."""

    _schema = "sotto."
    _place = "place"
    _among = "= ANY(?::bigint[])"
    _listed = staticmethod(as_array)

    def __init__(self, url: str) -> None:
        """Connects to nothing yet; raises SettingsError for what is no address of a PostgreSQL."""
        self.database = Database(url)
        self._identity = ""

    @property
    def identity(self) -> str:
        """What no other store has."""
        return self._identity

    def open(self) -> None:
        """Connect, make the tables, and see that the lexical index is that of this version's words."""
        self.database.open()
        self._identity = self._get("identity")
        if not self._has_this_versions_words:
            _LOGGER.info("The lexical index of the documents is made anew: another version cuts text into words")
            self.rebuild_index()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def moment(self) -> AbstractContextManager[None]:
        """Read of one moment; see `Store.moment`."""
        return self.database.moment()

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each word is; see `Store.document_frequency`."""
        by_lexeme = {lexeme(word): word for word in words}
        found = self.database.rows(
            "SELECT word, passages FROM sotto.frequency WHERE word = ANY(%s) AND passages > 0", list(by_lexeme)
        )
        return {by_lexeme[word]: count for word, count in found}

    def having(self, wanted: Wanted, limit: int) -> list[int]:
        """Return ids of passages; see `Store.having`."""
        terms = asked(wanted)
        words, queries = [word for word, _ in terms], [query for _, query in terms]
        return [each for (each,) in self.database.rows(_CANDIDATES, words, queries, limit)] if terms else []

    def indexed(self, ids: Iterable[int]) -> Iterator[tuple[int, Indexed]]:
        """Yield the words of passages; see `Store.indexed`."""
        rows = self._rows(
            f"SELECT passage_id, words, around FROM sotto.passages WHERE passage_id {self._among}", as_array(ids)
        )
        return ((each, Indexed(words, around)) for each, words, around in rows)

    def put_embeddings(self, embedder: str, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors; see `Store.put_embeddings`."""
        with self._writing() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO sotto.embedders (name) VALUES (%s) ON CONFLICT DO NOTHING", (kept(embedder),))
            cursor.executemany(
                "INSERT INTO sotto.embeddings SELECT embedder_id, passage_id, %s FROM sotto.passages, sotto.embedders"
                " WHERE passage_id = %s AND name = %s"
                " ON CONFLICT (embedder_id, passage_id) DO UPDATE SET vector = excluded.vector",
                [(np.asarray(vector, np.float32), each, kept(embedder)) for each, vector in vectors],
            )

    def embeddings(self, embedder: str, ids: Iterable[int] | None = None) -> Iterator[tuple[int, Vector]]:
        """Yield vectors; see `Store.embeddings`."""
        wanted = (
            "SELECT passage_id, vector FROM sotto.embeddings JOIN sotto.embedders USING (embedder_id) WHERE name = %s"
        )
        only = () if ids is None else (as_array(ids),)
        wanted += " AND passage_id = ANY(%s::bigint[])" if only else ""
        with (
            self.database.reading() as connection,
            connection.transaction(),
            connection.cursor("embeddings") as cursor,
        ):
            cursor.itersize = _AT_ONCE
            cursor.execute(wanted.encode(), (kept(embedder), *only), binary=True)
            for each, vector in cursor:
                yield each, vector.to_numpy()

    def drop_embeddings(self, except_embedder: str) -> None:
        """Forget vectors; see `Store.drop_embeddings`."""
        with self._writing() as connection:
            dropped = connection.execute(
                "DELETE FROM sotto.embedders WHERE name != %s RETURNING embedder_id", (kept(except_embedder),)
            ).fetchall()
            for (number,) in dropped:
                connection.execute(f"DROP INDEX IF EXISTS sotto.{near_index(number)}".encode())

    def rebuild_index(self) -> None:
        """Make the lexical index anew from the passages."""
        with self._writing() as connection:
            connection.execute("TRUNCATE sotto.frequency")
            for document in self.documents():
                ids, rows = self._passages_of(document)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "UPDATE sotto.passages SET words = %s, around = %s, length = %s, terms = %s::tsvector"
                        " WHERE passage_id = %s",
                        [(*_columns_of(row), each) for each, row in zip(ids, rows, strict=True)],
                    )
                _count(connection, kept(document.document_id), rows)
            self._note_words(connection)

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        rows = self.database.rows(_of_postgres(statement), *_kept(values))
        return [tuple(read(each) if isinstance(each, str) else each for each in row) for row in rows]

    def _writing(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        return self.database.writing()

    def _change(self, connection: psycopg.Connection[Any], statement: str, *values: Any) -> int:
        return connection.execute(_of_postgres(statement).encode(), _kept(values)).rowcount

    def _insert(
        self,
        connection: psycopg.Connection[Any],
        document: Document,
        passages: Sequence[Passage],
        rows: Sequence[Indexed],
    ) -> None:
        connection.execute(
            "INSERT INTO sotto.documents (document_id, name, title, kind, sha256, size_bytes, added, source, passages,"
            " warnings, words) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0)",
            _kept(document_row(document)),
        )
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY sotto.passages (document_id, text, headings, page, tokens, question, words, around, length,"
                " terms) FROM STDIN"
            ) as copy,
        ):
            for passage, row in zip(passages, rows, strict=True):
                copy.write_row((kept(document.document_id), *_kept(passage_row(passage)), *_columns_of(row)))
        _count(connection, kept(document.document_id), rows)

    def _delete(self, connection: psycopg.Connection[Any], document_id: str) -> bool:
        wanted = (kept(document_id),)
        connection.execute(
            "UPDATE sotto.frequency f SET passages = f.passages - gone.passages FROM"
            " (SELECT word, count(*) AS passages FROM sotto.passages, unnest(tsvector_to_array(terms)) AS word"
            " WHERE document_id = %s GROUP BY word) AS gone WHERE f.word = gone.word",
            wanted,
        )
        connection.execute("DELETE FROM sotto.frequency WHERE passages <= 0")
        return connection.execute("DELETE FROM sotto.documents WHERE document_id = %s", wanted).rowcount > 0


def _count(connection: psycopg.Connection[Any], document_id: str, rows: Sequence[Indexed]) -> None:
    """Note how many passages have each word, and how many words there are."""
    counts = Counter(lexeme(word) for row in rows for word in {*row.text.split(), *row.around.split()})
    connection.execute(
        "INSERT INTO sotto.frequency AS f SELECT * FROM unnest(%s::text[], %s::bigint[])"
        " ON CONFLICT (word) DO UPDATE SET passages = f.passages + excluded.passages",
        (list(counts), list(counts.values())),
    )
    connection.execute("UPDATE sotto.documents SET words = %s WHERE document_id = %s", (length_of(rows), document_id))


def _of_postgres(statement: str) -> str:
    """Return a statement as psycopg takes it: with `?` for a value it comes from both databases' common ones."""
    return statement.replace("?", "%s")


def _kept(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(kept(each) if isinstance(each, str) else each for each in values)


def _columns_of(row: Indexed) -> tuple[Any, ...]:
    return kept(row.text), kept(row.around), length_of([row]), vector(row)
