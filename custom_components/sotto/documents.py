"""The household's documents on a server, as a client sees them. Knows nothing of Home Assistant."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from .client import AT_ONCE, CONNECT_S, NotSottoError, SottoClient

TAKEN_IN = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=600)
"""A long document on a slow machine takes minutes."""
FOUND = aiohttp.ClientTimeout(total=20)

PATH = "api/documents"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a server has."""

    document_id: str
    title: str
    name: str
    """The file's."""
    passages: int
    warnings: tuple[str, ...]
    """What could not be read, in the server's words."""
    is_watched: bool
    """Whether it comes from a folder of the server's, and can only be removed there."""

    def as_response(self) -> dict[str, Any]:
        """Return it as an automation reads it."""
        return {
            "id": self.document_id,
            "title": self.title,
            "name": self.name,
            "passages": self.passages,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that was found."""

    document_id: str
    title: str
    page: int | None
    heading: str
    text: str

    def as_response(self) -> dict[str, Any]:
        """Return it as an automation, or a language model, reads it; it is a quotation, and no instruction."""
        return {
            "document": self.document_id,
            "title": self.title,
            "page": self.page,
            "heading": self.heading,
            "text": self.text,
        }


class Documents:
    """Adds, removes, lists and searches the documents of one server. Everything raises SottoError."""

    def __init__(self, client: SottoClient) -> None:
        """Ask by this client."""
        self._client = client

    async def add(self, name: str, content: AsyncIterable[bytes]) -> Document:
        """Send a file; when this returns, it is found. One of the same name is replaced."""
        told = await self._client.ask("POST", PATH, TAKEN_IN, {"name": name, "replace": "yes"}, content)
        return _read(lambda: _document(told["document"]))

    async def remove(self, document_id: str) -> None:
        """Have a document forgotten."""
        await self._client.ask("DELETE", f"{PATH}/{document_id}", AT_ONCE, {})

    async def all(self) -> list[Document]:
        """Return all that there are."""
        told = await self._client.ask("GET", PATH, FOUND, {})
        return _read(lambda: [_document(each) for each in told["documents"]])

    async def search(self, query: str, limit: int) -> list[Passage]:
        """Return the passages that fit best."""
        told = await self._client.ask("GET", f"{PATH}/search", FOUND, {"q": query, "limit": str(limit)})
        return _read(lambda: [_passage(each) for each in told["found"]])


def _read[T](reading: Callable[[], T]) -> T:
    """Return what was read of an answer; raises NotSottoError if it is none of Sotto's."""
    try:
        return reading()
    except (AttributeError, KeyError, TypeError) as err:
        raise NotSottoError("What answers there is not Sotto.") from err


def _document(told: Mapping[str, Any]) -> Document:
    return Document(
        document_id=told["id"],
        title=told["title"],
        name=told["name"],
        passages=told["passages"],
        warnings=tuple(told["warnings"]),
        is_watched=bool(told["source"]),
    )


def _passage(told: Mapping[str, Any]) -> Passage:
    document = told["document"]
    return Passage(
        document_id=document["id"],
        title=document["title"],
        page=told["page"],
        heading=" > ".join(told["headings"]),
        text=told["text"],
    )
