"""A page of its own for each test, with no engine behind it; and visitors from wherever a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest

from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import build
from wyoming_servers.turns.log import TurnLog
from wyoming_servers.web.server import Site

TOKEN = "a-token-of-the-tests"
OpenSite = Callable[..., Awaitable[Site]]
Visit = Callable[..., Awaitable[aiohttp.ClientSession]]


@pytest.fixture
def turns() -> TurnLog:
    """Return the turns that the page shows."""
    return TurnLog()


@pytest.fixture
async def open_site(tmp_path: Path, turns: TurnLog) -> AsyncIterator[OpenSite]:
    """Open pages that are closed at the test's end: `site = await open_site(web_ingress="yes")`."""
    async with AsyncExitStack() as stack:

        async def start(clock: Callable[[], float] = monotonic, **settings: Any) -> Site:
            values = {"http_uri": "", "web_uri": "tcp://127.0.0.1:0", "http_token": TOKEN, "data_dir": str(tmp_path)}
            built = build({**values, **settings})
            door = HttpDoor(built, None, DemoHome(), turns=turns)
            await door.start()
            stack.push_async_callback(door.stop)
            site = Site(built, door, clock)
            await site.start()
            stack.push_async_callback(site.stop)
            return site

        yield start


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """Be a browser: `http = await visit(site, sender="127.0.0.5", Origin="http://evil.example")`."""
    async with AsyncExitStack() as stack:

        async def arrive(site: Site, sender: str = "127.0.0.1", **headers: str) -> aiohttp.ClientSession:
            return await stack.enter_async_context(
                aiohttp.ClientSession(
                    f"http://127.0.0.1:{site.port}",
                    headers={name.replace("_", "-"): value for name, value in headers.items()},
                    connector=aiohttp.TCPConnector(local_addr=(sender, 0)),
                    cookie_jar=aiohttp.CookieJar(unsafe=True),
                )
            )

        yield arrive
