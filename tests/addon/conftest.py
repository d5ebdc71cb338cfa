"""A Supervisor to talk to, and the app's commands as its services run them."""

from __future__ import annotations

import re
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.addon.fake_supervisor import FakeSupervisor, running
from tests.program import processes, sotto_environment

StartApp = Callable[..., Awaitable[Process]]
StartCommand = Callable[..., Awaitable[Process]]


@pytest.fixture
async def supervisor() -> AsyncIterator[FakeSupervisor]:
    """Return a Supervisor that answers."""
    async with running(FakeSupervisor()) as it:
        yield it


@pytest.fixture
async def start_command(tmp_path: Path) -> AsyncIterator[StartCommand]:
    """Run Python to the test's end at most: `process = await start_command("-m", "addon", environment={…})`."""
    async with processes() as start_process:

        async def start(*arguments: str, environment: Mapping[str, str]) -> Process:
            command = (sys.executable, *arguments)
            return await start_process(*command, env=sotto_environment(tmp_path / "data", **environment))

        yield start


@pytest.fixture
def start_app(start_command: StartCommand) -> StartApp:
    """Run a command of the app to the test's end at most: `process = await start_app("serve", environment={…})`."""

    async def start(*arguments: str, environment: Mapping[str, str]) -> Process:
        return await start_command("-m", "addon", *arguments, environment=environment)

    return start


async def listening_at(app: Process) -> str:
    """Wait for the port, and return its URI."""
    assert app.stdout is not None
    log = []
    while line := (await app.stdout.readline()).decode():
        log.append(line)
        if found := re.search(r"listens on (\S+?): ", line):
            return found[1]
    pytest.fail(f"it did not start:\n{''.join(log)}")
