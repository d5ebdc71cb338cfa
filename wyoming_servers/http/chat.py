"""`/v1/chat/completions` and `/api/prefill`: a body in, the mind's answer out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from aiohttp import web

from ..conversation.consulting import Consulting
from ..conversation.engine import ChatEvent, ChatRequest, Finished, FinishReason, Message, Role, TextDelta
from ..conversation.mind import Mind, any_command
from ..errors import EngineUnavailableError, SottoError
from ..settings import Settings
from ..turns.chat import ChatRecording, recorded_chat
from ..turns.log import TurnLog
from .answer import Chunks, Completion
from .body import parse_object
from .completion import Asked, must_be_answered, parse_completion
from .errors import BodyTimeoutError, BodyTooLargeError, MediaTypeError
from .failures import told
from .homes import Homes
from .images import MOST_BYTES as IMAGES_BYTES
from .metrics import Metrics, Timing
from .stream import SIGN_OF_LIFE_S, EventStream, with_pauses
from .turn import Turn
from .turns import Turns

_LOGGER = logging.getLogger(__name__)

BODY_WITHIN_S = 20.0
_LARGE_BYTES = 64 * 1024
"""From here on, reading JSON takes long enough that others would notice."""


async def read_body(request: web.Request, parse: Callable[[dict[str, Any]], Any], most_bytes: int | None = None) -> Any:
    """Return what `parse` makes of the body's JSON object, perhaps in a thread; raises what it raises, and for a body
    that is none, or that is larger than `most_bytes`, or else than what the door takes.
    """  # noqa: D205 - one sentence
    if request.content_type != "application/json":
        raise MediaTypeError("The body must be JSON.", remedy="Send Content-Type: application/json.")
    if most_bytes is not None:
        request = request.clone(client_max_size=most_bytes)
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            raw = await request.read()
    except TimeoutError:
        raise BodyTimeoutError(f"The body did not arrive within {BODY_WITHIN_S:g} s.") from None
    except web.HTTPRequestEntityTooLarge:
        raise BodyTooLargeError(
            "The body is too large.", remedy=f"Send at most {request.client_max_size // 1024**2} MB."
        ) from None
    if len(raw) < _LARGE_BYTES:
        return parse(parse_object(raw))
    return await asyncio.to_thread(lambda: parse(parse_object(raw)))


@dataclass(frozen=True)
class Told:
    """Who is told of an answer while it is written."""

    timing: Timing
    recording: ChatRecording

    def saw(self, event: ChatEvent) -> None:
        """Tell of the next event."""
        self.timing.saw(event)
        self.recording.saw(event)


class Chat:
    """Answers with what the mind says."""

    def __init__(
        self,
        settings: Settings,
        mind: Mind | None,
        homes: Homes,
        metrics: Metrics,
        consulting: Consulting,
        log: TurnLog | None = None,
    ) -> None:
        self._log = log
        self._settings = settings
        self._maybe_mind = mind
        self._turns = Turns(settings, homes, consulting)
        self._metrics = metrics
        self._answered: ChatRequest | None = None
        """What the mind was asked to answer last by this door."""

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /v1/chat/completions`."""
        timing = Timing(self._metrics, monotonic)
        asked = await self._read(request)
        must_be_answered(asked.request)
        with self._recorded(asked) as recording:
            return await self._complete(request, asked, Told(timing, recording))

    def _recorded(self, asked: Asked) -> AbstractContextManager[ChatRecording]:
        """Record an answer of a home's; that of any other client is nobody's turn."""
        fields = asked.sotto
        log = self._log if fields is not None and fields.prompt is not None else None
        language = (fields.language if fields is not None else None) or self._settings.server.language
        conversation = (fields.prompt.conversation if fields is not None and fields.prompt is not None else None) or ""
        return recorded_chat(log, asked.request, language, conversation)

    async def _complete(self, request: web.Request, asked: Asked, told: Told) -> web.StreamResponse:
        turn = await self._turns.make(asked)
        self._turns.remember(asked, turn)
        events = self._answer(turn, told)
        if asked.stream:
            chunks = Chunks(self._model, include_usage=asked.include_usage, sources_of=turn.sources_of)
            return await self._stream(request, chunks, events)
        completion = Completion(self._model, turn.sources_of)
        async with aclosing(events):
            async for event in events:
                completion.add(event)
        return web.json_response(completion.object())

    async def prefill(self, request: web.Request) -> web.Response:
        """Answer `POST /api/prefill`: evaluate what is known of the next turn."""
        asked = await self._read(request)
        if asked.sotto is None or asked.sotto.prompt is None:
            asked = replace(asked, request=_with_user(asked.request))
        elif self._other_door_answers:
            return web.json_response({"tokens": 0})
        turn = await self._turns.make(asked, ahead=True)
        return web.json_response({"tokens": await self._mind.prefill(turn.request)})

    @property
    def _other_door_answers(self) -> bool:
        """Whether the mind's latest answer went to the other door: its prompt is what is evaluated now.

        A client that prepares does not know whether its words come next. The Wyoming door gives way likewise.
        """
        return self._mind.answered is not None and self._mind.answered is not self._answered

    @property
    def _mind(self) -> Mind:
        if self._maybe_mind is None or not self._maybe_mind.is_there:
            raise EngineUnavailableError(
                "There is no language model here.",
                remedy="Put a GGUF file into the folder `llm`, or name an endpoint with --llm-url.",
            )
        return self._maybe_mind

    @property
    def _model(self) -> str:
        """What an answer is said to be of; without a model it is of the documents, or there is none."""
        mind = self._maybe_mind
        return mind.status.model if mind is not None and mind.is_there else "documents"

    async def _read(self, request: web.Request) -> Asked:
        asked: Asked = await read_body(request, self._parse, IMAGES_BYTES if self._sees_images else None)
        return asked

    def _parse(self, body: dict[str, Any]) -> Asked:
        llm = self._settings.llm
        return parse_completion(body, max_tokens=llm.max_tokens, temperature=llm.temperature, vision=self._sees_images)

    @property
    def _sees_images(self) -> bool:
        return self._maybe_mind is not None and self._maybe_mind.status.vision

    async def _answer(self, turn: Turn, told: Told) -> AsyncGenerator[ChatEvent, None]:
        events = self._ask(turn) if turn.said is None else _say(turn.said)
        try:
            async with aclosing(events):
                async for event in events:
                    told.saw(event)
                    yield turn.outward(event)
        except Exception as err:
            told.recording.failed(err)
            raise

    async def _ask(self, turn: Turn) -> AsyncGenerator[ChatEvent, None]:
        """Yield what the model says; or, where that fails before its first word, what documents do."""
        begun = False
        try:
            async with aclosing(self._think(turn)) as events:
                async for event in events:
                    begun = True
                    yield event
        except SottoError as err:
            if begun or not turn.extract:
                raise
            _LOGGER.info("Documents answered in place of the language model (%s)", err.code)
            async for event in _say(turn.extract):
                yield event

    def _think(self, turn: Turn) -> AsyncGenerator[ChatEvent, None]:
        mind = self._mind
        self._answered = turn.request
        is_command = any_command if turn.is_prompted else None
        return mind.chat(turn.request, turn.situation, turn.language, turn.responses, is_command)

    async def _stream(
        self, request: web.Request, chunks: Chunks, events: AsyncGenerator[ChatEvent, None]
    ) -> web.StreamResponse:
        stream = EventStream(request)
        try:
            await _send_all(stream, chunks, events)
        except Exception as err:
            if not stream.begun:
                raise
            if not isinstance(err, ConnectionError):
                error = told(err)
                self._metrics.failed(error.code)
                with suppress(ConnectionError):
                    await stream.fail(error)
        return stream.response


async def _say(text: str) -> AsyncGenerator[ChatEvent, None]:
    """Yield an answer for which no model is needed."""
    yield TextDelta(text)
    yield Finished(FinishReason.STOP)


async def _send_all(stream: EventStream, chunks: Chunks, events: AsyncGenerator[ChatEvent, None]) -> None:
    async with aclosing(with_pauses(events, SIGN_OF_LIFE_S)) as paced:
        async for event in paced:
            if event is None:
                await stream.comment()
                continue
            for chunk in chunks.of(event):
                await stream.send(chunk)
    chunks.end()
    await stream.done()


def _with_user(request: ChatRequest) -> ChatRequest:
    """Return the request with words of the user to come, if the last ones were answered."""
    if request.messages[-1].role in {Role.USER, Role.TOOL}:
        return request
    return replace(request, messages=(*request.messages, Message(Role.USER)))
