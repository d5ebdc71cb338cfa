"""Vectors in FAISS, in memory and in a file beside the store, which is made anew whenever it does not fit to that.

All vectors are compared with the question's, in half precision: of 50,000 passages with 384 numbers each that takes 2
ms, with 1,024 numbers 9 ms, in half the memory of whole numbers, and the same are first. An approximate index (HNSW,
IVF) would be faster and would miss some; it is not needed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from .bm25 import Hit
from .store import Store, Vector
from .vectors import VectorIndex

_LOGGER = logging.getLogger(__name__)

KIND = "IDMap2,SQfp16"
BATCH = 4096
"""Vectors that are read of the store at once."""
UNSAVED = 0.1
"""Of all vectors, the part that is read of the store anew at a start rather than written again and again."""
_CHECKED = 4
"""Bytes at the end of the file, by which damage is noticed before FAISS reads it."""


class FaissIndex(VectorIndex):
    """The vectors of one embedder."""

    def __init__(self, folder: Path, store: Store, embedder: str, dimensions: int) -> None:
        """`folder` has the file."""
        self._store = store
        self._embedder = embedder
        self._dimensions = dimensions
        name = hashlib.sha256(f"{store.identity} {embedder} {dimensions} {KIND}".encode()).hexdigest()[:16]
        self._path = folder / f"dense-{name}.faiss"
        self._using = threading.Lock()
        self._unsaved = 0
        self._following = threading.Lock()
        self._index: Any = self._read() or faiss.index_factory(dimensions, KIND, faiss.METRIC_INNER_PRODUCT)

    def follow(self) -> None:
        """Compare ids with the store, and take or drop the difference; see `VectorIndex.follow`."""
        with self._following:
            kept = self._store.embedded(self._embedder)
            with self._using:
                here = np.sort(faiss.vector_to_array(self._index.id_map))
            gone = np.setdiff1d(here, kept, assume_unique=True)
            new = np.setdiff1d(kept, here, assume_unique=True)
            if gone.size:
                with self._using:
                    self._index.remove_ids(gone)
                    self._unsaved += gone.size
            for start in range(0, new.size, BATCH):
                self._take(new[start : start + BATCH].tolist())

    def search(self, vector: Vector, limit: int) -> list[Hit]:
        """Compare all; see `VectorIndex.search`."""
        with self._using:
            faiss.omp_set_num_threads(1)  # of this thread: several would wait busily for each other
            scores, ids = self._index.search(_row(vector), limit)
        return [Hit(int(each), float(score)) for each, score in zip(ids[0], scores[0], strict=True) if each >= 0]

    def cosines(self, vector: Vector, ids: Iterable[int]) -> dict[int, float]:
        """Compare these; see `VectorIndex.cosines`."""
        wanted = np.fromiter(ids, np.int64)
        with self._using:
            every = faiss.vector_to_array(self._index.id_map)
            here = every[np.isin(every, wanted)].tolist()  # a set of all would take longer than the search
            return {each: float(self._index.reconstruct(each) @ vector) for each in here}

    def save(self) -> None:
        """Write the file, whole or not at all, if much of it is new; a disk that does not take it is left without.

        A little that is new is read of the store at the next start.
        """
        with self._using:
            if self._unsaved < max(1, UNSAVED * self._index.ntotal):
                return
            data = faiss.serialize_index(self._index).tobytes()
            self._unsaved = 0
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(data)
                file.write(zlib.crc32(data).to_bytes(_CHECKED, "big"))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            for other in self._path.parent.glob("dense-*"):
                if other != self._path:
                    other.unlink(missing_ok=True)
        except OSError as err:
            _LOGGER.warning("The index of vectors is not kept, and made anew at the next start: %s", err.strerror)
            fresh.unlink(missing_ok=True)

    def _take(self, ids: list[int]) -> None:
        found = [(each, vector) for each, vector in self._store.embeddings(self._embedder, ids)]
        found = [(each, vector) for each, vector in found if vector.size == self._dimensions]
        if not found:
            return
        vectors = np.stack([vector for _, vector in found]).astype(np.float32)
        with self._using:
            self._index.add_with_ids(vectors, np.array([each for each, _ in found], np.int64))
            self._unsaved += len(found)

    def _read(self) -> Any:
        """Return the index in the file; None if there is none, or it is damaged."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        content, check = data[:-_CHECKED], data[-_CHECKED:]
        if zlib.crc32(content).to_bytes(_CHECKED, "big") != check:
            _LOGGER.warning("The index of vectors in %s is damaged, and made anew", self._path)
            return None
        return faiss.deserialize_index(np.frombuffer(content, np.uint8))


def _row(vector: Vector) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(vector, np.float32).reshape(1, -1)
