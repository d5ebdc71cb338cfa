"""A Supervisor to talk to, and the app's commands as its services run them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.addon.fake_supervisor import FakeSupervisor, running
from tests.program import sotto_environment

StartApp = Callable[..., Awaitable[Process]]


@pytest.fixture
async def supervisor() -> AsyncIterator[FakeSupervisor]:
    """Return a Supervisor that answers."""
    async with running(FakeSupervisor()) as it:
        yield it


@pytest.fixture
async def start_app(tmp_path: Path) -> AsyncIterator[StartApp]:
    """Run a command to the test's end at most: `process = await start_app("serve", environment={…})`."""
    started: list[Process] = []

    async def start(*arguments: str, environment: Mapping[str, str]) -> Process:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "addon", *arguments],
            stdout=PIPE,
            stderr=STDOUT,
            env=sotto_environment(tmp_path / "data", **environment),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()
