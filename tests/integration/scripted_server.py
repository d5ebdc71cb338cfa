"""Sotto's HTTP door on loopback, playing a script: what a server says, refuses and does wrong, on a real wire.

    async with ScriptedServer() as server:
        server.plays(says("It is ", "on."), calls("HassTurnOn", name="Lamp"), refuses("engine-loading"))
        ...  # the entry's url is server.url, its token server.token
    assert server.requests[0].body["messages"][-1]["content"] == "is the lamp on?"

What may be played is in scripted_answer.py: lists of steps, or functions that make one from the request. When the
script is over, `otherwise` answers; without one the client gets a 500, and the server's exit fails.

How the server is can be changed by a test at any moment: set `model`, `vision`, `latest`, `version`, `running`… and
`tell()` those who follow `/api/events`; or `tell(vision=True)` at once. `instead["/api/info"] = Respond(404)` answers
all further requests for one address. tests/integration/test_contract.py holds all of it to the real door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
import hashlib
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.integration.scripted_answer import (
    Answer,
    Break,
    Call,
    Data,
    End,
    Fail,
    Finish,
    From,
    Hang,
    Playing,
    Raw,
    Received,
    Respond,
    Step,
    Text,
    Wait,
    calls,
    cut,
    event_stream,
    plain,
    refuses,
    says,
    sse,
)
from tests.integration.scripted_documents import ScriptedDocuments

__all__ = [
    "Break",
    "Call",
    "Data",
    "End",
    "Fail",
    "Finish",
    "From",
    "Hang",
    "Raw",
    "Received",
    "Respond",
    "ScriptedServer",
    "Text",
    "Wait",
    "calls",
    "refuses",
    "says",
]

CHAT = "/v1/chat/completions"
OPEN_PATHS = frozenset({"/api/info", "/api/pair"})

Json = dict[str, Any]

_MEMORY = {
    "total_mb": 8000,
    "free_mb": 4000,
    "reserve_mb": 640,
    "short": False,
    "limit": "machine",
    "unified": False,
    "tenants": [],
    "notes": [],
}
_SERVER = {
    "stage": "conversation",
    "engine": "hassil",
    "model": "home-assistant-intents",
    "state": "ready",
    "device": "cpu",
    "remote": None,
    "error": None,
}


class Refused(Exception):  # noqa: N818 - it is an answer
    """What is answered in place of what was asked for."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        """Keep it as an answer."""
        super().__init__(message)
        self.answer = Fail(code, message, param)


class ScriptedServer:
    """The server; `url` is what an entry has. Close it by leaving the context."""

    def __init__(self, *answers: Answer, server_id: str = "5f1d0c6c9f3e4b0f8a2d7c5b3e6a9d10") -> None:
        """Open nothing yet."""
        self.id = server_id
        self.name = "sotto-test"
        self.version = "0.1.0"
        self.api = 1
        self.token = "a-token-of-the-tests"
        """What a client must send; empty: none is needed."""
        self.pairing = True
        self.model: Json | None = {
            "engine": "scripted",
            "model": "parrot",
            "state": "ready",
            "detail": "cpu",
            "context_tokens": 4096,
            "restarts": 0,
            "vision": False,
        }
        self.vision = False
        self.running = 0
        self.waiting = 0
        self.latest: Json | None = None
        self.figures: Json = {
            "first_token_s": 0.25,
            "tokens_per_s": 20.0,
            "prompt_tokens": 100,
            "reused_tokens": 90,
            "completion_tokens": 7,
        }
        """What every answer costs."""
        self.prefilled = 17
        """So many tokens every prefill took."""
        self.instead: dict[str, Respond | Hang | Break] = {}
        """By path: answers every request for it."""
        self.otherwise: Answer | None = None
        self.received: list[Received] = []
        """Every request, in the order in which they came."""
        self.documents = ScriptedDocuments()
        self.homes: dict[str, Json] = {}
        """What it was told, by hash; clear it for a server that has forgotten, as after a restart."""
        self._script: list[Answer] = list(answers)
        self._unexpected = 0
        self._port = 0
        self._uptime_s = 0.0
        self._changed = asyncio.Condition()
        self._followers: list[asyncio.Queue[bytes | None]] = []

    @property
    def url(self) -> str:
        """The address of an entry."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Stays the same after `stop` and `start`."""
        return self._port

    @property
    def info(self) -> Json:
        """What is told without a token."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "api": self.api,
            "token_needed": bool(self.token),
            "pairing": self.pairing,
        }

    @property
    def status(self) -> Json:
        """What is told with a token, and to those who follow."""
        return {
            **self.info,
            "uptime_s": self._uptime_s,
            "model": self.model,
            "vision": self.vision,
            "home": {"floors": 0, "areas": 0, "entities": 0},
            "homes_sent": len(self.homes),
            "requests": {"running": self.running, "waiting": self.waiting},
            "latest": self.latest,
            "documents": len(self.documents.kept),
            "memory": {**_MEMORY},
            "servers": [{**_SERVER}],
        }

    @property
    def requests(self) -> list[Received]:
        """Requests for chat completions."""
        return self.of(CHAT)

    @property
    def prefills(self) -> list[Received]:
        """Requests to evaluate a prompt ahead of time."""
        return self.of("/api/prefill")

    @property
    def remaining(self) -> int:
        """How many answers were not asked for yet."""
        return len(self._script)

    def of(self, path: str) -> list[Received]:
        """Return the requests for one address."""
        return [each for each in self.received if each.path == path]

    def plays(self, *answers: Answer) -> None:
        """Append answers to the script."""
        self._script.extend(answers)

    async def asked(self, count: int = 1, path: str = CHAT) -> Received:
        """Return the request of this number for an address, counted from 1, as soon as it is there."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.of(path)) >= count)
        return self.of(path)[count - 1]

    async def followed(self, count: int = 1) -> None:
        """Return as soon as so many follow `/api/events`, and were told how the server is."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._followers) >= count)

    async def tell(self, **changes: Any) -> None:
        """Change how the server is, and tell those who follow."""
        for name, value in changes.items():
            getattr(self, name)  # it must be there
            setattr(self, name, value)
        self._uptime_s += 1
        await self._send(sse("status", self.status))

    async def comment(self) -> None:
        """Show those who follow that the connection lives."""
        await self._send(b": still working\n\n")

    async def __aenter__(self) -> Self:
        """Listen, on the same port as before if there was one."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; raises AssertionError if something was asked that the script had no answer for."""
        await self.stop()
        if kind is None:
            assert not self._unexpected, f"{self._unexpected} requests that the script has no answer for"

    async def stop(self) -> None:
        """End what is followed, stop listening, cut what is being answered, and forget the homes."""
        await self._send(None)
        await self._runner.cleanup()
        self.homes.clear()

    async def start(self) -> None:
        """Listen again after `stop`."""
        await self.__aenter__()

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    async def _send(self, event: bytes | None) -> None:
        for follower in self._followers:
            follower.put_nowait(event)
        await asyncio.sleep(0)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        is_json = request.content_type == "application/json"
        received = Received(request.path, request.headers, json.loads(raw) if is_json and raw else {})
        async with self._changed:
            self.received.append(received)
            self._changed.notify_all()
        try:
            response = await self._answer(request, received)
        except asyncio.CancelledError, ConnectionError:
            received.left.set()
            raise
        received.answered.set()
        return response

    async def _answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        instead = self.instead.get(request.path)
        if instead is not None:
            return await self._step_instead(request, instead)
        try:
            self._check(request)
            return await self._route(request)(request, received)
        except Refused as refused:
            return plain(refused.answer)

    async def _step_instead(self, request: web.Request, step: Respond | Hang | Break) -> web.StreamResponse:
        if isinstance(step, Respond):
            return plain(step)
        if isinstance(step, Hang):
            await asyncio.Event().wait()
        raise cut(request)

    def _check(self, request: web.Request) -> None:
        authorized = request.headers.get("Authorization") == f"Bearer {self.token}"
        if self.token and not authorized and request.path not in OPEN_PATHS:
            raise Refused("invalid_api_key", "The bearer token is missing or wrong.")
        wants_json = request.method == "POST" and request.path != "/api/documents"
        if wants_json and request.content_type != "application/json":
            raise Refused("bad-request", "The body must be JSON.")

    def _route(self, request: web.Request) -> Callable[[web.Request, Received], Awaitable[web.StreamResponse]]:
        routes = {
            ("GET", "/api/info"): self._info,
            ("POST", "/api/pair"): self._pair,
            ("GET", "/api/status"): self._status,
            ("GET", "/api/events"): self._events,
            ("POST", "/api/home"): self._home,
            ("POST", "/api/prefill"): self._prefill,
            ("POST", CHAT): self._chat,
        }
        route = routes.get((request.method, request.path))
        if request.path.startswith("/api/documents"):
            route = self._documents
        if route is None:
            raise Refused("not-found", "There is nothing at this address.")
        return route

    async def _info(self, _: web.Request, __: Received) -> web.Response:
        return web.json_response(self.info)

    async def _pair(self, _: web.Request, received: Received) -> web.Response:
        assert isinstance(received.body["client"], str)
        if not self.pairing:
            raise Refused("pairing-closed", "Pairing is closed. Run `sotto pair` on the server's machine.")
        self.pairing = False
        return web.json_response({"token": self.token, "id": self.id})

    async def _status(self, _: web.Request, __: Received) -> web.Response:
        return web.json_response(self.status)

    async def _events(self, request: web.Request, _: Received) -> web.StreamResponse:
        response = event_stream()
        await response.prepare(request)
        await response.write(sse("status", self.status))
        events: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._followers.append(events)
        try:
            async with self._changed:
                self._changed.notify_all()
            while (event := await events.get()) is not None:
                await response.write(event)
        finally:
            self._followers.remove(events)
        await response.write_eof()
        return response

    async def _documents(self, request: web.Request, _: Received) -> web.StreamResponse:
        return self.documents.answer(request, await request.read())

    async def _home(self, _: web.Request, received: Received) -> web.Response:
        home_hash = hash_of(received.body)
        self.homes[home_hash] = received.body
        return web.json_response({"hash": home_hash})

    async def _prefill(self, _: web.Request, received: Received) -> web.Response:
        self._check_body(received.body)
        return web.json_response({"tokens": self.prefilled})

    async def _chat(self, request: web.Request, received: Received) -> web.StreamResponse:
        self._check_body(received.body)
        steps = self._next(received)
        if steps and isinstance(steps[0], Respond):
            return plain(steps[0])
        assert received.body.get("stream"), "whole answers are not played here"
        model = (self.model or {}).get("model", "")
        response = await Playing(request, received, len(self.requests), model, self.figures).play(steps)
        self.latest = self.figures
        return response

    def _check_body(self, body: Json) -> None:
        sotto = body.get("sotto") or {}
        if "home" in sotto and sotto["home"] not in self.homes:
            raise Refused("unknown_home", "No home with this hash is known here.")
        if "prompt" in sotto and any(message["role"] in {"system", "developer"} for message in body["messages"]):
            raise Refused("bad-request", "messages: the server writes the prompt.", "messages")

    def _next(self, received: Received) -> Sequence[Step]:
        answer = self._script.pop(0) if self._script else self.otherwise
        if answer is None:
            self._unexpected += 1
            return refuses("internal-error", "The script is over.")
        return answer(received) if callable(answer) else answer


def hash_of(home: Json) -> str:
    """Return a hash of what is said of a home; the states are not in it."""
    unsaid = {"state", "attributes"}
    entities = [{key: each[key] for key in each if key not in unsaid} for each in home["entities"]]
    said = [home.get("floors"), home.get("areas"), entities]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
