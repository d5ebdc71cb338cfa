"""Search by meaning in the database itself, by pgvector: nothing is kept here, however much there is.

All vectors are compared, in half precision, until there are many; from then on pgvector's index (HNSW) is asked, which
now and then misses one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from .bm25 import Hit
from .postgres_database import Database, near_index
from .postgres_words import as_array, kept
from .store import Vector
from .vectors import VectorIndex

_LOGGER = logging.getLogger(__name__)

MANY = 5_000
"""Vectors from which an index is made. To compare 20,000 with 384 numbers each takes 27 ms, by the index 2.5 ms."""
_MOST_NUMBERS = 4_000
"""Of a vector that pgvector indexes in half precision."""
_LOOKED_AT = 200
"""Candidates that the index looks at; the more, the fewer it misses."""


class PostgresVectors(VectorIndex):
    """The vectors of one embedder."""

    def __init__(self, database: Database, embedder: str, dimensions: int) -> None:
        self._database = database
        self._embedder = kept(embedder)
        self._dimensions = dimensions

    def follow(self) -> None:
        """Nothing: the vectors are searched where they are kept."""

    def search(self, vector: Vector, limit: int) -> list[Hit]:
        """Return the nearest; see `VectorIndex.search`."""
        half = self._half
        with self._database.reading() as connection, connection.transaction():
            which = self._which(self._number(connection))
            connection.execute(f"SET LOCAL hnsw.ef_search = {max(limit, _LOOKED_AT)}".encode())
            nearest = (
                f"SELECT passage_id, vector FROM sotto.embeddings WHERE {which}"
                f" ORDER BY vector::{half} <#> %s::{half} LIMIT %s"
            )
            found = connection.execute(
                f"SELECT passage_id, -(vector <#> %s) AS cosine FROM ({nearest}) AS nearest"
                " ORDER BY cosine DESC, passage_id".encode(),
                (vector, vector, limit),
            ).fetchall()
        return [Hit(each, cosine) for each, cosine in found]

    def cosines(self, vector: Vector, ids: Iterable[int]) -> dict[int, float]:
        """Return the cosines of these; see `VectorIndex.cosines`."""
        return dict(
            self._database.rows(
                "SELECT passage_id, -(vector <#> %s) FROM sotto.embeddings JOIN sotto.embedders USING (embedder_id)"
                " WHERE name = %s AND passage_id = ANY(%s::bigint[])",
                vector,
                self._embedder,
                as_array(ids),
            )
        )

    def save(self) -> None:
        """Have the database index them, if they are many; takes 4 s for 20,000 with 384 numbers each."""
        with self._database.reading() as connection:
            number = self._number(connection)
            many = connection.execute(
                "SELECT count(*) >= %s FROM sotto.embeddings WHERE embedder_id = %s", (MANY, number)
            ).fetchone()
            if many != (True,) or self._dimensions > _MOST_NUMBERS:
                return
            connection.execute(
                f"CREATE INDEX IF NOT EXISTS {near_index(number)} ON sotto.embeddings"
                f" USING hnsw ((vector::{self._half}) halfvec_ip_ops) WHERE {self._which(number)}".encode()
            )

    @property
    def _half(self) -> str:
        """Vectors in half precision."""
        return f"halfvec({self._dimensions:d})"

    def _which(self, number: int) -> str:
        """Those of the embedder; in the same words for the search and for the index, or that is not used."""
        return f"embedder_id = {number:d} AND vector_dims(vector) = {self._dimensions:d}"

    def _number(self, connection: Any) -> int:
        """Return the embedder's number in the database; 0 if nothing is embedded by it yet."""
        row = connection.execute(
            "SELECT embedder_id FROM sotto.embedders WHERE name = %s", (self._embedder,)
        ).fetchone()
        return 0 if row is None else int(row[0])
