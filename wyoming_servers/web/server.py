"""The site: the page's files, what it asks for, and who is let in, on a port of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from aiohttp import web

from ..addresses import in_url, is_everywhere
from ..http.door import HttpDoor
from ..http.listening import AddressTakenError
from ..http.serving import HttpServer
from ..settings import Settings
from .entry import Entry, Way
from .files import Files
from .sessions import Sessions

_LOGGER = logging.getLogger(__name__)

_CONTENT = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


class Site:
    """Serves the page on `settings.web.uri`, and what it asks a door for, which is opened before and closed after."""

    def __init__(self, settings: Settings, door: HttpDoor, clock: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._door = door
        self._clock = clock
        self._files = Files()
        self._entry: Entry | None = None
        self._headers = {**_HEADERS, "Content-Security-Policy": _policy(framed=settings.web.ingress)}
        self._server = HttpServer(settings.web.uri, "--web-uri", settings.server, door.metrics)

    @property
    def port(self) -> int | None:
        """The port that is listened on; None while closed."""
        return self._server.port

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the page; "" while closed."""
        if self.port is None:
            return ""
        host = self._server.hosts[0]
        return f"http://{'localhost' if is_everywhere(host) else in_url(host)}:{self.port}"

    async def start(self) -> None:
        """Open the site. Where the port is another program's there is no page, and all else goes on.

        Raises SettingsError for an address that is none, or a token that cannot be one.
        """
        try:
            await self._open()
        except AddressTakenError as err:
            _LOGGER.warning("There is no web page: %s", err)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the site; whatever is being answered ends at once."""
        await self._server.stop()

    async def _open(self) -> None:
        await self._server.bind()
        sessions = Sessions(await self._door.token(), self._clock)
        self._entry = Entry(self._settings.web, sessions)
        await asyncio.to_thread(self._files.load)
        routes = [
            web.get("/api/session", self._session),
            web.post("/api/session", sessions.sign_in),
            web.delete("/api/session", sessions.sign_out),
            *self._door.routes_for_pages(),
            *self._files.routes(),
        ]
        await self._server.serve(routes, self._entry.check, self._finish)
        _LOGGER.info("The web page is at %s", self.address)

    async def _session(self, request: web.Request) -> web.Response:
        """Answer who is asking, so that the page can ask for the token."""
        assert self._entry is not None  # noqa: S101 - it serves only after `start`
        visitor = self._entry.visitor(request)
        told = {"signed_in": visitor.way is not Way.NONE, "way": visitor.way, "user": visitor.user}
        return web.json_response(told)

    def _finish(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers)
        if request.path.startswith("/api/") and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"


def _policy(*, framed: bool) -> str:
    """Return what a browser lets the page do; Home Assistant shows it in a frame of its own page."""
    parts = {**_CONTENT, "frame-ancestors": "'self'" if framed else "'none'"}
    return "; ".join(f"{name} {value}" for name, value in parts.items())
