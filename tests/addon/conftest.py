"""A Supervisor to talk to, and the app's commands as its services run them."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from tests.addon.fake_supervisor import FakeSupervisor, running

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
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SOTTO_", "SUPERVISOR_"))}

    async def start(*arguments: str, environment: Mapping[str, str]) -> Process:
        ours = {"SOTTO_DATA_DIR": str(tmp_path / "data"), "PYTHONWARNINGS": "ignore"}
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "addon", *arguments],
            stdout=PIPE,
            stderr=STDOUT,
            env={**kept, **ours, **environment},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()
