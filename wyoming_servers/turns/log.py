"""The latest turns, in memory only: whoever reads them here is the household; no log has them, no disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic

from .turn import Exchange, Request, Turn, after_wake, begun, belongs_to, grown, woke

_LOGGER = logging.getLogger(__name__)

KEPT = 50
WAKES_KEPT = 8
"""Wake words whose transcription has not ended: one for each satellite that is being spoken to."""

Listener = Callable[[Turn, Exchange], None]
"""Called with a turn, as it is now, and what is new of it."""


def _now() -> datetime:
    return datetime.now().astimezone()


class TurnLog:
    """Puts exchanges together to turns. All of it runs on the event loop."""

    def __init__(self, clock: Callable[[], float] = monotonic, now: Callable[[], datetime] = _now) -> None:
        """`clock` is the one that exchanges are timed by; `now` is the time of day."""
        self.clock = clock
        self._now = now
        self._turns: deque[Turn] = deque(maxlen=KEPT)
        """The latest first."""
        self._wakes: deque[Exchange] = deque(maxlen=WAKES_KEPT)
        self._listeners: list[Listener] = []
        self._under_way = 0
        self._quiet_from_s = clock()

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a request as being answered."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._quiet_from_s = self.clock()

    @property
    def quiet_s(self) -> float:
        """For how long nobody has asked for anything, and no wake word was heard; 0 while somebody is answered."""
        return 0.0 if self._under_way else self.clock() - self._quiet_from_s

    async def until_quiet(self, for_s: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Return when it has been quiet for so long."""
        while (left_s := for_s - self.quiet_s) > 0:
            await sleep(left_s)

    @property
    def turns(self) -> list[Turn]:
        """The latest turns, the latest first."""
        return list(self._turns)

    def of_conversation(self, conversation: str) -> Turn | None:
        """Return the latest turn of a conversation."""
        return next((each for each in self._turns if each.conversation == conversation), None)

    def listen(self, listener: Listener) -> None:
        """Call the listener whenever there is a turn, or more of one."""
        self._listeners.append(listener)

    def add(self, exchange: Exchange) -> None:
        """Take what a stage has done. Raises nothing: a turn that is not told is better than one that fails."""
        self._quiet_from_s = self.clock()
        try:
            if (turn := self._put(exchange)) is not None:
                for listener in self._listeners:
                    listener(turn, exchange)
        except Exception as err:  # noqa: BLE001 - whatever is wrong here, the request was served
            _LOGGER.warning("A turn could not be kept: %s", type(err).__name__)

    def _put(self, exchange: Exchange) -> Turn | None:
        if exchange.request is Request.WAKE:
            self._wakes.appendleft(exchange)
            return None
        known = belongs_to(exchange, self._turns)
        if known is not None:
            turn = grown(known, exchange)
            at = next(number for number, each in enumerate(self._turns) if each is known)
            self._turns[at] = turn
            return turn
        if exchange.request is Request.ACTION:
            return None  # somebody tells the demo house what nobody said
        turn = self._begun(exchange)
        self._turns.appendleft(turn)
        return turn

    def _begun(self, exchange: Exchange) -> Turn:
        turn = begun(exchange, secrets.token_hex(8), self._time_of(exchange.began_s))
        wake = woke(self._wakes, exchange) if exchange.request is Request.TRANSCRIPT else None
        if wake is None:
            return turn
        self._wakes.remove(wake)
        return after_wake(turn, wake, self._time_of(wake.began_s))

    def _time_of(self, clock_s: float) -> datetime:
        return self._now() - timedelta(seconds=self.clock() - clock_s)
