"""`/api/try/…`: a turn that is typed on the page, or spoken into the browser's microphone."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import voluptuous as vol
from aiohttp import web

from ..errors import SottoError
from ..home.model import Home
from ..http.body import checked, longer_text
from ..http.chat import read_body
from ..http.failures import told
from ..http.told_turns import turn_object
from ..pipeline.assisting import Answered, Assisting
from ..turns.log import TurnLog
from ..turns.turn import Exchange, Outcome, Phase, Turn
from .microphone import Microphone
from .spoken import Spoken

_LOGGER = logging.getLogger(__name__)

MOST_CHARS = 2000
TOLD_WITHIN_S = 1.0
"""For a turn to have all its stages, once the last one is over."""

_BODY = vol.Schema({vol.Required("text"): longer_text(MOST_CHARS), vol.Optional("language"): vol.Any(str, None)})


class Trying:
    """Takes turns at the servers of this process, and shows what each stage did."""

    def __init__(self, uri: Callable[[], str], home: Home, turns: TurnLog) -> None:
        """`uri()` is where the Wyoming port is."""
        self._assisting = Assisting(uri, home)
        self._turns = turns
        self._spoken = Spoken()
        self._changed = asyncio.Event()
        turns.listen(self._on_turn)

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [
            web.post("/api/try/text", self._text),
            web.get("/api/try/listen", self._listen, allow_head=False),
            web.get("/api/try/audio/{id}.wav", self._spoken.send),
        ]

    async def _text(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = await read_body(request, lambda body: checked(_BODY, body))
        language, conversation = asked.get("language") or None, _conversation()
        answered = await self._assisting.answer(asked["text"], language, conversation)
        audio = await self._speak(answered.text, language)
        turn = await self._turn(conversation, is_spoken=audio is not None)
        return web.json_response({"turn": turn, "answer": answered.text, **_acts(answered), "audio": audio})

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        """Hear one utterance and answer it; whatever goes wrong is an event, and the last one."""
        microphone = Microphone()
        await microphone.open(request)
        try:
            language, rate_hz = await microphone.begin()
            await microphone.while_open(self._heard(microphone, language, rate_hz))
        except Exception as err:  # noqa: BLE001 - `told` logs it; the answer is a WebSocket already
            error = told(err)
            failure = {"code": error.code, "message": error.message, "remedy": error.remedy}
            await microphone.send({"event": "error", **failure})
        await microphone.close()
        return microphone.response

    async def _heard(self, microphone: Microphone, language: str | None, rate_hz: int) -> None:
        began_s = self._turns.clock()
        text = await self._assisting.transcribe(microphone.source, rate_hz, language)
        await microphone.send({"event": "transcript", "text": text})
        if not text.strip():
            await microphone.send({"event": "turn", "turn": self._silent(began_s)})
            return
        conversation = _conversation()
        answered = await self._assisting.answer(text, language, conversation)
        await microphone.send({"event": "answer", "text": answered.text, **_acts(answered)})
        audio = await self._speak(answered.text, language)
        if audio is not None:
            await microphone.send({"event": "audio", "url": audio})
        turn = await self._turn(conversation, is_spoken=audio is not None)
        await microphone.send({"event": "turn", "turn": turn})

    async def _speak(self, text: str, language: str | None) -> str | None:
        """Return where the answer can be heard; None where nothing is said, or nothing can speak."""
        if not text.strip():
            return None
        try:
            return self._spoken.keep(await self._assisting.speak(text, language))
        except SottoError as err:
            _LOGGER.info("An answer could not be spoken for the page: %s", err.code)
            return None

    async def _turn(self, conversation: str, *, is_spoken: bool) -> dict[str, Any] | None:
        """Return the turn of a conversation; its last stage tells of itself a moment after its last sound."""

        def is_whole(turn: Turn | None) -> bool:
            return turn is not None and (turn.has(Phase.TTS) or not is_spoken)

        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_WITHIN_S):
                while not is_whole(self._turns.of_conversation(conversation)):
                    self._changed.clear()
                    await self._changed.wait()
        turn = self._turns.of_conversation(conversation)
        return turn_object(turn) if turn is not None else None

    def _silent(self, since_s: float) -> dict[str, Any] | None:
        """Return the turn in which nothing was heard."""
        silent = (each for each in self._turns.turns if each.outcome is Outcome.SILENT and each.ended_s >= since_s)
        turn = next(silent, None)
        return turn_object(turn) if turn is not None else None

    def _on_turn(self, _: Turn, __: Exchange) -> None:
        self._changed.set()


def _conversation() -> str:
    return f"page-{secrets.token_hex(8)}"


def _acts(answered: Answered) -> dict[str, Any]:
    return {"intents": list(answered.intents), "executed": answered.executed}
