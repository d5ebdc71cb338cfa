"""A store in a database that is asked in SQL: what SQLite and PostgreSQL are asked in the same words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from . import words as wording
from .bm25 import Corpus
from .document import Document, Passage
from .indexing import Indexed, indexed, text_to_embed
from .rows import DOCUMENT, PASSAGE, document_of, passage_of
from .store import Counts, Example, Store


class SqlStore(Store):
    """Documents in tables that have the same names and columns in either database."""

    _schema: ClassVar[str] = ""
    """What stands before the name of a table."""
    _place: ClassVar[str]
    """The column of `documents` that rises with each that is added."""
    _among: ClassVar[str]
    """What a statement says of a column that has one of the values of `_listed`."""

    @staticmethod
    @abstractmethod
    def _listed(ids: Iterable[int], /) -> str:
        """Return ids as the parameter of `_among`."""

    @abstractmethod
    def _rows(self, statement: str, *values: Any) -> list[Any]:
        """Return what a question yields; `?` stands for a value."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Any]:
        """Do all that is inside, or nothing; whoever else writes waits. Gives a connection for `_change`."""

    @abstractmethod
    def _change(self, connection: Any, statement: str, *values: Any) -> int:
        """Carry out a statement, in which `?` stands for a value; return how many rows it changed."""

    @abstractmethod
    def _insert(
        self, connection: Any, document: Document, passages: Sequence[Passage], rows: Sequence[Indexed]
    ) -> None:
        """Keep a document, its passages, and their words."""

    @abstractmethod
    def _delete(self, connection: Any, document_id: str) -> bool:
        """Forget a document with its passages and their words; False if there is none."""

    def add(
        self, document: Document, passages: Sequence[Passage], told: Callable[[int], None] = lambda _: None
    ) -> Document:
        """Keep a document; see `Store.add`."""
        document = replace(document, passages=len(passages))
        rows = []
        for number, row in enumerate(indexed(document, passages), 1):
            rows.append(row)
            told(number)
        with self._writing() as connection:
            self._delete(connection, document.document_id)
            self._insert(connection, document, passages, rows)
            self._changed(connection)
        return document

    def remove(self, document_id: str) -> bool:
        """Forget a document; see `Store.remove`."""
        with self._writing() as connection:
            removed = self._delete(connection, document_id)
            if removed:
                self._changed(connection)
        return removed

    def documents(self) -> list[Document]:
        """Return all; see `Store.documents`."""
        return self._documents(f"ORDER BY added, {self._place}")

    def document(self, document_id: str) -> Document | None:
        """Return one by its id; see `Store.document`."""
        return next(iter(self._documents("WHERE document_id = ?", document_id)), None)

    def by_hash(self, sha256: str) -> Document | None:
        """Return one by its content; see `Store.by_hash`."""
        return next(iter(self._documents(f"WHERE sha256 = ? ORDER BY added, {self._place}", sha256)), None)

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
        """Return passages by id; see `Store.passages`."""
        rows = self._rows(
            f"SELECT {PASSAGE}, {DOCUMENT} FROM {self._passages_of_documents} WHERE passage_id {self._among}",
            self._listed(ids),
        )
        return {row[0]: (passage_of(row), document_of(row[6:])) for row in rows}

    def counts(self) -> Counts:
        """Return how much there is; see `Store.counts`."""
        with self.moment():
            ((documents, passages),) = self._rows(
                f"SELECT count(*), coalesce(sum(passages), 0) FROM {self._schema}documents"
            )
            embedded = self._rows(
                f"SELECT name, count(passage_id) FROM {self._schema}embedders"
                f" LEFT JOIN {self._schema}embeddings USING (embedder_id) GROUP BY name"
            )
        return Counts(documents, int(passages), dict(embedded))

    def passage_ids(self) -> list[int]:
        """Return all ids; see `Store.passage_ids`."""
        return [row[0] for row in self._rows(f"SELECT passage_id FROM {self._schema}passages ORDER BY passage_id")]

    def version(self) -> int:
        """Return what changes with the documents; see `Store.version`."""
        return int(self._get("version") or 0)

    def corpus(self) -> Corpus:
        """Return how much text there is; see `Store.corpus`."""
        ((passages, words),) = self._rows(
            f"SELECT coalesce(sum(passages), 0), coalesce(sum(words), 0) FROM {self._schema}documents"
        )
        return Corpus(int(passages), int(words))

    def without_embedding(self, embedder: str, limit: int) -> list[tuple[int, str]]:
        """Return what is to be embedded; see `Store.without_embedding`."""
        rows = self._rows(
            f"SELECT {PASSAGE}, title FROM {self._passages_of_documents} WHERE NOT EXISTS"
            f" (SELECT 1 FROM {self._schema}embeddings JOIN {self._schema}embedders USING (embedder_id)"
            " WHERE embeddings.passage_id = passages.passage_id AND embedders.name = ?) ORDER BY passage_id LIMIT ?",
            embedder,
            limit,
        )
        return [(row[0], text_to_embed(row[6], passage_of(row))) for row in rows]

    def embedded(self, embedder: str) -> npt.NDArray[np.int64]:
        """Return which passages have vectors; see `Store.embedded`."""
        rows = self._rows(
            f"SELECT passage_id FROM {self._schema}embeddings WHERE embedder_id ="
            f" (SELECT embedder_id FROM {self._schema}embedders WHERE name = ?) ORDER BY passage_id",
            embedder,
        )
        return np.fromiter((each for (each,) in rows), np.int64, len(rows))

    def examples(self) -> list[Example]:
        """Return the household's examples; see `Store.examples`."""
        rows = self._rows(f"SELECT text, wanted FROM {self._schema}examples ORDER BY example_id")
        return [Example(text, bool(wanted)) for text, wanted in rows]

    def add_example(self, text: str, *, wanted: bool) -> None:
        """Keep an example; see `Store.add_example`."""
        with self._writing() as connection:
            self._change(connection, f"DELETE FROM {self._schema}examples WHERE text = ?", text)
            self._change(connection, f"INSERT INTO {self._schema}examples (text, wanted) VALUES (?, ?)", text, wanted)

    def remove_example(self, text: str) -> bool:
        """Forget an example; see `Store.remove_example`."""
        with self._writing() as connection:
            return self._change(connection, f"DELETE FROM {self._schema}examples WHERE text = ?", text) > 0

    def report(self) -> str | None:
        """Return the latest report; see `Store.report`."""
        return self._get("report") or None

    def keep_report(self, report: str) -> None:
        """Keep a report; see `Store.keep_report`."""
        self._put("report", report)

    @property
    def _passages_of_documents(self) -> str:
        return f"{self._schema}passages JOIN {self._schema}documents USING (document_id)"

    def _documents(self, which: str, *values: Any) -> list[Document]:
        rows = self._rows(f"SELECT {DOCUMENT} FROM {self._schema}documents {which}", *values)
        return [document_of(row) for row in rows]

    def _passages_of(self, document: Document) -> tuple[list[int], list[Indexed]]:
        """Return the ids of a document's passages, and their words anew."""
        rows = self._rows(
            f"SELECT {PASSAGE} FROM {self._schema}passages WHERE document_id = ? ORDER BY passage_id",
            document.document_id,
        )
        return [row[0] for row in rows], list(indexed(document, [passage_of(row) for row in rows]))

    def _changed(self, connection: Any) -> None:
        self._change(
            connection,
            f"INSERT INTO {self._schema}meta VALUES ('version', '1')"
            " ON CONFLICT (key) DO UPDATE SET value = CAST(meta.value AS bigint) + 1",
        )

    def _get(self, key: str) -> str:
        rows = self._rows(f"SELECT value FROM {self._schema}meta WHERE key = ?", key)
        return rows[0][0] if rows else ""

    def _put(self, key: str, value: str) -> None:
        with self._writing() as connection:
            self._write(connection, key, value)

    def _write(self, connection: Any, key: str, value: str) -> None:
        self._change(
            connection,
            f"INSERT INTO {self._schema}meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            value,
        )

    @property
    def _has_this_versions_words(self) -> bool:
        return self._get("words_version") == wording.version()

    def _note_words(self, connection: Any) -> None:
        """Note that the lexical index is that of this version's words."""
        self._write(connection, "words_version", wording.version())
