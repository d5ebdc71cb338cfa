"""An address on which HTTP is served: within limits, every request past a guard, every failure an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from aiohttp import web
from aiohttp.typedefs import Handler

from ..settings import ServerSettings
from .failures import error_response, told
from .listening import HttpConnection, RefusedConnection, bind
from .metrics import Metrics

_LOGGER = logging.getLogger(__name__)

BODY_BYTES = 4 * 1024 * 1024
HEADER_BYTES = 8 * 1024
"""Of one header, and of the address."""
LINGER_S = 1.0
"""For a client to read why its body is not wanted."""
FINISH_WITHIN_S = 0.1
"""For answers to come to their end when the address is closed; aiohttp waits that long twice, then cancels them."""
STOP_WITHIN_S = 1.5
"""For the models of those that were cancelled to stop."""
CLIENT_LEFT = 499
"""As nginx counts requests that nobody waits for any more."""

Check = Callable[[web.Request], None]
"""Raises a SottoError for a request that is not to be answered."""
Finish = Callable[[web.Request, web.StreamResponse], None]
"""Adds headers to an answer before it is sent."""


class HttpServer:
    """Serves routes on `uri`: first `bind`, then `serve`, then `close` and `stop`."""

    def __init__(self, uri: str, flag: str, limits: ServerSettings, metrics: Metrics) -> None:
        """`flag` is the one that says where to listen: an error's remedy names it."""
        self._uri = uri
        self._flag = flag
        self._limits = limits
        self._metrics = metrics
        self._check: Check = _let_in
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

    @property
    def hosts(self) -> list[str]:
        """The IP addresses that are listened on."""
        return [each.getsockname()[0] for each in self._server.sockets] if self._server is not None else []

    async def bind(self) -> None:
        """Take the address; nobody is served yet. Raises SettingsError for one that cannot be taken."""
        self._server = await bind(self._uri, self._connected, self._flag)

    async def serve(
        self,
        routes: Sequence[web.AbstractRouteDef],
        check: Check,
        finish: Finish | None = None,
    ) -> None:
        """Answer what comes."""
        assert self._server is not None  # noqa: S101 - `bind` came first
        self._check = check
        application = web.Application(middlewares=[self._answer], client_max_size=BODY_BYTES)
        application.add_routes(routes)
        if finish is not None:
            application.on_response_prepare.append(_as_signal(finish))
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=FINISH_WITHIN_S)
        await self._runner.setup()
        self._handlers = self._runner.server
        await self._server.start_serving()

    def close(self) -> None:
        """Let nobody in any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def stop(self) -> None:
        """Close; whatever is being answered ends at once."""
        self.close()
        for transport in self._refused:
            transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_WITHIN_S)

    def _connected(self) -> asyncio.Protocol:
        handlers = self._handlers
        assert handlers is not None  # noqa: S101 - it listens only after `serve`
        if len(handlers.connections) >= self._limits.max_connections:
            return RefusedConnection(self._refused)
        return HttpConnection(
            handlers,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # which turns it off
            logger=_LOGGER,
            keepalive_timeout=self._limits.idle_s,
            lingering_time=LINGER_S,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )

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
        try:
            self._check(request)
            return await handler(request)
        except Exception as err:  # noqa: BLE001 - `told` logs it
            error = told(err)
            self._metrics.failed(error.code)
            return error_response(error)


def _let_in(_: web.Request) -> None:
    """Refuse nobody."""


def _as_signal(finish: Finish) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        finish(request, response)

    return prepare
