"""`/api/documents`: the household's documents sent, listed, removed and searched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from ..errors import EngineUnavailableError
from .document_objects import added_object, document_object, found_object
from .errors import BodyTimeoutError, FieldError
from .failures import told
from .stream import SIGN_OF_LIFE_S, EventStream

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.ingest import Added, Progress
    from ..conversation.knowledge.library import Library

CHUNK_WITHIN_S = 20.0
"""For the next part of a document that is being sent."""
LOOK_EVERY_S = 0.2
"""At how far a document is: no more is sent."""
NAME_CHARS = 256
QUESTION_CHARS = 2000
MOST_FOUND = 50
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
            progress = _Latest()
            adding = asyncio.create_task(library.add(path, name, replace=replace, told=progress.told))
            try:
                if "text/event-stream" in request.headers.get("Accept", ""):
                    return await _followed(request, adding, progress)
                added = await adding
            finally:
                adding.cancel()
                await asyncio.gather(adding, return_exceptions=True)
        return web.json_response(added_object(added))

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

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(await self._library.status()))


class _Latest:
    """How far a document is."""

    def __init__(self) -> None:
        self.progress: Progress | None = None

    def told(self, progress: Progress) -> None:
        self.progress = progress


async def _followed(request: web.Request, adding: asyncio.Task[Added], latest: _Latest) -> web.StreamResponse:
    """Send how far it is, then what became of it; what fails before the first event has its status."""
    stream = EventStream(request)
    loop = asyncio.get_running_loop()
    sent, sent_s = None, loop.time()
    while not (await asyncio.wait({adding}, timeout=LOOK_EVERY_S))[0]:
        if latest.progress is not None and latest.progress != sent:
            sent, sent_s = latest.progress, loop.time()
            await stream.send(asdict(sent), "progress")
        elif stream.begun and loop.time() - sent_s >= SIGN_OF_LIFE_S:
            sent_s = loop.time()
            await stream.comment()
    try:
        added = adding.result()
    except Exception as err:
        if not stream.begun:
            raise
        await stream.fail(told(err))
    else:
        await stream.send(added_object(added), "document")
    return stream.response


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
