"""The demo house as a stage: executes intents for clients that have no Home Assistant to do it."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import logging
import re
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
            await connection.write(NotHandled(text=_reason(err, orders)).event())
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


_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")

_IN_CHINESE = {
    "Nothing in this house matches.": "没有找到这样的设备。",
    "No light here can do that.": "这里的灯做不到。",
    "Several in this house match.": "有好几个，请说出是哪一个，或者哪个房间。",
    "Several timers match.": "有好几个计时器，请说出名字或者时长。",
    "That is not on the list.": "清单上没有这一项。",
    "That temperature is out of range.": "这个温度超出了范围。",
    "There is no such timer.": "没有这样的计时器。",
}
_ANYTHING_ELSE_IN_CHINESE = "抱歉，这个做不到。"


def _reason(err: HomeError, orders: Sequence[Order]) -> str:
    """Return why the house refused, in Chinese where the answers to these orders would have been Chinese."""
    if not any(_IDEOGRAPH.search(order.text) for order in orders):
        return str(err)
    return _IN_CHINESE.get(err.message, _ANYTHING_ELSE_IN_CHINESE)


def _order(event: Event) -> Order:
    intent = parse(Intent, event)
    return Order(intent.name, {entity.name: entity.value for entity in intent.entities}, intent.text or "")


def _handled(done: Done) -> Event:
    return Handled(text=done.text, context={"changes": list(done.changes)}).event()
