"""A Supervisor on loopback, as an app meets it: its API over HTTP, Home Assistant behind it, and ways to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "the-token-of-this-start"


@dataclass
class FakeSupervisor:
    """What it holds is data to be changed by a test."""

    token: str = TOKEN
    home_config: Any = field(default_factory=lambda: {"language": "zh-Hans", "time_zone": "Asia/Shanghai"})
    """None while Home Assistant is down."""
    integrations: set[str] = field(default_factory=set)
    """Custom integrations that are installed in Home Assistant."""
    home_url: str = ""
    """The Home Assistant, real or not, to which it passes on what it is asked; empty: it answers by itself."""
    home_token: str = ""
    failures: list[int] = field(default_factory=list)
    """HTTP statuses with which the next messages are answered."""
    silent: bool = False
    """Whether it takes requests and answers none."""
    discovery: list[dict[str, Any]] = field(default_factory=list)
    """The messages that it has taken."""
    requests: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What an app finds in its environment."""
        return {"SUPERVISOR_TOKEN": TOKEN, "SUPERVISOR_API": f"http://127.0.0.1:{self.port}"}

    async def _in_time(self, request: web.Request) -> None:
        self.requests.append(f"{request.method} {request.path}")
        if self.silent:
            await asyncio.Event().wait()

    async def _let_in(self, request: web.Request) -> None:
        await self._in_time(request)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPUnauthorized

    async def core_config(self, request: web.Request) -> web.Response:
        await self._let_in(request)
        if self.home_config is None:
            raise web.HTTPBadGateway
        if self.home_url:
            headers = {"Authorization": f"Bearer {self.home_token}"}
            async with aiohttp.ClientSession(self.home_url, headers=headers) as session:
                answer = await session.get("/api/config")
                return web.json_response(await answer.json(), status=answer.status)
        return web.json_response(self.home_config)

    async def discover(self, request: web.Request) -> web.Response:
        await self._let_in(request)
        if self.failures:
            return web.json_response({"result": "error", "message": "It is busy"}, status=self.failures.pop(0))
        self.discovery.append(await request.json())
        return web.json_response({"result": "ok", "data": {"uuid": "e6c1"}})

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        await self._in_time(request)
        if self.home_config is None:
            raise web.HTTPBadGateway
        client = web.WebSocketResponse()
        await client.prepare(request)
        await client.send_json({"type": "auth_required", "ha_version": "2026.10.4"})
        if (await client.receive_json()).get("access_token") != self.token:
            await client.send_json({"type": "auth_invalid", "message": "Invalid access"})
            return client
        await client.send_json({"type": "auth_ok", "ha_version": "2026.10.4"})
        if self.home_url:
            await self._lead_home(client)
            return client
        async for message in client:
            asked = message.json()
            assert asked["type"] == "manifest/get"
            known = asked["integration"] in self.integrations
            await client.send_json({"id": asked["id"], "type": "result", "success": known, "result": {}})
        return client

    async def _lead_home(self, client: web.WebSocketResponse) -> None:
        """Pass everything both ways, with a login of the Supervisor's own, until one of the two leaves."""
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{self.home_url}/api/websocket") as home:
            await home.receive_json()
            await home.send_json({"type": "auth", "access_token": self.home_token})
            await home.receive_json()
            back = asyncio.create_task(_pass_on(home, client))
            try:
                await _pass_on(client, home)
            finally:
                back.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await back


async def _pass_on(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT and not target.closed:
            await target.send_str(message.data)


@asynccontextmanager
async def running(supervisor: FakeSupervisor) -> AsyncIterator[FakeSupervisor]:
    """Have it answer, on the same port as before."""
    app = web.Application()
    app.router.add_get("/core/api/config", supervisor.core_config)
    app.router.add_post("/discovery", supervisor.discover)
    app.router.add_get("/core/websocket", supervisor.websocket)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", supervisor.port)
        await site.start()
        supervisor.port = runner.addresses[0][1]
        yield supervisor
    finally:
        await runner.cleanup()
