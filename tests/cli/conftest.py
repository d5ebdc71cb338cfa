"""The command `sotto` as its user runs it: processes, real sockets, exit codes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import processes, sotto_command, sotto_environment
from wyoming_servers.settings import CLIENT_URI_VARIABLE

RunSotto = Callable[..., Awaitable["Done"]]
StartSotto = Callable[..., Awaitable[Process]]
StartServer = Callable[..., Awaitable["RunningServer"]]
OtherProgram = Callable[..., Awaitable[int]]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str


@dataclass
class RunningServer:
    """A server process."""

    process: Process
    uri: str
    log: list[str]

    async def read_log(self) -> str:
        """Wait for the process to end, and return all that it logged."""
        assert self.process.stdout is not None
        self.log.append((await self.process.stdout.read()).decode())
        await self.process.wait()
        return "".join(self.log)


def environment(tmp_path: Path) -> dict[str, str]:
    client = {CLIENT_URI_VARIABLE: uri} if (uri := os.environ.get(CLIENT_URI_VARIABLE)) else {}
    off = {"SOTTO_ZEROCONF": "no", "SOTTO_HTTP_URI": "", "SOTTO_WEB_URI": ""}
    return sotto_environment(tmp_path / "data", **off, **client)


@pytest.fixture
def sotto(tmp_path: Path) -> RunSotto:
    """Run a command to its end: `done = await sotto("ask", "turn on the light")`."""

    async def run(*arguments: str, stdin: bytes | None = None) -> Done:
        process = await asyncio.create_subprocess_exec(
            *sotto_command(*arguments), stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=environment(tmp_path)
        )
        output, _ = await process.communicate(stdin)
        assert process.returncode is not None
        return Done(process.returncode, output.decode())

    return run


@pytest.fixture
async def start_sotto(tmp_path: Path) -> AsyncIterator[StartSotto]:
    """Start a command and leave its standard input open: `process = await start_sotto("listen", "-")`."""
    async with processes() as start_process:

        async def start(*arguments: str, closed_stdin: bool = False) -> Process:
            command = sotto_command(*arguments)
            if closed_stdin:
                command = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
            return await start_process(*command, stdin=PIPE, env=environment(tmp_path))

        yield start


@pytest.fixture
async def other_program() -> AsyncIterator[OtherProgram]:
    """Start a program that is none of ours: `port = await other_program(b"its answer")`; without one it is silent."""
    writers: list[asyncio.StreamWriter] = []
    async with AsyncExitStack() as stack:

        async def start(answer: bytes | None = None, heard: bytearray | None = None) -> int:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writers.append(writer)
                request = await reader.readuntil(b"\r\n\r\n")
                if heard is not None:
                    heard.extend(request)
                if answer is not None:
                    writer.write(answer)
                    writer.close()

            server = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
            return int(server.sockets[0].getsockname()[1])

        yield start
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@pytest.fixture
async def start_server(tmp_path: Path) -> AsyncIterator[StartServer]:
    """Start `sotto run` on a free port: `server = await start_server("stt", "--language", "en")`."""
    async with processes() as start_process:

        async def start(*arguments: str, uri: str = "tcp://127.0.0.1:0") -> RunningServer:
            command = sotto_command("run", *arguments, "--uri", uri)
            process = await start_process(*command, env=environment(tmp_path))
            log: list[str] = []
            assert process.stdout is not None
            while line := (await process.stdout.readline()).decode():
                log.append(line)
                if found := re.search(r"listens on (\S+):? ", line):
                    return RunningServer(process, found[1].rstrip(":"), log)
            pytest.fail(f"the server did not start:\n{''.join(log)}")

        yield start
