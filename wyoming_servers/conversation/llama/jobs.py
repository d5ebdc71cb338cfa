"""The requests that wait for a model: what somebody waits for first, each kind in the order of arrival."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from ...errors import OverloadedError, SottoError
from ..json_lines import Line
from .wire import error_from_json

CHAT = "chat"
PREFILL = "prefill"
QUERY = "query"
PASSAGES = "passages"
RERANK = "rerank"


@dataclass(frozen=True)
class Kinds:
    """What a model is asked for."""

    urgent: str
    """What somebody waits for."""
    background: str = ""
    """What gives way to it."""


TALK = Kinds(CHAT, PREFILL)
EMBED = Kinds(QUERY, PASSAGES)
RANK = Kinds(RERANK)


class Job:
    """A request, and what the process says to it."""

    def __init__(self, number: int, kind: str, request: Line) -> None:
        self.number = number
        self.kind = kind
        self.request = request
        self.begun = asyncio.Event()
        self.abandoned = False
        self.finished = False
        self._call_off: Callable[[], None] | None = None
        self._lines: asyncio.Queue[Line | SottoError] = asyncio.Queue()

    def begin(self, call_off: Callable[[], None]) -> None:
        """Note that the process has it; `call_off` tells it to stop."""
        self._call_off = call_off
        self.begun.set()

    def put(self, line: Line) -> None:
        """Pass on what the process said to it."""
        self.finished = "end" in line or "error" in line
        self._lines.put_nowait(line)

    def fail(self, error: SottoError) -> None:
        """End it with an error."""
        self.finished = True
        self._lines.put_nowait(error)
        self.begun.set()

    def abandon(self) -> None:
        """Stop it: nobody wants the result any more."""
        if not self.abandoned and not self.finished:
            self.abandoned = True
            if self._call_off is not None:
                self._call_off()

    async def lines(self) -> AsyncGenerator[Line, None]:
        """Yield what the process says, the end included; raises the error that it ends with."""
        while True:
            line = await self._lines.get()
            if isinstance(line, SottoError):
                raise line
            if "error" in line:
                raise error_from_json(line["error"])
            yield line
            if "end" in line:
                return


class JobQueue:
    """Requests that nobody works on yet, and the one that is worked on."""

    def __init__(self, max_waiting: int, kinds: Kinds = TALK, subject: str = "language model") -> None:
        """`subject` is what people call the model."""
        self._max_waiting = max_waiting
        self._kinds = kinds
        self._subject = subject
        self._numbers = itertools.count(1)
        self._waiting: dict[str, deque[Job]] = {kinds.urgent: deque(), kinds.background: deque()}
        self.current: Job | None = None
        self.changed = asyncio.Event()
        """Set when there is something to do."""

    def __bool__(self) -> bool:
        return any(self._waiting.values())

    def waiting(self, kind: str) -> int:
        """How many of a kind nobody works on yet."""
        return len(self._waiting[kind])

    def add(self, kind: str, request: Line) -> Job:
        """Queue a request; raises OverloadedError if too many wait. It stops what is less urgent."""
        waiting = self._waiting[kind]
        if len(waiting) >= self._max_waiting:
            raise OverloadedError(
                f"{len(waiting)} requests already wait for the {self._subject}.", remedy="Try again in a moment."
            )
        job = Job(next(self._numbers), kind, request)
        waiting.append(job)
        if kind == self._kinds.urgent and self.current is not None and self.current.kind == self._kinds.background:
            self.current.abandon()
        self.changed.set()
        return job

    def take(self) -> Job | None:
        """Return what is to be done next."""
        for waiting in self._waiting.values():
            if waiting:
                return waiting.popleft()
        return None

    def abandon(self, job: Job) -> None:
        """Forget a request that waits, or stop it if it is worked on."""
        if job in self._waiting[job.kind]:
            self._waiting[job.kind].remove(job)
        else:
            job.abandon()

    def fail_all(self, error: SottoError) -> None:
        """End all that wait with an error."""
        while (job := self.take()) is not None:
            job.fail(error)
