"""What there is to say of the library. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import ModelStatus
from .ingest import Progress


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that is taken in now."""

    name: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class EmbedderStatus:
    """How search by meaning is."""

    model: ModelStatus
    embedded: int
    """Passages that have a vector of this embedder."""
    answering: str
    """The embedder whose vectors are searched now: this one, the one before, or none."""
    not_understood: tuple[str, ...]
    """Languages in which that one failed its examination: such questions are searched by words alone."""
    problem: str
    """Why passages could not be embedded, which is tried again and again; empty if they could."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file in a watched folder that could not be read."""

    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the library is."""

    documents: int
    passages: int
    reading: Reading | None
    waiting: int
    """Documents that wait until that is done."""
    notice: str
    """What the household should know of its documents, with what to do; empty if all is well."""
    embedder: EmbedderStatus | None
    folders: tuple[str, ...]
    absent: tuple[str, ...]
    """Those of the folders that are not there."""
    failures: tuple[Failure, ...]
