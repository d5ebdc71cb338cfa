"""The process of llama.cpp as the server sees it: started, spoken to line by line, and ended for certain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ...errors import EngineError
from ..json_lines import Line, decode, encode
from .compiled import COMPILE_HERE, LACKS_INSTRUCTIONS

_LOGGER = logging.getLogger(__name__)

LONGEST_LINE = 8 * 2**20

ENDS_WITHIN_S = 0.5
"""After its output has ended. To kill a process, Python asks the system about it first, and that takes its exit code
away from asyncio, which then tells of a code 255 in place of the signal."""

ENVIRONMENT = {"GGML_NO_BACKTRACE": "1", "OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}
"""OpenMP's threads wait for each other by spinning, and while another process has a core nothing gets done: on two busy
cores ten tokens of half a billion parameters took 12 to 20 s, and take 0.7 to 2 s with threads that sleep."""


class ProcessEndedError(Exception):
    """The process is gone, or had to be ended; the message says how."""

    def __init__(self, message: str, *, by_itself: bool = False, remedy: str = "") -> None:
        """`by_itself`: nobody here ended it. `remedy`: what to do, where to start it again would be of no use."""
        super().__init__(message)
        self.by_itself = by_itself
        self.remedy = remedy


class LlamaProcess:
    """A running process. What it says arrives in `next_line`, but for what is only to be logged."""

    def __init__(self, process: Process, on_end: Callable[[], None]) -> None:
        self._process = process
        self._on_end = on_end
        self._lines: asyncio.Queue[Line | None] = asyncio.Queue()
        self.ended = False

    @classmethod
    @asynccontextmanager
    async def running(cls, order: Line, on_end: Callable[[], None], stop_s: float) -> AsyncIterator[LlamaProcess]:
        """Start a process and give it its first order; it is ended when this is left: in peace if nothing is wrong."""
        environment = {**ENVIRONMENT, **os.environ}
        native = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __package__, stdin=PIPE, stdout=PIPE, stderr=PIPE,
            limit=LONGEST_LINE, env=environment,
        )  # fmt: skip
        process = cls(native, on_end)
        readers = [asyncio.create_task(process._read()), asyncio.create_task(process._read_errors())]
        try:
            process.send(order)
            yield process
            await process._stop(stop_s)
        except asyncio.CancelledError:
            await process._stop(stop_s)
            raise
        finally:
            process._kill()
            await native.wait()
            await asyncio.gather(*readers)
            native._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - else its pipes wait for the collector

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, line: Line) -> None:
        """Give an order; nothing happens if the process is gone."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(encode(line))

    async def next_line(self) -> Line:
        """Wait for what it says next; raises ProcessEndedError when it is gone."""
        line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
            raise self.death()
        return line

    def death(self) -> ProcessEndedError:
        """Say how it ended."""
        code = self._process.returncode
        if code is None:
            return ProcessEndedError("it closed its output")
        if code == -signal.SIGILL:
            return ProcessEndedError(LACKS_INSTRUCTIONS, by_itself=True, remedy=COMPILE_HERE)
        if code < 0:
            return ProcessEndedError(f"it was ended by {signal.Signals(-code).name}", by_itself=True)
        return ProcessEndedError(f"it ended with code {code}", by_itself=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(ValueError):  # what is no line any more is the end of all lines
            while data := await self._process.stdout.readline():
                self._take(decode(data))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDS_WITHIN_S):
                await self._process.wait()
        self._kill()
        await self._process.wait()
        self.ended = True
        self._lines.put_nowait(None)
        self._on_end()

    def _take(self, line: Line) -> None:
        if "log" in line:
            _LOGGER.debug("llama.cpp: %s", line["log"])
        elif "warning" in line:
            _LOGGER.warning("%s", line["warning"])
        else:
            self._lines.put_nowait(line)

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(ValueError):
            while data := await self._process.stderr.readline():
                _LOGGER.debug("llama.cpp's process: %s", data.decode("utf-8", errors="replace").rstrip())

    async def _stop(self, within_s: float) -> None:
        """Let it finish what it keeps on disk, but not for long."""
        self.send({"op": "stop"})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._process.wait()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


def broken(subject: str, reason: ProcessEndedError) -> EngineError:
    """Return the error of a request whose process ended; `subject` is what people call its model."""
    remedy = reason.remedy or "It starts again by itself; try again in a moment."
    return EngineError(f"The {subject}'s process broke off: {reason}.", remedy=remedy)
