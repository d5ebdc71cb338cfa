"""Reads a document in a process of its own: what crashes there, or takes too much, leaves the server as it was."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ....errors import SottoError
from ...json_lines import decode, encode
from ..document import Reading, Section
from .errors import Unreadable, UnreadableError, broken
from .limits import Limits
from .wire import Order, error_from_json, kind_from_json, section_from_json

_LOGGER = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

_END_WITHIN_S = 5.0
_LONGEST_LINE = 2**20
"""A section has 50,000 characters, which JSON writes with six bytes each."""


async def read_document(
    path: Path, name: str, progress: Progress | None = None, limits: Limits | None = None
) -> Reading:
    """Read the file at `path`, which somebody called `name`.

    `progress` is told how much is done, of how much: pages of a PDF, else the whole in one. Raises UnreadableError,
    and EngineUnavailableError if a package is missing. Cancelled, it ends the process and waits until it is gone.
    """
    order = Order(str(path), name, limits or Limits())
    try:
        async with asyncio.timeout(order.limits.seconds), _running(order) as process:
            return await _reading(process, progress or _nobody)
    except TimeoutError as err:
        raise _too_slow() from err


async def _reading(process: Process, progress: Progress) -> Reading:
    sections: list[Section] = []
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(ValueError):  # what is no line any more is the end of all lines
        while data := await process.stdout.readline():
            line = decode(data)
            if "section" in line:
                sections.append(section_from_json(line["section"]))
            elif "progress" in line:
                progress(*line["progress"])
            elif "error" in line:
                raise error_from_json(line["error"])
            else:
                end = line["end"]
                return Reading(end["title"], tuple(sections), kind_from_json(end["kind"]), tuple(end["warnings"]))
    raise _death(await _ended(process))


@asynccontextmanager
async def _running(order: Order) -> AsyncIterator[Process]:
    """Start the process and give it its order; it is gone when the context is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __package__, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=_LONGEST_LINE
    )
    errors = asyncio.create_task(_log_errors(process))
    try:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.write(encode(order.to_line()))
        process.stdin.close()
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await errors
        process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - else its pipes wait for the collector


async def _ended(process: Process) -> int:
    """Wait until a process that says nothing any more is gone; return its code."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_WITHIN_S):
            return await process.wait()
    return 0


async def _log_errors(process: Process) -> None:
    assert process.stderr is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(ValueError):
        while data := await process.stderr.readline():
            _LOGGER.debug("reading: %s", data.decode("utf-8", errors="replace").rstrip())


def _death(code: int) -> SottoError:
    """Return the error of a process that ended without an answer."""
    _LOGGER.warning("The process that read a document ended with code %s", code)
    if code == -signal.SIGXCPU:
        return _too_slow()
    return broken("a document that can be read")


def _too_slow() -> UnreadableError:
    return UnreadableError(
        Unreadable.TOO_SLOW,
        "Reading the document takes too long.",
        remedy="Add only the part of it that is needed, or save it in a simpler format.",
    )


def _nobody(done: int, total: int) -> None:
    """Is told nothing."""
