"""A server within a limit of memory: a control group of the kernel where that may be made, else a resource limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.program import sotto_command, sotto_environment

ROOTS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
LIMITS = {"memory.limit_in_bytes": "memory.usage_in_bytes", "memory.max": "memory.current"}
"""Files of both versions: the limit, and what is used."""
START_S = 120.0

HOG = """
import sys
usage, limit, left = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
kept = []
while limit - int(open(usage).read()) > left:
    kept.append(bytearray(b"x") * (8 << 20))
print("full", flush=True)
sys.stdin.read()
"""
"""Takes memory until so much is left, and gives it back when its input ends."""


@dataclass(frozen=True)
class Group:
    """A control group with a limit."""

    path: Path
    limit: int
    usage: Path

    def inside(self, *command: str) -> tuple[str, ...]:
        """Return a command that runs in it."""
        return "sh", "-c", f'echo $$ > {self.path}/cgroup.procs; exec "$@"', "sh", *command


@contextmanager
def control_group(limit: int) -> Iterator[Group]:
    """Make a group; skips the test where this user may not, or where memory has no controller."""
    for root in ROOTS:
        path = root / f"sotto-test-{os.getpid()}"
        for name, usage in LIMITS.items():
            try:
                path.mkdir(exist_ok=True)
                (path / name).write_text(str(limit))
            except OSError:
                continue
            try:
                yield Group(path, limit, path / usage)
            finally:
                path.rmdir()
            return
        with contextlib.suppress(OSError):
            path.rmdir()
    pytest.skip("needs the right to make a control group of memory")


@dataclass
class Limited:
    """A running server."""

    process: Process
    uri: str
    http: str
    log: list[str] = field(default_factory=list)

    async def status(self) -> dict[str, Any]:
        """Return `/api/status`."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.http}/api/status") as response:
            found: dict[str, Any] = await response.json()
            return found

    async def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the status once it is so; the server tells nobody when."""
        async with asyncio.timeout(START_S):
            while not true(status := await self.status()):
                assert self.process.returncode is None, "".join(self.log)
                await asyncio.sleep(0.2)
        return status


@asynccontextmanager
async def limited(data: Path, wrap: Callable[..., tuple[str, ...]], *arguments: str) -> AsyncIterator[Limited]:
    """Run `sotto run` within what `wrap` puts around a command."""
    environment = sotto_environment(data, SOTTO_ZEROCONF="no", SOTTO_WEB_URI="")
    command = sotto_command("run", *arguments)
    addresses = ("--uri", "tcp://127.0.0.1:0", "--http-uri", "tcp://127.0.0.1:0")
    process = await asyncio.create_subprocess_exec(
        *wrap(*command, *addresses), stdout=PIPE, stderr=STDOUT, env=environment
    )
    server = Limited(process, "", "")
    reading = asyncio.create_task(_read(server))
    try:
        async with asyncio.timeout(START_S):
            while not server.uri and process.returncode is None:  # noqa: ASYNC110 - it is read by another task
                await asyncio.sleep(0.05)
        assert server.uri, "".join(server.log)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading


async def _read(server: Limited) -> None:
    assert server.process.stdout is not None
    while line := (await server.process.stdout.readline()).decode():
        server.log.append(line)
        if found := re.search(r"HTTP listens on port (\d+)", line):
            server.http = f"http://127.0.0.1:{found[1]}"
        if found := re.search(r"Sotto \S+ listens on (\S+):? ", line):
            server.uri = found[1].rstrip(":")


@asynccontextmanager
async def hog(group: Group, left: int) -> AsyncIterator[None]:
    """Have another program in the group take its memory, but for so many bytes."""
    command = group.inside(sys.executable, "-c", HOG, str(group.usage), str(group.limit), str(left))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"full\n"
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
