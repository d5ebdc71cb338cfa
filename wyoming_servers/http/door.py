"""The HTTP door itself: opened and closed with the server, and what is answered behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from ..conversation.consulting import Consulting
from ..conversation.mind import Mind
from ..home.model import Home
from ..settings import Settings
from ..turns.log import TurnLog
from .bearer import checked_token, read_or_make_token
from .chat import Chat, read_body
from .documents import Documents
from .events import Events
from .guard import Guard, is_loopback
from .homes import Homes, counts, parse_home
from .identity import Identity, read_or_make_id
from .metrics import Metrics
from .paired import PairingFiles
from .pairing import Pairing
from .serving import HttpServer
from .status import Status
from .told_settings import ToldSettings
from .told_turns import ToldTurns

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.library import Library

_LOGGER = logging.getLogger(__name__)

_NOT_FOR_PAGES = frozenset({"/api/pair", "/api/prefill", "/api/home", "/api/home/{hash}"})
"""What only programs ask for."""


class Room(Protocol):
    """A part of the server that answers requests of its own."""

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""


class HttpDoor:
    """Serves OpenAI's protocol and Sotto's additions on `settings.http.uri`; on none, only to whom has its `routes`."""

    def __init__(  # noqa: PLR0913 - what it stands before
        self,
        settings: Settings,
        mind: Mind | None,
        home: Home,
        clock: Callable[[], float] = monotonic,
        consulting: Consulting | None = None,
        library: Library | None = None,
        *,
        turns: TurnLog | None = None,
        rooms: Sequence[Room] = (),
        told: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        """Stand before a mind that others start and stop; None: there is no language model, and chats are refused.

        `clock` tells how long pairing is open, `consulting` asks the household's documents, `library` keeps them,
        `turns` remembers the latest ones.
        `rooms` answer requests too, and `told` gives more members of `/api/status`.
        """
        self._library = library
        self._consulting = consulting or Consulting()
        self._settings = settings
        self._clock = clock
        self._mind = mind
        self._homes = Homes(home)
        self._turns = turns or TurnLog()
        self._rooms = rooms
        self._told = dict(told or {})
        self.metrics = Metrics(lambda: mind.status if mind is not None else None)
        self.events = Events(self.status_of)
        """What is happening, for whoever listens at `/api/events`."""
        self._pairing: Pairing | None = None
        self._status: Status | None = None
        self.about: dict[str, str] = {}
        """What zeroconf tells of the server, once the door is open."""
        self.routes: list[web.RouteDef] = []
        """What is answered where, once the door is open."""
        self._server = HttpServer(settings.http.uri, "--http-uri", settings.server, self.metrics)

    @property
    def port(self) -> int | None:
        """The port that is listened on; None while closed."""
        return self._server.port

    def add_room(self, room: Room) -> None:
        """Let another part of the server answer, too. To be called before the door is opened."""
        self._rooms = (*self._rooms, room)

    def tell(self, name: str, what: Callable[[], Any]) -> None:
        """Have `/api/status` tell this too. To be called before the door is opened."""
        self._told[name] = what

    def status_of(self, request: web.Request) -> dict[str, Any]:
        """Return what `/api/status` tells this client; nothing while the door is closed."""
        return self._status.of(request) if self._status is not None else {}

    async def start(self) -> None:
        """Open the door. Raises SettingsError for an address or a file in the data folder that cannot be used."""
        try:
            await self._open()
        except BaseException:
            await self.stop()
            raise
        if self.port is not None:
            _LOGGER.info("HTTP listens on port %s", self.port)

    async def stop(self) -> None:
        """Close the door; whatever is being answered ends at once."""
        self._server.close()
        self.events.close()
        if self._pairing is not None:
            await self._pairing.stop()
        await self._server.stop()

    def routes_for_pages(self) -> list[web.RouteDef]:
        """Return what the web page asks for, once the door is open."""
        return [each for each in self.routes if each.path.startswith("/api/") and each.path not in _NOT_FOR_PAGES]

    async def token(self) -> str:
        """Return the token that is set, or the one in the data folder; raises SettingsError."""
        if given := self._settings.http.token:
            return checked_token(given, "SOTTO_HTTP_TOKEN")
        return await asyncio.to_thread(read_or_make_token, self._settings.server.data_dir / "token")

    async def _open(self) -> None:
        if not self._settings.http.uri:
            self.routes = await self._furnish(None)
            return
        await self._server.bind()
        loopback = all(map(is_loopback, self._server.hosts))
        needs_token = bool(self._settings.http.token) or not loopback  # by loopback only this machine can connect
        token = await self.token() if needs_token else None
        self.routes = await self._furnish(token)
        await self._server.serve(self.routes, Guard(token, loopback=loopback).check)

    async def _furnish(self, token: str | None) -> list[web.RouteDef]:
        """Return what is answered; what that needs of the data folder is there then."""
        settings, folder = self._settings, self._settings.server.data_dir
        identity = Identity(await asyncio.to_thread(read_or_make_id, folder / "id"), settings.server.name)
        self._pairing = Pairing(PairingFiles(folder), token, identity.id, settings.http.pairing_s, self._clock)
        await self._pairing.start()
        self.about = identity.properties
        self._status = Status(identity, self._pairing, self._mind, self._homes, self.metrics, self._library, self._told)
        return self._routes(self._status, self._pairing)

    def _routes(self, status: Status, pairing: Pairing) -> list[web.RouteDef]:
        chat = Chat(self._settings, self._mind, self._homes, self.metrics, self._consulting, self._turns)
        told_turns = ToldTurns(self._turns, self.metrics, self.events)
        return [
            web.post("/v1/chat/completions", chat.complete),
            web.get("/v1/models", status.models),
            web.get("/v1/models/{model:.+}", status.model),
            web.post("/api/prefill", chat.prefill),
            web.post("/api/home", self._keep_home),
            web.get("/api/home/{hash}", self._find_home),
            web.get("/api/info", status.info),
            web.post("/api/pair", pairing.pair),
            web.get("/api/status", status.status),
            web.get("/api/events", self.events.follow, allow_head=False),
            web.get("/healthz", status.health),
            web.get("/readyz", status.ready),
            web.get("/metrics", status.metrics),
            *Documents(self._library).routes(),
            *told_turns.routes(),
            *ToldSettings(self._settings).routes(),
            *(route for room in self._rooms for route in room.routes()),
        ]

    async def _keep_home(self, request: web.Request) -> web.Response:
        snapshot, tools = await read_body(request, parse_home)
        return web.json_response({"hash": self._homes.keep(snapshot, tools)})

    async def _find_home(self, request: web.Request) -> web.Response:
        home_hash = request.match_info["hash"]
        return web.json_response({"hash": home_hash, **counts(self._homes.find(home_hash).snapshot)})
