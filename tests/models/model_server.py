"""A server of models on a real socket that does what real ones do: redirects, cuts, ignores ranges, lies."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Behaviour:
    """How one path is answered; each answer takes the next of what is a list, the last one stays."""

    content: bytes
    cut_after: list[int | None] = field(default_factory=lambda: [None])
    """Bytes of the body after which the connection breaks; None: never."""
    status: list[int] = field(default_factory=lambda: [0])
    """0: as it should be."""
    ranges: bool = True
    etag: str | None = '"one"'
    stated_sha256: str | None = None
    """As Hugging Face states it, in a redirection."""
    claimed_length: int | None = None
    chunked: bool = False
    """Whether nothing says how long the body is."""
    range_off: int = 0
    """By how many bytes an answer to a range begins elsewhere than it should."""
    hold: asyncio.Event | None = None
    """Waited for before the second half of the body."""


@dataclass
class Request:
    """What was asked for."""

    path: str
    range: str
    if_range: str


def _next(values: list[Any]) -> Any:
    return values.pop(0) if len(values) > 1 else values[0]


class ModelServer:
    """Answers on loopback, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, Behaviour] = {}
        self.requests: list[Request] = []
        self.sent: dict[str, int] = defaultdict(int)
        """Bytes of bodies, by path."""
        self.half_sent = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def put(self, path: str, content: bytes, **behaviour: object) -> str:
        """Serve a file, and return its address."""
        self.files[path] = Behaviour(content, **behaviour)  # type: ignore[arg-type]
        return f"{self.address}/{path}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path.startswith("bytes-of/"):
            return await self._body(request, self.files[path.removeprefix("bytes-of/")], path.removeprefix("bytes-of/"))
        headers = request.headers
        self.requests.append(Request(path, headers.get("Range", ""), headers.get("If-Range", "")))
        behaviour = self.files.get(path)
        if behaviour is None:
            return web.Response(status=404, text="no such model")
        if status := _next(behaviour.status):
            return web.Response(status=int(str(status)), text="not now", headers={"Retry-After": "7"})
        if behaviour.stated_sha256 is not None:
            linked = {"X-Linked-ETag": f'"{behaviour.stated_sha256}"', "Location": f"/bytes-of/{path}"}
            return web.Response(status=302, headers=linked)
        return await self._body(request, behaviour, path)

    async def _body(self, request: web.Request, behaviour: Behaviour, path: str) -> web.StreamResponse:
        start = self._start(request, behaviour)
        body = behaviour.content[start:]
        response = web.StreamResponse(status=206 if start else 200)
        if behaviour.etag is not None:
            response.headers["ETag"] = behaviour.etag
        if start:
            told = start + behaviour.range_off
            size = len(behaviour.content)
            response.headers["Content-Range"] = f"bytes {told}-{size - 1}/{size}"
        if behaviour.chunked:
            response.enable_chunked_encoding()
        else:
            response.content_length = behaviour.claimed_length if behaviour.claimed_length is not None else len(body)
        await response.prepare(request)
        cut = _next(behaviour.cut_after)
        await self._send(response, body[: int(str(cut))] if cut is not None else body, behaviour, path)
        if cut is not None or behaviour.claimed_length is not None:
            assert request.transport is not None
            request.transport.close()
        return response

    async def _send(self, response: web.StreamResponse, body: bytes, behaviour: Behaviour, path: str) -> None:
        half = len(body) // 2 if behaviour.hold is not None else len(body)
        await response.write(body[:half])
        self.sent[path] += half
        self.half_sent.set()
        if behaviour.hold is not None:
            await behaviour.hold.wait()
            with suppress(ConnectionError):  # the client may have left
                await response.write(body[half:])
            self.sent[path] += len(body) - half

    @staticmethod
    def _start(request: web.Request, behaviour: Behaviour) -> int:
        if_range = request.headers.get("If-Range")
        wanted = request.headers.get("Range", "")
        if not wanted or not behaviour.ranges or (if_range and if_range != behaviour.etag):
            return 0
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(behaviour.content):
            raise web.HTTPRequestRangeNotSatisfiable
        return start


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
