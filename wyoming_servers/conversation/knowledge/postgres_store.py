"""The store in a PostgreSQL database, for those who run one: its text search over words that are ready made, pgvector.

The database finds candidates and says which are the better ones; what is best of these is reckoned as for SQLite, so
that both give the same answers.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from . import words as wording
from .bm25 import K1, B, Corpus, Wanted, length_of
from .document import Document, Kind, Passage
from .indexing import Indexed, indexed, text_to_embed
from .postgres_database import Database, near_index
from .postgres_words import as_array, asked, kept, lexeme, read, vector
from .store import Counts, Example, Store, Vector

_LOGGER = logging.getLogger(__name__)

_DOCUMENT = "d.document_id, d.name, d.title, d.kind, d.sha256, d.size_bytes, d.added, d.source, d.passages, d.warnings"
_PASSAGE = "p.passage_id, p.text, p.headings, p.page, p.tokens, p.question"
_PASSAGES = "sotto.passages p JOIN sotto.documents d USING (document_id)"
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
"""  # noqa: S608 - ours
"""BM25 as if no word came twice in a passage: enough to say which are worth to be ranked. PostgreSQL's own `ts_rank`
takes ten times as long, and knows nothing of how rare a word is."""


class PostgresStore(Store):
    """Documents in the schema `sotto` of a database."""

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
        if self._get("words_version") != wording.version():
            _LOGGER.info("The lexical index of the documents is made anew: another version cuts text into words")
            self.rebuild_index()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def moment(self) -> AbstractContextManager[None]:
        """Read of one moment; see `Store.moment`."""
        return self.database.moment()

    def add(
        self, document: Document, passages: Sequence[Passage], told: Callable[[int], None] = lambda _: None
    ) -> Document:
        """Keep a document; see `Store.add`."""
        document = replace(document, passages=len(passages))
        rows = []
        for number, row in enumerate(indexed(document, passages), 1):
            rows.append(row)
            told(number)
        with self.database.writing() as connection:
            _delete(connection, document.document_id)
            _insert(connection, document, passages, rows)
            _changed(connection)
        return document

    def remove(self, document_id: str) -> bool:
        """Forget a document; see `Store.remove`."""
        with self.database.writing() as connection:
            removed = _delete(connection, document_id)
            if removed:
                _changed(connection)
        return removed

    def documents(self) -> list[Document]:
        """Return all; see `Store.documents`."""
        return self._documents("ORDER BY added, place")

    def document(self, document_id: str) -> Document | None:
        """Return one by its id; see `Store.document`."""
        return next(iter(self._documents("WHERE document_id = %s", document_id)), None)

    def by_hash(self, sha256: str) -> Document | None:
        """Return one by its content; see `Store.by_hash`."""
        return next(iter(self._documents("WHERE sha256 = %s ORDER BY added, place", sha256)), None)

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
        """Return passages by id; see `Store.passages`."""
        wanted = f"SELECT {_PASSAGE}, {_DOCUMENT} FROM {_PASSAGES} WHERE passage_id = ANY(%s::bigint[])"  # noqa: S608 - ours
        return {row[0]: (_passage(row), _document(row[6:])) for row in self.database.rows(wanted, as_array(ids))}

    def counts(self) -> Counts:
        """Return how much there is; see `Store.counts`."""
        with self.moment():
            ((documents, passages),) = self.database.rows(
                "SELECT count(*), coalesce(sum(passages), 0) FROM sotto.documents"
            )
            embedded = self.database.rows(
                "SELECT name, count(passage_id) FROM sotto.embedders LEFT JOIN sotto.embeddings USING (embedder_id)"
                " GROUP BY name"
            )
        return Counts(documents, int(passages), {read(name): count for name, count in embedded})

    def passage_ids(self) -> list[int]:
        """Return all ids; see `Store.passage_ids`."""
        return [row[0] for row in self.database.rows("SELECT passage_id FROM sotto.passages ORDER BY passage_id")]

    def version(self) -> int:
        """Return what changes with the documents; see `Store.version`."""
        return int(self._get("version"))

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each word is; see `Store.document_frequency`."""
        by_lexeme = {lexeme(word): word for word in words}
        found = self.database.rows(
            "SELECT word, passages FROM sotto.frequency WHERE word = ANY(%s) AND passages > 0", list(by_lexeme)
        )
        return {by_lexeme[word]: count for word, count in found}

    def corpus(self) -> Corpus:
        """Return how much text there is; see `Store.corpus`."""
        ((passages, words),) = self.database.rows(
            "SELECT coalesce(sum(passages), 0), coalesce(sum(words), 0) FROM sotto.documents"
        )
        return Corpus(int(passages), int(words))

    def having(self, wanted: Wanted, limit: int) -> list[int]:
        """Return ids of passages; see `Store.having`."""
        terms = asked(wanted)
        words, queries = [word for word, _ in terms], [query for _, query in terms]
        return [each for (each,) in self.database.rows(_CANDIDATES, words, queries, limit)] if terms else []

    def indexed(self, ids: Iterable[int]) -> Iterator[tuple[int, Indexed]]:
        """Yield the words of passages; see `Store.indexed`."""
        rows = self.database.rows(
            "SELECT passage_id, words, around FROM sotto.passages WHERE passage_id = ANY(%s::bigint[])", as_array(ids)
        )
        return ((each, Indexed(read(words), read(around))) for each, words, around in rows)

    def without_embedding(self, embedder: str, limit: int) -> list[tuple[int, str]]:
        """Return what is to be embedded; see `Store.without_embedding`."""
        rows = self.database.rows(
            f"SELECT {_PASSAGE}, d.title FROM {_PASSAGES}"  # noqa: S608 - ours
            " WHERE NOT EXISTS (SELECT 1 FROM sotto.embeddings e JOIN sotto.embedders USING (embedder_id)"
            " WHERE e.passage_id = p.passage_id AND embedders.name = %s) ORDER BY passage_id LIMIT %s",
            kept(embedder),
            limit,
        )
        return [(row[0], text_to_embed(read(row[6]), _passage(row))) for row in rows]

    def put_embeddings(self, embedder: str, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors; see `Store.put_embeddings`."""
        with self.database.writing() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO sotto.embedders (name) VALUES (%s) ON CONFLICT DO NOTHING", (kept(embedder),))
            cursor.executemany(
                "INSERT INTO sotto.embeddings SELECT embedder_id, passage_id, %s FROM sotto.passages, sotto.embedders"
                " WHERE passage_id = %s AND name = %s"
                " ON CONFLICT (embedder_id, passage_id) DO UPDATE SET vector = excluded.vector",
                [(np.asarray(vector, np.float32), each, kept(embedder)) for each, vector in vectors],
            )

    def embedded(self, embedder: str) -> npt.NDArray[np.int64]:
        """Return which passages have vectors; see `Store.embedded`."""
        rows = self.database.rows(
            "SELECT passage_id FROM sotto.embeddings JOIN sotto.embedders USING (embedder_id) WHERE name = %s"
            " ORDER BY passage_id",
            kept(embedder),
        )
        return np.fromiter((each for (each,) in rows), np.int64, len(rows))

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
        with self.database.writing() as connection:
            dropped = connection.execute(
                "DELETE FROM sotto.embedders WHERE name != %s RETURNING embedder_id", (kept(except_embedder),)
            ).fetchall()
            for (number,) in dropped:
                connection.execute(f"DROP INDEX IF EXISTS sotto.{near_index(number)}".encode())

    def examples(self) -> list[Example]:
        """Return the household's examples; see `Store.examples`."""
        rows = self.database.rows("SELECT text, wanted FROM sotto.examples ORDER BY example_id")
        return [Example(read(text), wanted) for text, wanted in rows]

    def add_example(self, text: str, *, wanted: bool) -> None:
        """Keep an example; see `Store.add_example`."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM sotto.examples WHERE text = %s", (kept(text),))
            connection.execute("INSERT INTO sotto.examples (text, wanted) VALUES (%s, %s)", (kept(text), wanted))

    def remove_example(self, text: str) -> bool:
        """Forget an example; see `Store.remove_example`."""
        with self.database.writing() as connection:
            return connection.execute("DELETE FROM sotto.examples WHERE text = %s", (kept(text),)).rowcount > 0

    def report(self) -> str | None:
        """Return the latest report; see `Store.report`."""
        return self._get("report") or None

    def keep_report(self, report: str) -> None:
        """Keep a report; see `Store.keep_report`."""
        with self.database.writing() as connection:
            _write(connection, "report", report)

    def rebuild_index(self) -> None:
        """Make the lexical index anew from the passages."""
        with self.database.writing() as connection:
            connection.execute("TRUNCATE sotto.frequency")
            for row in connection.execute(f"SELECT {_DOCUMENT} FROM sotto.documents d".encode()).fetchall():  # noqa: S608
                document = _document(row)
                found = connection.execute(
                    f"SELECT {_PASSAGE} FROM sotto.passages p"  # noqa: S608 - ours
                    " WHERE document_id = %s ORDER BY passage_id".encode(),
                    (row[0],),
                ).fetchall()
                rows = list(indexed(document, [_passage(each) for each in found]))
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "UPDATE sotto.passages SET words = %s, around = %s, length = %s, terms = %s::tsvector"
                        " WHERE passage_id = %s",
                        [(*_columns_of(row), each[0]) for each, row in zip(found, rows, strict=True)],
                    )
                _count(connection, row[0], rows)
            _write(connection, "words_version", wording.version())

    def _documents(self, which: str, *values: Any) -> list[Document]:
        rows = self.database.rows(f"SELECT {_DOCUMENT} FROM sotto.documents d {which}", *map(kept, values))  # noqa: S608
        return [_document(row) for row in rows]

    def _get(self, key: str) -> str:
        rows = self.database.rows("SELECT value FROM sotto.meta WHERE key = %s", key)
        return read(rows[0][0]) if rows else ""


def _insert(
    connection: psycopg.Connection[Any], document: Document, passages: Sequence[Passage], rows: Sequence[Indexed]
) -> None:
    values = (
        *map(kept, (document.document_id, document.name, document.title, document.kind, document.sha256)),
        *(document.size_bytes, document.added, kept(document.source), document.passages),
        json.dumps(document.warnings, ensure_ascii=False),
    )
    connection.execute(
        "INSERT INTO sotto.documents (document_id, name, title, kind, sha256, size_bytes, added, source, passages,"
        " warnings, words) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0)",
        values,
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY sotto.passages (document_id, text, headings, page, tokens, question, words, around, length, terms)"
            " FROM STDIN"
        ) as copy,
    ):
        for passage, row in zip(passages, rows, strict=True):
            copy.write_row((kept(document.document_id), *_columns(passage), *_columns_of(row)))
    _count(connection, kept(document.document_id), rows)


def _count(connection: psycopg.Connection[Any], document_id: str, rows: Sequence[Indexed]) -> None:
    """Note how many passages have each word, and how many words there are."""
    counts = Counter(lexeme(word) for row in rows for word in {*row.text.split(), *row.around.split()})
    connection.execute(
        "INSERT INTO sotto.frequency AS f SELECT * FROM unnest(%s::text[], %s::bigint[])"
        " ON CONFLICT (word) DO UPDATE SET passages = f.passages + excluded.passages",
        (list(counts), list(counts.values())),
    )
    connection.execute("UPDATE sotto.documents SET words = %s WHERE document_id = %s", (length_of(rows), document_id))


def _delete(connection: psycopg.Connection[Any], document_id: str) -> bool:
    wanted = (kept(document_id),)
    connection.execute(
        "UPDATE sotto.frequency f SET passages = f.passages - gone.passages FROM"
        " (SELECT word, count(*) AS passages FROM sotto.passages, unnest(tsvector_to_array(terms)) AS word"
        " WHERE document_id = %s GROUP BY word) AS gone WHERE f.word = gone.word",
        wanted,
    )
    connection.execute("DELETE FROM sotto.frequency WHERE passages <= 0")
    return connection.execute("DELETE FROM sotto.documents WHERE document_id = %s", wanted).rowcount > 0


def _changed(connection: psycopg.Connection[Any]) -> None:
    connection.execute("UPDATE sotto.meta SET value = value::bigint + 1 WHERE key = 'version'")


def _write(connection: psycopg.Connection[Any], key: str, value: str) -> None:
    connection.execute(
        "INSERT INTO sotto.meta VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, kept(value)),
    )


def _columns(passage: Passage) -> tuple[Any, ...]:
    headings = json.dumps(passage.headings, ensure_ascii=False)
    return kept(passage.text), headings, passage.page, passage.tokens, kept(passage.question)


def _columns_of(row: Indexed) -> tuple[Any, ...]:
    return kept(row.text), kept(row.around), length_of([row]), vector(row)


def _document(row: Sequence[Any]) -> Document:
    *texts, size_bytes, added, source, passages, warnings = row
    document_id, name, title, kind, sha256 = map(read, texts)
    return Document(
        *(document_id, name, title, Kind(kind), sha256, size_bytes, added.astimezone(UTC), read(source), passages),
        warnings=tuple(json.loads(warnings)),
    )


def _passage(row: Sequence[Any]) -> Passage:
    _, text, headings, page, tokens, question = row[:6]
    return Passage(read(text), tuple(json.loads(headings)), page, tokens, read(question))
