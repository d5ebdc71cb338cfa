from __future__ import annotations

from collections.abc import Awaitable, Callable

from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage


class Nameless(Service):
    """A service that cannot say what it is."""

    stage = Stage.CONVERSATION

    @property
    def info(self) -> Info:
        raise RuntimeError

    async def serve(self, connection: Connection, first: Event) -> None:
        """Never asked."""


async def test_a_describe_that_fails_is_answered_with_an_error(
    serve: Callable[..., Awaitable[int]], connect: Callable[[int], Awaitable[AsyncTcpClient]]
) -> None:
    client = await connect(await serve(Nameless()))
    await client.write_event(Describe().event())
    event = await client.read_event()
    assert event is not None
    assert Error.from_event(event).code == "internal-error"
