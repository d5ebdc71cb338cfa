"""What finds passages by their vectors, made from what the store keeps and made again whenever it is lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from .bm25 import Hit
from .store import Vector


class VectorIndex(ABC):
    """The passages' vectors of one embedder. Methods block and may be called on any thread, several at once."""

    @abstractmethod
    def follow(self) -> None:
        """Take up what the store has and this lacks, and drop what the store has no more; raises StoreError."""

    @abstractmethod
    def search(self, vector: Vector, limit: int) -> list[Hit]:
        """Return the passages nearest to a vector of length 1, best first; a hit's score is the cosine."""

    @abstractmethod
    def cosines(self, vector: Vector, ids: Iterable[int]) -> dict[int, float]:
        """Return the cosines of these passages; those that have no vector are left out."""

    @abstractmethod
    def save(self) -> None:
        """Keep it if much of it would have to be made again, and nothing that was kept of other indexes."""
