"""`/api/documents`: the household's documents sent, listed, removed and searched; and when they answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import voluptuous as vol
from aiohttp import web

from ..errors import EngineUnavailableError
from .body import checked, number, optional, switch
from .chat import read_body
from .document_objects import added_object, document_object, example_object, found_object, report_object
from .document_progress import Latest, answered
from .errors import BodyTimeoutError, FieldError

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.library import Library

CHUNK_WITHIN_S = 20.0
"""For the next part of a document that is being sent."""
NAME_CHARS = 256
QUESTION_CHARS = 2000
SENTENCE_CHARS = 500
"""Of the household's own: in a request's first line, encoded, Chinese takes nine times as many, and 8,190 fit there."""
MOST_FOUND = 50
LOWEST_PRECISION, HIGHEST_PRECISION = 0.5, 0.999
"""As in the settings."""
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class Documents:
    """Answers from a library that others start and stop."""

    def __init__(self, library: Library | None) -> None:
        """None: there are no documents here, and everything is refused."""
        self._maybe_library = library

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [
            web.post("/api/documents", self._add),
            web.get("/api/documents", self._list),
            web.get("/api/documents/search", self._search),
            web.get("/api/documents/status", self._status),
            web.get("/api/documents/calibrate", self._report),
            web.post("/api/documents/calibrate", self._calibrate),
            web.get("/api/documents/examples", self._examples),
            web.post("/api/documents/examples", self._add_example),
            web.delete("/api/documents/examples", self._remove_example),
            web.get("/api/documents/{id}", self._find),
            web.delete("/api/documents/{id}", self._remove),
        ]

    @property
    def _library(self) -> Library:
        if self._maybe_library is None:
            raise EngineUnavailableError(
                "Documents are off here.", remedy="Install what they need with: pip install 'sotto[knowledge]'"
            )
        return self._maybe_library

    async def _add(self, request: web.Request) -> web.StreamResponse:
        """Take a document in; with `Accept: text/event-stream`, tell how far it is."""
        library, name = self._library, _text(request, "name", NAME_CHARS)
        replace = _choice(request, "replace")
        library.incoming.require(request.content_length)
        async with library.incoming.receive(_chunks(request)) as path:
            latest = Latest()
            adding = library.add(path, name, replace=replace, told=latest.told)
            return await answered(request, adding, latest, "document", added_object)

    async def _list(self, _: web.Request) -> web.Response:
        documents = await self._library.documents()
        return web.json_response({"documents": [document_object(each) for each in documents]})

    async def _find(self, request: web.Request) -> web.Response:
        return web.json_response(document_object(await self._library.document(request.match_info["id"])))

    async def _remove(self, request: web.Request) -> web.Response:
        return web.json_response({"removed": document_object(await self._library.remove(request.match_info["id"]))})

    async def _search(self, request: web.Request) -> web.Response:
        question = _text(request, "q", QUESTION_CHARS)
        found = await self._library.search(question, _number(request, "limit", 5, MOST_FOUND))
        return web.json_response({"found": [found_object(each) for each in found]})

    async def _report(self, _: web.Request) -> web.Response:
        report = await self._library.report()
        return web.json_response({"report": None} if report is None else report_object(report))

    async def _calibrate(self, request: web.Request) -> web.StreamResponse:
        """Calibrate now; with `Accept: text/event-stream`, tell how far it is."""
        library = self._library
        precision = await read_body(request, _precision) if request.can_read_body else None
        latest = Latest()
        return await answered(request, library.calibrate(precision, latest.told), latest, "report", report_object)

    async def _examples(self, _: web.Request) -> web.Response:
        examples = await self._library.examples()
        return web.json_response({"examples": [example_object(each.text, each.wanted) for each in examples]})

    async def _add_example(self, request: web.Request) -> web.Response:
        text, should_answer = await read_body(request, _example)
        await self._library.add_example(text, wanted=should_answer)
        return web.json_response({"example": example_object(text, should_answer)})

    async def _remove_example(self, request: web.Request) -> web.Response:
        removed = await self._library.remove_example(_text(request, "text", SENTENCE_CHARS))
        return web.json_response({"removed": example_object(removed.text, removed.wanted)})

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(await self._library.status()))


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises BodyTimeoutError when it does not."""
    while True:
        try:
            async with asyncio.timeout(CHUNK_WITHIN_S):
                chunk = await request.content.readany()
        except TimeoutError:
            raise BodyTimeoutError(f"Nothing of the document arrived for {CHUNK_WITHIN_S:g} s.") from None
        if not chunk:
            return
        yield chunk


def _text(request: web.Request, name: str, most: int) -> str:
    value = request.query.get(name, "").strip()
    if not 0 < len(value) <= most:
        raise FieldError(name, f"it must be text of 1 to {most} characters")
    return value


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= most:
        raise FieldError(name, f"it must be a whole number from 1 to {most}")
    return int(value)


def _choice(request: web.Request, name: str) -> bool:
    value = request.query.get(name, "no")
    if value not in _YES_NO:
        raise FieldError(name, "it must be yes or no")
    return _YES_NO[value]


_PRECISION = vol.Schema(optional("precision", number(LOWEST_PRECISION, HIGHEST_PRECISION)))


def _precision(body: dict[str, Any]) -> float | None:
    precision: float | None = checked(_PRECISION, body)["precision"]
    return precision


def _sentence(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= SENTENCE_CHARS or not any(map(str.isalnum, value)):
        raise vol.Invalid(f"it must be a sentence of 1 to {SENTENCE_CHARS} characters")
    return value.strip()


_EXAMPLE = vol.Schema({vol.Required("text"): _sentence, vol.Required("should_answer"): switch})


def _example(body: dict[str, Any]) -> tuple[str, bool]:
    example = checked(_EXAMPLE, body)
    return example["text"], example["should_answer"]
