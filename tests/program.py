"""A program as a process of its own that writes its log into a file: started, killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

StartProcess = Callable[..., Awaitable[Process]]

ROOT = Path(__file__).parents[1]
READY_S = 90.0
STOP_S = 30.0
_LOG_END = 4000


class Program:
    """One process at a time, which all log into the same file."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._already = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that it has logged, in all its starts."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def log_since_start(self) -> str:
        """What it has logged since it was started last."""
        return self.log[self._already :]

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._process is not None

    def launch(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it; without `environment` it has that of the tests."""
        self._log.parent.mkdir(exist_ok=True)
        self._already = len(self.log)
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
            )

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return when a condition holds, which may fail with an OSError until then; fails if the program ends."""
        deadline = time.monotonic() + READY_S
        while True:
            self.check()
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, f"not within {READY_S:g} s; {self._log_end}"
            time.sleep(0.1)

    def check(self) -> None:
        """Fail, with what it said, if it has ended."""
        assert self._process is not None
        assert self._process.poll() is None, f"it ended; {self._log_end}"

    def send_signal(self, signum: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(signum)

    def kill(self) -> None:
        """End it as a power cut would, without a goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end, and see that it does."""
        self._end(signal.SIGTERM)

    def _end(self, signum: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(signum)
        try:
            self._process.wait(STOP_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def _log_end(self) -> str:
        return f"the end of {self._log}:\n{self.log[-_LOG_END:]}"


@asynccontextmanager
async def processes() -> AsyncIterator[StartProcess]:
    """Start processes that write into pipes: `process = await start(*command, env=…)`; what still runs is killed."""
    started: list[Process] = []

    async def start(*command: str, **options: Any) -> Process:
        process = await asyncio.create_subprocess_exec(*command, **{"stdout": PIPE, "stderr": STDOUT, **options})
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
            await process.communicate()


def sotto_command(*arguments: str) -> list[str]:
    """Return the command line of `sotto …`."""
    return [sys.executable, "-m", "wyoming_servers", *arguments]


def sotto_environment(data: Path, **own: str) -> dict[str, str]:
    """Return what Sotto finds in its environment: its data folder, nothing of the tester's own, and `own`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SOTTO_", "SUPERVISOR_"))}
    return {**kept, "SOTTO_DATA_DIR": str(data), "PYTHONWARNINGS": "ignore", **own}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
