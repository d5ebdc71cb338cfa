"""One request while it is served: where its time goes. Nothing here can make a request fail.

The front sees the events of a request and tells them to its `Recording`; what no event says, such as when speech
began, engines' own code tells by `mark` and `engine`, wherever it runs in the request's task or one of its children.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from time import monotonic

from .turn import Phase, Timing

_LOGGER = logging.getLogger(__name__)

_current: ContextVar[Marks | None] = ContextVar("sotto_request", default=None)


class Marks:
    """What was told of one request."""

    def __init__(self) -> None:
        self.timings: list[Timing] = []
        self.engines: dict[Phase, str] = {}

    def engine_of(self, phase: Phase) -> str:
        """Return what was used for a phase; "" if nobody said so."""
        return self.engines.get(phase, "")


@contextlib.contextmanager
def marking() -> Iterator[Marks]:
    """Gather what is told in here."""
    marks = Marks()
    token = _current.set(marks)
    try:
        yield marks
    finally:
        _current.reset(token)


def mark(phase: Phase, from_s: float, to_s: float, *, first_s: float | None = None, note: str = "") -> None:
    """Tell of a phase, in seconds of the monotonic clock; `note` has no words that were said."""
    if (marks := _current.get()) is not None:
        marks.timings.append(Timing(phase, from_s, to_s, note=note, first_s=first_s))


def engine(phase: Phase, name: str) -> None:
    """Tell what a phase is done with."""
    if (marks := _current.get()) is not None:
        marks.engines[phase] = name


@contextlib.contextmanager
def timed(phase: Phase, clock: Callable[[], float] = monotonic) -> Iterator[None]:
    """Tell of a phase that lasts as long as this."""
    began_s = clock()
    try:
        yield
    finally:
        mark(phase, began_s, clock())
