"""Reads one document for the server: `python -m wyoming_servers.conversation.knowledge.reading`, the order on stdin."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from ....errors import SottoError
from ...json_lines import Line, decode, encode
from ..packages import require
from .errors import Unreadable, UnreadableError, broken, gone
from .limits import Limits
from .reader import read
from .wire import Order, error_to_json, section_to_json

_NICE = 10
"""Speech comes first."""


def main() -> int:
    """Read one order, and write what comes of it; returns the exit code."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a native library prints must not get between the answers

    def say(line: Line) -> None:
        answers.write(encode(line))
        answers.flush()

    order = Order.from_line(decode(sys.stdin.buffer.readline()))
    os.nice(_NICE)
    _limit(order.limits)
    try:
        _answer(order, say)
    except SottoError as err:
        say({"error": error_to_json(err)})
    return 0


def _answer(order: Order, say: Callable[[Line], None]) -> None:
    require()
    try:
        reading = read(Path(order.path), order.name, order.limits, lambda done, total: say({"progress": [done, total]}))
        for section in reading.sections:
            say({"section": section_to_json(section)})
        say({"end": {"title": reading.title, "kind": reading.kind, "warnings": reading.warnings}})
    except MemoryError as err:
        raise UnreadableError(
            Unreadable.NO_MEMORY,
            f"The document needs more than {order.limits.memory_bytes / 2**20:.0f} MB of memory.",
            remedy="Add only the part of it that is needed, or save it in a simpler format.",
        ) from err
    except OSError as err:
        raise gone(err.strerror or "") from err
    except SottoError:
        raise
    except Exception as err:
        print(f"{type(err).__name__} in {_place(err)}", file=sys.stderr)  # noqa: T201 - the server logs it
        raise broken("a document that can be read") from err


def _limit(limits: Limits) -> None:
    """Have the system end this process when it takes more than it may."""
    seconds = int(limits.seconds) + 1
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


if __name__ == "__main__":
    sys.exit(main())
