"""Sotto as its users run it, on the Python of .venv, with a language model that plays a script."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import re

import pytest

from tests.conversation.scripted_endpoint import ScriptedEndpoint
from tests.integration.package import ROOT

PYTHON = ROOT / ".venv" / "bin" / "python"
TOKEN = "a-token-of-the-tests"
STOP_S = 10

_OPEN = re.compile(rb"HTTP listens on port (\d+)")
_READY = re.compile(rb"Sotto .* listens on")


@dataclass(frozen=True)
class RealDoor:
    """A running Sotto."""

    port: int
    token: str = TOKEN

    @property
    def url(self) -> str:
        """The address of an entry."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def real_door(folder: Path, endpoint: ScriptedEndpoint) -> AsyncIterator[RealDoor]:
    """Run Sotto with its data in a folder, until the context is left; skips the test where there is no .venv."""
    if not PYTHON.exists():
        pytest.skip("needs .venv, which script/setup makes")
    process = await _start(folder, endpoint.url)
    assert process.stdout is not None
    reading = None
    try:
        port = await _port_of(process.stdout)
        reading = asyncio.create_task(process.stdout.read())
        yield RealDoor(port)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(STOP_S):
            await asyncio.gather(process.wait(), *([reading] if reading else []))


async def _start(folder: Path, model_url: str) -> Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOTTO_", "PYTHON"))}
    own = {
        "SOTTO_DATA_DIR": str(folder),
        "SOTTO_HTTP_TOKEN": TOKEN,
        "SOTTO_WEB_URI": "",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }
    here = "tcp://127.0.0.1:0"
    options = ("--uri", here, "--http-uri", here, "--zeroconf", "no", "--language", "en", "--llm-url", model_url)
    return await asyncio.create_subprocess_exec(
        str(PYTHON), "-m", "wyoming_servers", "run", "conversation", *options,
        cwd=ROOT, env={**kept, **own}, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip


async def _port_of(output: asyncio.StreamReader) -> int:
    """Return the port as soon as the server is ready."""
    said, port = b"", 0
    async for line in output:
        said += line
        if found := _OPEN.search(line):
            port = int(found[1])
        if port and _READY.search(line):
            return port
    raise AssertionError(f"Sotto did not start:\n{said.decode()}")
