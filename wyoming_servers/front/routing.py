"""One connection from its first event to its last: which stage each request goes to, and how it may fail."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import monotonic

from wyoming.event import Event

from ..errors import MalformedEventError, SottoError, UnexpectedEventError, place_of
from ..protocol.connection import ClientGoneError, Connection
from ..protocol.service import FIRST_EVENTS, Service, Stage
from ..turns.log import TurnLog
from ..turns.wyoming import recorded

_LOGGER = logging.getLogger(__name__)

_LATE_EVENTS = frozenset({"audio-start", "audio-chunk", "audio-stop", "synthesize-stop", "synthesize-chunk"})
"""What a client may still have been sending when its answer came; after a request it is let pass."""


def _named(first: Event) -> str:
    """Return a request's type for the log; any other is a text of the client's, which may hold anything."""
    return first.type if first.type in FIRST_EVENTS or first.type in _LATE_EVENTS else "What is no request"


class Router:
    """Hands every request of a connection to the service of its stage.

    With a single service, audio may come without `transcribe` or `detect` before it.
    """

    def __init__(self, services: Mapping[Stage, Service], turns: TurnLog | None = None) -> None:
        """`turns` is told of every request."""
        self._services = services
        self._turns = turns

    async def serve(self, connection: Connection) -> None:
        """Answer the connection's requests until the client leaves or sends what is no event."""
        answered = False
        try:
            while True:
                first = await connection.read()
                if answered and first.type in _LATE_EVENTS:
                    continue
                answered = True
                if not await self._serve_one(connection, first):
                    return
        except ClientGoneError:
            return
        except SottoError as err:
            _LOGGER.info("A connection was closed: %s", err.code)
            await connection.write_error(err)

    async def _serve_one(self, connection: Connection, first: Event) -> bool:
        """Answer one request; False if the connection cannot go on."""
        started = monotonic()
        try:
            service = self._service_for(first)
            await self._serve_recorded(service, connection, first)
        except ClientGoneError:
            _LOGGER.debug("The client left during %s", first.type)
            return False
        except SottoError as err:
            _LOGGER.info("%s was answered with the error %s", _named(first), err.code)
            await connection.write_error(err)
            return not isinstance(err, MalformedEventError)
        except Exception as err:
            _LOGGER.error("%s failed: %s at %s", _named(first), type(err).__name__, place_of(err))  # noqa: TRY400
            _LOGGER.debug("%s failed", first.type, exc_info=True)
            await connection.write_error(SottoError("Something went wrong here.", remedy="The server's log says what."))
        _LOGGER.debug("%s took %.0f ms", first.type, (monotonic() - started) * 1000)
        return True

    async def _serve_recorded(self, service: Service, connection: Connection, first: Event) -> None:
        with recorded(self._turns, service.stage) as saw:
            saw(first)
            connection.watcher = saw
            try:
                await service.serve(connection, first)
            finally:
                connection.watcher = None

    def _service_for(self, first: Event) -> Service:
        stage = FIRST_EVENTS.get(first.type)
        if stage is None and first.type == "audio-start" and len(self._services) == 1:
            return next(iter(self._services.values()))
        if stage is None:
            raise UnexpectedEventError(
                f"A request cannot begin with {first.type}.",
                remedy=f"Begin with one of: {', '.join(sorted(FIRST_EVENTS))}.",
            )
        service = self._services.get(stage)
        if service is None:
            raise UnexpectedEventError(f"There is no {stage} here.", remedy="It runs on another port, or not at all.")
        return service
