"""The demo house as a stage: executes intents for clients that have no Home Assistant to do it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Info
from wyoming.intent import Intent, IntentsStart, IntentsStop

from ..errors import HomeError, LimitExceededError, UnexpectedEventError
from ..host import EngineHost
from ..protocol.connection import Connection
from ..protocol.fields import parse
from ..protocol.service import Service, Stage
from .demo import DemoHome, Done, Order

_LOGGER = logging.getLogger(__name__)

MAX_INTENTS = 32
"""How many intents one request may have."""


class _Executor:
    """What the worker does; nothing needs to be loaded."""

    def load(self) -> None:
        """Nothing to read."""


class HomeService(Service):
    """Answers an `intent`, or several between `intents-start` and `intents-stop`.

    The answer is `handled` with what is said and, in the context, `changes`: the entities that changed; or
    `not-handled` with the reason, and then nothing changed.
    """

    stage = Stage.HOME

    def __init__(self, home: DemoHome) -> None:
        self._home = home
        self._host = EngineHost("home", [_Executor()])

    @property
    def info(self) -> Info:
        """Nothing: Home Assistant has no use for this stage."""
        return Info()

    async def start(self) -> None:
        """Start the worker, on which templates are rendered."""
        self._host.start()

    async def stop(self) -> None:
        """End the worker."""
        await self._host.stop()

    async def serve(self, connection: Connection, first: Event) -> None:
        """Execute the request's intents."""
        orders = await self._orders(connection, first)
        try:
            done = await connection.while_connected(self._host.run(lambda _: self._home.execute(orders)))
        except HomeError as err:
            _LOGGER.debug("The demo house refused: %s", err)
            await connection.write(NotHandled(text=str(err)).event())
        else:
            await connection.write(_handled(done))

    async def _orders(self, connection: Connection, first: Event) -> Sequence[Order]:
        if not IntentsStart.is_type(first.type):
            return [_order(first)]
        orders: list[Order] = []
        while not IntentsStop.is_type((event := await connection.read()).type):
            if not Intent.is_type(event.type):
                raise UnexpectedEventError(f"{event.type} came between intents.", remedy="Send intents-stop first.")
            orders.append(_order(event))
            if len(orders) > MAX_INTENTS:
                raise LimitExceededError(f"More than {MAX_INTENTS} intents came at once.", remedy="Send fewer.")
        return orders


def _order(event: Event) -> Order:
    intent = parse(Intent, event)
    return Order(intent.name, {entity.name: entity.value for entity in intent.entities}, intent.text or "")


def _handled(done: Done) -> Event:
    return Handled(text=done.text, context={"changes": list(done.changes)}).event()
