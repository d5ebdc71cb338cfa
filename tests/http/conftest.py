"""An open door with a scripted model behind it, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.http.scripted_model import ScriptedModel, saying
from wyoming_servers.conversation.consulting import Consulting, Documents
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import build

OpenDoor = Callable[..., Awaitable[HttpDoor]]
TOKEN = "a-token-of-the-tests"


@pytest.fixture
async def model() -> ScriptedModel:
    """Return a model that says hello."""
    return ScriptedModel(saying("Hel", "lo."))


@pytest.fixture
async def open_door(tmp_path: Path, model: ScriptedModel) -> AsyncIterator[OpenDoor]:
    """Open doors that are closed at the test's end: `door = await open_door(http_token=...)`."""
    async with AsyncExitStack() as stack:

        async def start(
            mind: Mind | None = None,
            clock: Callable[[], float] = monotonic,
            documents: Documents | None = None,
            *,
            mindless: bool = False,
            **settings: Any,
        ) -> HttpDoor:
            values = {"http_uri": "tcp://127.0.0.1:0", "data_dir": str(tmp_path), **settings}
            thinks = None if mindless else mind or Mind(model)
            door = HttpDoor(build(values), thinks, DemoHome(), clock, Consulting(documents, within_s=5))
            await door.start()
            stack.push_async_callback(door.stop)
            return door

        yield start


@pytest.fixture
async def door(open_door: OpenDoor) -> HttpDoor:
    """Return a door that asks for a token."""
    return await open_door(http_token=TOKEN)


@pytest.fixture
async def openai(door: HttpDoor) -> AsyncIterator[AsyncOpenAI]:
    """Return the official client, with the token."""
    async with AsyncOpenAI(
        base_url=f"http://127.0.0.1:{door.port}/v1", api_key=TOKEN, max_retries=0, timeout=10
    ) as client:
        yield client


@pytest.fixture
async def http(door: HttpDoor) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a plain client, with the token; addresses are relative to the door."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", headers=headers) as session:
        yield session
