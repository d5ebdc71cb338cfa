"""One authenticated connection to Home Assistant's WebSocket API, on the package `homeassistant-api`.

Importing this module imports that package, which takes about a second: `home_assistant.py` does it on a
thread, and only when a house is followed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Self

from homeassistant_api import AsyncWebsocketClient
from homeassistant_api.errors import HomeassistantAPIError, UnauthorizedError
from niquests import AsyncSession
from niquests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from .failures import HomeRefusedError, HomeUnreachableError

CONNECT_S = 15.0
CLOSE_S = 2.0
ANSWER_S = 20.0
"""How long Home Assistant may take for an answer; while it starts it can be this slow."""

_LOGGER = logging.getLogger(__name__)

_BROKEN = (HomeassistantAPIError, HTTPError, OSError, AttributeError, TypeError, ValueError)
"""What the packages below raise when the other side is gone or no Home Assistant. TimeoutError is an OSError."""

_NOT_ADMINISTRATOR = "unauthorized"
_NO_SUCH_COMMAND = "unknown_command"

# At INFO the package logs every state that it receives.
logging.getLogger("homeassistant_api").setLevel(logging.WARNING)

EventHandler = Callable[[Any], None]


class _Client(AsyncWebsocketClient):
    """The package's client with answers to several commands at once, and events as they came.

    The package's own reading checks every event against models that know no events of `subscribe_entities`, and
    keeps something of each command for ever.
    """

    def __init__(self, url: str, token: str, *, session: AsyncSession) -> None:
        super().__init__(url, token, session=session)
        self.answers: dict[int, asyncio.Future[Any]] = {}
        self.handlers: dict[int, EventHandler] = {}
        self.ready = False
        self._sending = asyncio.Lock()

    async def ask(self, command: str, handler: EventHandler | None, fields: dict[str, Any]) -> tuple[int, Any]:
        """Send a command; return its number and the message that answers it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        async with self._sending:  # numbers have to arrive in their order
            number = self._id_counter + 1
            self.answers[number] = answer
            if handler is not None:
                self.handlers[number] = handler
            await self.send(command, **fields)
            self._event_responses.pop(number, None)
            self._result_responses.pop(number, None)
        try:
            return number, await answer
        finally:
            self.answers.pop(number, None)

    def handle_recv(self, data: dict[str, Any]) -> None:
        """Hand a message to whoever waits for it; the package calls this for each."""
        if not self.ready:
            super().handle_recv(data)
            return
        number = data.get("id")
        if not isinstance(number, int):
            return
        if data.get("type") == "event":
            if handler := self.handlers.get(number):
                handler(data.get("event"))
        elif (answer := self.answers.get(number)) is not None and not answer.done():
            answer.set_result(data)

    def give_up(self) -> None:
        """End the waiting for answers that will not come."""
        for answer in self.answers.values():
            if not answer.done():
                answer.set_result(None)

    async def drop(self) -> None:
        """Close the connection, in whatever state it is: the package leaves one open that was refused.

        A cancellation meanwhile waits until it is closed; that takes CLOSE_S at most.
        """
        closing = asyncio.create_task(self._close(), name="home-assistant-close")
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise

    async def _close(self) -> None:
        with contextlib.suppress(Exception):  # it is given up, and may be broken in any way
            async with asyncio.timeout(CLOSE_S):
                if hasattr(self, "_ws"):
                    await self._ws.close()
                await self._session.close()


class Link:
    """A connection that is open from `async with` on. Commands may be sent side by side."""

    def __init__(self, url: str, token: str) -> None:
        """Take the address of the WebSocket, `ws://…` or `wss://…`, and an administrator's access token."""
        # A house needs no other protocol than HTTP/1.1, and nobody else is to be asked about its certificate.
        session = AsyncSession(
            disable_http2=True,
            disable_http3=True,
            revocation_configuration=None,
            timeout=CONNECT_S,
            happy_eyeballs=True,
        )
        session.trust_env = False
        self._client = _Client(url, token, session=session)
        self._reader: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Connect; raises HomeUnreachableError, or HomeRefusedError when the token is not accepted."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._client.__aenter__()
        except UnauthorizedError:
            await self._client.drop()
            raise HomeRefusedError.token() from None
        except (*_BROKEN, RequestException) as err:
            await self._client.drop()
            raise HomeUnreachableError(f"Home Assistant does not answer: {type(err).__name__}.") from err
        except BaseException:
            await self._client.drop()
            raise
        self._client.ready = True
        self._reader = asyncio.create_task(self._read(), name="home-assistant-reader")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._client.drop()

    async def command(self, command: str, **fields: Any) -> Any:
        """Return a command's result; None where this Home Assistant does not know the command.

        Raises HomeUnreachableError when the connection is lost or the answer takes too long, and
        HomeRefusedError when the token's user may not ask.
        """
        return (await self._ask(command, None, fields))[1]

    async def subscribe(self, handler: EventHandler, command: str, **fields: Any) -> int:
        """Have the handler called with every event; returns the number by which `unsubscribe` ends it."""
        return (await self._ask(command, handler, fields))[0]

    async def unsubscribe(self, number: int) -> None:
        """End a subscription."""
        await self._ask("unsubscribe_events", None, {"subscription": number})
        self._client.handlers.pop(number, None)

    async def wait_lost(self) -> None:
        """Return when the connection is lost."""
        await self._lost.wait()

    async def _ask(self, command: str, handler: EventHandler | None, fields: dict[str, Any]) -> tuple[int, Any]:
        if self._lost.is_set():
            raise HomeUnreachableError.lost()
        try:
            async with asyncio.timeout(ANSWER_S):
                number, answer = await self._client.ask(command, handler, fields)
        except TimeoutError:
            raise HomeUnreachableError(f"Home Assistant did not answer {command} within {ANSWER_S:g} s.") from None
        except _BROKEN as err:
            raise HomeUnreachableError.lost() from err
        if answer is None:
            raise HomeUnreachableError.lost()
        return number, _result(command, answer)

    async def _read(self) -> None:
        try:
            await self._client.recv(-1)  # no message has this number: every one goes to handle_recv
        except _BROKEN as err:
            _LOGGER.debug("Reading from Home Assistant ended: %s", type(err).__name__)
        finally:
            self._lost.set()
            self._client.give_up()


def _result(command: str, answer: dict[str, Any]) -> Any:
    if answer.get("success"):
        return answer.get("result")
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code == _NO_SUCH_COMMAND:
        return None
    if code == _NOT_ADMINISTRATOR:
        raise HomeRefusedError.rights()
    raise HomeUnreachableError(f"Home Assistant answered {command} with the error {code}.")
