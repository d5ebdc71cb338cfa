"""The HTTP door itself: opened and closed with the server, and every request's way through it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from ..conversation.consulting import Consulting
from ..conversation.mind import Mind
from ..home.model import Home
from ..settings import Settings
from .bearer import checked_token, read_or_make_token
from .chat import Chat, read_body
from .documents import Documents
from .events import Events
from .failures import error_response, told
from .guard import Guard, is_loopback
from .homes import Homes, counts, parse_home
from .identity import Identity, read_or_make_id
from .listening import HttpConnection, RefusedConnection, bind
from .metrics import Metrics
from .paired import PairingFiles
from .pairing import Pairing
from .status import Status

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.library import Library

_LOGGER = logging.getLogger(__name__)

BODY_BYTES = 4 * 1024 * 1024
HEADER_BYTES = 8 * 1024
"""Of one header, and of the address."""
LINGER_S = 1.0
"""For a client to read why its body is not wanted."""
FINISH_WITHIN_S = 0.1
"""For answers to come to their end when the door is closed; aiohttp waits that long twice, then cancels them."""
STOP_WITHIN_S = 1.5
"""For the models of those that were cancelled to stop."""
CLIENT_LEFT = 499
"""As nginx counts requests that nobody waits for any more."""


class HttpDoor:
    """Serves OpenAI's protocol and Sotto's additions on `settings.http.uri`."""

    def __init__(
        self,
        settings: Settings,
        mind: Mind | None,
        home: Home,
        clock: Callable[[], float] = monotonic,
        consulting: Consulting | None = None,
        library: Library | None = None,
    ) -> None:
        """Stand before a mind that others start and stop; None: there is no language model, and chats are refused.

        `clock` tells how long pairing is open, `consulting` asks the household's documents, and `library` keeps them.
        """
        self._library = library
        self._consulting = consulting or Consulting()
        self._settings = settings
        self._clock = clock
        self._mind = mind
        self._homes = Homes(home)
        self._metrics = Metrics(lambda: mind.status if mind is not None else None)
        self._guard: Guard | None = None
        self._pairing: Pairing | None = None
        self._events: Events | None = None
        self.about: dict[str, str] = {}
        """What zeroconf tells of the server, once the door is open."""
        self._handlers: web.Server | None = None
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[object]] = set()
        self._refused: set[asyncio.Transport] = set()

    @property
    def port(self) -> int | None:
        """The port that is listened on; None while closed."""
        sockets = self._server.sockets if self._server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else None

    async def start(self) -> None:
        """Open the door. Raises SettingsError for an address or a file in the data folder that cannot be used."""
        self._server = await bind(self._settings.http.uri, self._connected)
        try:
            application = await self._furnish(self._server)
            self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=FINISH_WITHIN_S)
            await self._runner.setup()
            self._handlers = self._runner.server
            await self._server.start_serving()
        except BaseException:
            await self.stop()
            raise
        _LOGGER.info("HTTP listens on port %s", self.port)

    async def stop(self) -> None:
        """Close the door; whatever is being answered ends at once."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._events is not None:
            self._events.close()
        if self._pairing is not None:
            await self._pairing.stop()
        for transport in self._refused:
            transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_WITHIN_S)

    async def _furnish(self, server: asyncio.Server) -> web.Application:
        """Return what answers on this server; what it needs of the data folder is there then."""
        settings, folder = self._settings, self._settings.server.data_dir
        loopback = all(is_loopback(each.getsockname()[0]) for each in server.sockets)
        token = await self._token(loopback=loopback)
        identity = Identity(await asyncio.to_thread(read_or_make_id, folder / "id"), settings.server.name)
        self._guard = Guard(token, loopback=loopback)
        self._pairing = Pairing(PairingFiles(folder), token, identity.id, settings.http.pairing_s, self._clock)
        await self._pairing.start()
        self.about = identity.properties
        status = Status(identity, self._pairing, self._mind, self._homes, self._metrics, self._library)
        return self._application(status, self._pairing)

    async def _token(self, *, loopback: bool) -> str | None:
        """Return the token that is set, or, unless only this machine can connect, the one in the data folder."""
        given = self._settings.http.token
        if given:
            return checked_token(given, "SOTTO_HTTP_TOKEN")
        if loopback:
            return None
        return await asyncio.to_thread(read_or_make_token, self._settings.server.data_dir / "token")

    def _connected(self) -> asyncio.Protocol:
        handlers = self._handlers
        assert handlers is not None  # noqa: S101 - it serves only after `start`
        if len(handlers.connections) >= self._settings.server.max_connections:
            return RefusedConnection(self._refused)
        return HttpConnection(
            handlers,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # which turns it off
            logger=_LOGGER,
            keepalive_timeout=self._settings.server.idle_s,
            lingering_time=LINGER_S,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )

    def _application(self, status: Status, pairing: Pairing) -> web.Application:
        app = web.Application(middlewares=[self._answer], client_max_size=BODY_BYTES)
        events = self._events = Events(status.of)
        chat = Chat(self._settings, self._mind, self._homes, self._metrics, self._consulting)
        app.add_routes(
            [
                web.post("/v1/chat/completions", chat.complete),
                web.get("/v1/models", status.models),
                web.get("/v1/models/{model:.+}", status.model),
                web.post("/api/prefill", chat.prefill),
                web.post("/api/home", self._keep_home),
                web.get("/api/home/{hash}", self._find_home),
                web.get("/api/info", status.info),
                web.post("/api/pair", pairing.pair),
                web.get("/api/status", status.status),
                web.get("/api/events", events.follow, allow_head=False),
                web.get("/healthz", status.health),
                web.get("/readyz", status.ready),
                web.get("/metrics", status.metrics),
                *Documents(self._library).routes(),
            ]
        )
        return app

    async def _keep_home(self, request: web.Request) -> web.Response:
        snapshot, tools = await read_body(request, parse_home)
        return web.json_response({"hash": self._homes.keep(snapshot, tools)})

    async def _find_home(self, request: web.Request) -> web.Response:
        home_hash = request.match_info["hash"]
        return web.json_response({"hash": home_hash, **counts(self._homes.find(home_hash).snapshot)})

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiohttp runs this as a task
        self._running.add(task)
        started = monotonic()
        status = CLIENT_LEFT
        try:
            response = await self._refused_or_answered(request, handler)
            status = response.status
        finally:
            self._running.discard(task)
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "other"
            self._metrics.answered(route, status)
            _LOGGER.debug("%s %s: %s in %.0f ms", request.method, route, status, (monotonic() - started) * 1000)
        return response

    async def _refused_or_answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        assert self._guard is not None  # noqa: S101 - it serves only after `start`
        try:
            self._guard.check(request)
            return await handler(request)
        except Exception as err:  # noqa: BLE001 - `told` logs it
            error = told(err)
            self._metrics.failed(error.code)
            return error_response(error)
