"""Where documents are kept: the one truth. What else there is, such as an index of vectors, is made from it.

Methods block, may be called on any thread, several at once, and raise StoreError, or StorageFullError where a disk
takes nothing more; then nothing of the call was done. What was acknowledged by returning is on disk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .bm25 import LOOKED_AT, Corpus, Hit, Wanted, rank, wanted
from .document import Document, Passage
from .indexing import Indexed

Vector = npt.NDArray[np.float32]

RANKED = 150
"""At least so many passages that an index gives are ranked."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    documents: int
    passages: int
    embedded: Mapping[str, int]
    """Passages by embedder."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of the household, and whether documents should have answered it."""

    text: str
    wanted: bool


class Store(ABC):
    """Documents, their passages with a lexical index and vectors, and what is known of the household's questions."""

    looked_at: ClassVar[int] = LOOKED_AT
    """So many passages `having` is asked to look at."""

    @property
    def notice(self) -> str:
        """What the household should know of it, with what to do; empty if it is as it should be."""
        return ""

    @property
    @abstractmethod
    def identity(self) -> str:
        """What no other store has, nor one that was begun anew: with it, ids of passages mean the same ones."""

    @abstractmethod
    def open(self) -> None:
        """Make it usable, whatever it takes; called before all others, and again if it fails.

        What cannot be read any more is set aside.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of it; nothing may be called any more."""

    @abstractmethod
    def moment(self) -> AbstractContextManager[None]:
        """Let all that is read inside, on this thread, be of the same moment; nothing may be changed inside."""

    @abstractmethod
    def add(
        self, document: Document, passages: Sequence[Passage], told: Callable[[int], None] = lambda _: None
    ) -> Document:
        """Keep a document, in place of one with the same id, and return it with the number of its passages.

        Until then others find the old one. `told` is called with the number of passages that are prepared; if it
        raises, nothing is kept.
        """

    @abstractmethod
    def remove(self, document_id: str) -> bool:
        """Forget a document; False if there is none."""

    @abstractmethod
    def documents(self) -> list[Document]:
        """Return all, the oldest first."""

    @abstractmethod
    def document(self, document_id: str) -> Document | None:
        """Return the document of this id."""

    @abstractmethod
    def by_hash(self, sha256: str) -> Document | None:
        """Return the oldest document with this content."""

    @abstractmethod
    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, Document]]:
        """Return passages by id, each with its document; those that are not there any more are left out."""

    @abstractmethod
    def counts(self) -> Counts:
        """Return how much there is."""

    @abstractmethod
    def passage_ids(self) -> list[int]:
        """Return the ids of all passages, in rising order."""

    def sample(self, most: int) -> list[tuple[Passage, Document]]:
        """Return at most so many passages with their documents, evenly spread over all; the same ones every time."""
        ids = self.passage_ids()
        chosen = ids if len(ids) <= most else [ids[at * len(ids) // most] for at in range(most)]
        kept = self.passages(chosen)
        return [kept[each] for each in chosen if each in kept]

    @abstractmethod
    def version(self) -> int:
        """Return a number that changes whenever a document is added or removed."""

    def lexical(
        self, words: Iterable[str], limit: int, counts: Mapping[str, float] = MappingProxyType({})
    ) -> list[Hit]:
        """Return the passages that have any of these words, best first, by BM25; `counts` as for `rank`."""
        with self.moment():
            corpus, frequency = self.corpus(), self.document_frequency(words)
            asked = wanted(frequency, corpus, counts, self.looked_at)
            ids = self.having(asked, max(limit, RANKED)) if frequency else []
            return rank(self.indexed(ids), frequency, corpus, counts)[:limit]

    def score(
        self, words: Iterable[str], ids: Iterable[int], counts: Mapping[str, float] = MappingProxyType({})
    ) -> dict[int, float]:
        """Return what `lexical` says of these passages; those without any of the words are left out."""
        with self.moment():
            return dict(rank(self.indexed(ids), self.document_frequency(words), self.corpus(), counts))

    @abstractmethod
    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each word is; those that are in none are left out."""

    @abstractmethod
    def corpus(self) -> Corpus:
        """Return how many passages and words of passages there are."""

    @abstractmethod
    def having(self, wanted: Wanted, limit: int) -> list[int]:
        """Return ids of passages that have what is wanted; of more than `limit` rather the better ones."""

    @abstractmethod
    def indexed(self, ids: Iterable[int]) -> Iterator[tuple[int, Indexed]]:
        """Yield the words of these passages, in any order."""

    @abstractmethod
    def without_embedding(self, embedder: str, limit: int) -> list[tuple[int, str]]:
        """Return ids and texts to embed of passages that have no vector of this embedder."""

    @abstractmethod
    def put_embeddings(self, embedder: str, vectors: Sequence[tuple[int, Vector]]) -> None:
        """Keep vectors of passages; those of passages that are not there any more are dropped."""

    @abstractmethod
    def embedded(self, embedder: str) -> npt.NDArray[np.int64]:
        """Return the ids of the passages that have a vector of this embedder, in rising order."""

    @abstractmethod
    def embeddings(self, embedder: str, ids: Iterable[int] | None = None) -> Iterator[tuple[int, Vector]]:
        """Yield the vectors of this embedder, all or those of some passages, in any order."""

    @abstractmethod
    def drop_embeddings(self, except_embedder: str) -> None:
        """Forget the vectors of all other embedders."""

    @abstractmethod
    def examples(self) -> list[Example]:
        """Return the household's own, the oldest first."""

    @abstractmethod
    def add_example(self, text: str, *, wanted: bool) -> None:
        """Keep an example; what the same text was before is replaced."""

    @abstractmethod
    def remove_example(self, text: str) -> bool:
        """Forget an example; False if there is none of exactly this text."""

    @abstractmethod
    def report(self) -> str | None:
        """Return the latest report of a calibration, as it was kept."""

    @abstractmethod
    def keep_report(self, report: str) -> None:
        """Keep a report of a calibration, which is JSON, in place of the latest."""
