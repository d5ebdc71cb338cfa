"""One client's connection: events in and out, within limits, and an end that is noticed while we work.

A reader task takes events off the socket all the time, so that `describe` is answered and a client that
goes away is seen while an engine computes. The wire format is a JSON header line, then optional JSON data
and an optional payload (https://github.com/OHF-Voice/wyoming).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong

from ..errors import LimitExceededError, MalformedEventError, SottoError, place_of

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

_OVERHEAD_BYTES = 256
"""Roughly what an event occupies besides what it came in."""
_DISCARD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one client may send, and how long it may take."""

    header_bytes: int = 64 * 1024
    data_bytes: int = 1024 * 1024
    payload_bytes: int = 4 * 1024 * 1024
    """Two minutes of 16 kHz mono in a single chunk."""
    inbox_bytes: int = 16 * 1024 * 1024
    """Events that wait to be handled; beyond it the socket is not read."""
    event_s: float = 20.0
    """From an event's first byte to its last."""
    idle_s: float = 300.0
    """Between two events, while it is the client's turn."""
    write_s: float = 60.0
    """For a client to take what was sent."""
    close_s: float = 1.0
    """For a client to close its end, or to take the last events, when we end the connection."""


class ClientGoneError(ConnectionError):
    """The client closed its end; there is nobody to tell."""


class Connection:
    """Events to and from one client. Used as an async context manager."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        limits: Limits,
        info: Callable[[], Event],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._info = info
        self._inbox: deque[tuple[Event, int]] = deque()
        """Each event with its size."""
        self._inbox_bytes = 0
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._gone = asyncio.Event()
        self._failure: SottoError | None = None
        self._write_lock = asyncio.Lock()
        self._pump_task: asyncio.Task[None] | None = None
        self.watcher: Callable[[Event], None] | None = None
        """Called with every event that was read or written, in their order; it raises nothing."""

    async def __aenter__(self) -> Self:
        self._pump_task = asyncio.create_task(self._pump(), name="wyoming-reader")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pump_task is not None:
            self._pump_task.cancel()
            await asyncio.gather(self._pump_task, return_exceptions=True)
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._limits.close_s):
                    if self._failure is not None:
                        await self._part()
                    self._writer.close()
                    await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()  # or what a client does not read would keep the socket for ever

    async def _part(self) -> None:
        """Let the client read why. A socket that is closed with bytes unread is reset, and the client may lose the
        error, or find that it cannot send and never look for one.
        """  # noqa: D205 - one sentence
        self._writer.write_eof()
        while await self._reader.read(_DISCARD_BYTES):
            pass

    @property
    def gone(self) -> bool:
        """Whether the client has closed its end."""
        return self._gone.is_set()

    async def read(self, timeout_s: float | None = None) -> Event:
        """Return the client's next event.

        Raises ClientGoneError when there are no more, MalformedEventError or LimitExceededError for bytes that
        are no event, and LimitExceededError when nothing came for `timeout_s` (by default the idle limit).
        """
        limit_s = self._limits.idle_s if timeout_s is None else timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while not self._inbox:
                    self._raise_if_ended()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise LimitExceededError(
                f"Nothing was received for {limit_s:g} s.", remedy="Connect again for the next request."
            ) from None
        event, size = self._inbox.popleft()
        self._inbox_bytes -= size
        self._drained.set()
        if self.watcher is not None:
            self.watcher(event)
        return event

    async def write(self, event: Event) -> None:
        """Send an event; raises ClientGoneError if the client no longer takes it."""
        try:
            async with self._write_lock, asyncio.timeout(self._limits.write_s):
                await async_write_event(event, self._writer)
        except (OSError, TimeoutError) as err:
            self._end()
            raise ClientGoneError("The client stopped reading.") from err
        if self.watcher is not None:
            self.watcher(event)

    async def write_error(self, error: SottoError) -> None:
        """Send an error as the protocol's `error` event."""
        await self.write(Error(text=str(error), code=error.code).event())

    async def while_connected(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work; cancel it and raise ClientGoneError if the client goes away meanwhile."""
        task = asyncio.create_task(work)
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ClientGoneError("The client closed the connection.")
        finally:
            for each in (task, gone):
                each.cancel()
            await asyncio.gather(task, gone, return_exceptions=True)

    def _raise_if_ended(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._gone.is_set():
            raise ClientGoneError("The client closed the connection.")

    def _end(self, failure: SottoError | None = None) -> None:
        self._failure = failure
        if failure is None:
            self._gone.set()
        self._changed.set()

    async def _pump(self) -> None:
        try:
            while (received := await self._receive()) is not None:
                await self._accept(*received)
        except SottoError as err:
            self._end(err)
        except (OSError, asyncio.IncompleteReadError):
            self._end()
        except Exception as err:  # noqa: BLE001 - the outermost edge: unnoticed, the client would wait for ever
            _LOGGER.error("Reading from a client failed: %s at %s", type(err).__name__, place_of(err))  # noqa: TRY400
            self._end(SottoError("Something went wrong here.", remedy="The server's log says what."))
        else:
            self._end()

    async def _accept(self, event: Event, size: int) -> None:
        if Describe.is_type(event.type):
            await self.write(self._info())
            return
        if Ping.is_type(event.type):
            await self.write(Pong(text=Ping.from_event(event).text).event())
            return
        self._inbox.append((event, size))
        self._inbox_bytes += size
        self._changed.set()
        while self._inbox_bytes > self._limits.inbox_bytes:
            self._drained.clear()
            await self._drained.wait()

    async def _receive(self) -> tuple[Event, int] | None:
        """Read one event off the socket, with the bytes it came in; None at a clean end."""
        first = await self._reader.read(1)
        if not first:
            return None
        try:
            async with asyncio.timeout(self._limits.event_s):
                return await self._receive_rest(first)
        except TimeoutError:
            raise MalformedEventError(f"Half an event, and nothing more for {self._limits.event_s:g} s.") from None

    async def _receive_rest(self, first: bytes) -> tuple[Event, int]:
        line = first + await self._read_line()
        header = _parse_object(line, "header")
        event_type = header.get("type")
        if not isinstance(event_type, str):
            raise MalformedEventError("The event's header has no type.")
        data = header.get("data") or {}
        if not isinstance(data, dict):
            raise MalformedEventError("The event's data is not an object.")
        raw_data = await self._read_block(header, "data_length", self._limits.data_bytes)
        if raw_data:
            data = {**data, **_parse_object(raw_data, "data")}
        payload = await self._read_block(header, "payload_length", self._limits.payload_bytes)
        return Event(event_type, data, payload or None), len(line) + len(raw_data) + len(payload) + _OVERHEAD_BYTES

    async def _read_line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise LimitExceededError(f"The event's header is larger than {self._limits.header_bytes} bytes.") from None

    async def _read_block(self, header: dict[str, Any], key: str, limit: int) -> bytes:
        length = header.get(key) or 0
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            raise MalformedEventError(f"The event's {key} is not a length.")
        if length > limit:
            raise LimitExceededError(f"The event's {key} is {length} bytes; the most is {limit}.")
        return await self._reader.readexactly(length)


def _parse_object(raw: bytes, part: str) -> dict[str, Any]:
    try:
        parsed = json.loads(raw.decode())
        if b"\\ud" in raw.lower():  # half of a surrogate pair is text that could be neither spoken nor sent back
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedEventError(f"The event's {part} is not JSON.") from None
    if not isinstance(parsed, dict):
        raise MalformedEventError(f"The event's {part} is not a JSON object.")
    return parsed
