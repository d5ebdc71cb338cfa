"""A browser's microphone: a WebSocket on which samples come, and what they are taken for goes back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import voluptuous as vol
from aiohttp import WSMessage, WSMsgType, web

from ..errors import BadRequestError
from ..http.body import checked, parse_object
from ..protocol.audio import AudioConverter

MESSAGE_BYTES = 256 * 1024
SILENT_S = 10.0
"""Without a message for so long, a browser that should send is not waited for any longer."""
MOST_S = 120.0
"""Of audio. Speech-to-text ends an utterance long before."""
TAKEN_WITHIN_S = 10.0
PARTED_WITHIN_S = 2.0
_ALIVE_S = 20.0

_BEGIN = vol.Schema(
    {
        vol.Optional("language", default=""): vol.Any(vol.All(str, vol.Length(max=40)), None),
        vol.Optional("rate", default=16_000): vol.All(vol.Any(int, float), vol.Range(1, 1_000_000), vol.Coerce(int)),
    }
)
_DONE = vol.Schema({vol.Required("done"): True})


class Microphone:
    """One utterance of one browser."""

    def __init__(self) -> None:
        self.response = web.WebSocketResponse(
            max_msg_size=MESSAGE_BYTES, heartbeat=_ALIVE_S, timeout=PARTED_WITHIN_S, compress=False
        )
        self.source = asyncio.StreamReader()
        """The samples, 16-bit mono, and their end."""
        self._bytes_left = 0.0
        self._is_ended = False

    async def open(self, request: web.Request) -> None:
        """Agree on a WebSocket; raises BadRequestError where none is asked for."""
        if not self.response.can_prepare(request):
            raise BadRequestError("This address takes a WebSocket.", remedy="Connect with one.")
        await self.response.prepare(request)

    async def begin(self) -> tuple[str | None, int]:
        """Return the language, None for any, and the rate of what follows; raises BadRequestError for what is none."""
        with suppress(TimeoutError):
            message = await self.response.receive(SILENT_S)
            if message.type is WSMsgType.TEXT:
                return self._begin(checked(_BEGIN, parse_object(message.data.encode())))
        raise BadRequestError("The first message says what follows.", remedy='Send {"language": "", "rate": 16000}.')

    def _begin(self, asked: dict[str, Any]) -> tuple[str | None, int]:
        AudioConverter(rate_hz=asked["rate"], width=2, channels=1)  # it raises for a rate that cannot be one
        self._bytes_left = MOST_S * asked["rate"] * 2
        return asked["language"] or None, asked["rate"]

    async def while_open(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work while samples come; cancel it when the browser has gone.

        Raises what the work raises, and BadRequestError for a message that is neither samples nor their end.
        """
        working = asyncio.create_task(work, name="try-listen")
        reading = asyncio.create_task(self._read(), name="try-microphone")
        try:
            await asyncio.wait({working, reading}, return_when=asyncio.FIRST_COMPLETED)
            (working if working.done() else reading).result()
        finally:
            working.cancel()
            reading.cancel()
            await asyncio.gather(working, reading, return_exceptions=True)

    async def _read(self) -> None:
        """Take messages until the browser has gone."""
        while True:
            try:
                message = await self.response.receive(None if self._is_ended else SILENT_S)
            except TimeoutError:
                self._end()
                continue
            if message.type not in {WSMsgType.BINARY, WSMsgType.TEXT}:
                return
            self._take(message)

    def _take(self, message: WSMessage) -> None:
        if message.type is WSMsgType.TEXT:
            checked(_DONE, parse_object(message.data.encode()))
            self._end()
            return
        self._bytes_left -= len(message.data)
        if self._bytes_left < 0:
            self._end()
        elif not self._is_ended:
            self.source.feed_data(message.data)

    def _end(self) -> None:
        """Let there be no more samples; what still comes is passed over."""
        self._is_ended = True
        self.source.feed_eof()

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event; to a browser that has gone or takes none, nothing is sent."""
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(TAKEN_WITHIN_S):
                await self.response.send_json(event)

    async def close(self) -> None:
        """Part."""
        with suppress(ConnectionError, RuntimeError):
            await self.response.close()
