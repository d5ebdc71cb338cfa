"""One OpenAI-compatible server: what it was learnt to be, and answers from it as events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any

from ...errors import EngineError, LimitExceededError, RemoteError
from ..engine import ChatEvent, ChatRequest, Finished, FinishReason, ToolChoice
from ..pace import Pace
from .address import Address
from .answer import Answer, bears_tokens
from .body import TEMPLATE_SERVERS, Manners, body_of, may_call, refused_fields
from .connection import Connection, RefusedError
from .failure import Refusal, error_of
from .history import up_to_the_user, without_oldest_half
from .models import AUTO, Listed, choose

_LOGGER = logging.getLogger(__name__)

Chunks = AsyncGenerator[Mapping[str, Any], None]


class EndpointServer:
    """A server that answers requests."""

    def __init__(self, address: Address, model: str, timeout_s: float) -> None:
        """Connects to nothing yet.

        Args:
            address: Where it is.
            model: The model's name there; `auto`: the first that it lists.
            timeout_s: How long it may be silent.
        """
        self.host = address.host
        self._connection = Connection(address, timeout_s)
        self._wanted = model
        self._listed: Listed | None = None
        self._refused: frozenset[str] = frozenset()

    @property
    def model(self) -> str:
        """The model's name; `auto` as long as it is not known."""
        return self._listed.name if self._listed else self._wanted

    @property
    def context_tokens(self) -> int:
        """How much the model reads, if the server says so; else 0."""
        return self._listed.context_tokens if self._listed else 0

    @property
    def keeps_prefixes(self) -> bool:
        """Whether it is known to evaluate a prompt only once, and to charge nothing for it."""
        return self._listed is not None and self._listed.owner in TEMPLATE_SERVERS

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    def forget(self) -> None:
        """Look again, next time, for what the server has: it may come back as another."""
        self._listed = None

    async def look(self) -> None:
        """Learn which model there is; raises what `chat` raises.

        A server without a list is as good as any where the model is named.
        """
        try:
            listing = await self._connection.listing()
        except RefusedError as err:
            if self._wanted == AUTO or err.refusal.status not in {404, 405, 501}:
                raise error_of(err.refusal, self.host) from None
            listing = {}
        self._listed = choose(listing, self._wanted)
        if self._listed is None:
            raise RemoteError(f"The endpoint {self.host} has no model.", remedy="Load one there.")

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Yield an answer as it is written; closing the generator makes the server stop.

        Raises RemoteError, OverloadedError and EngineLoadingError for what is the server's fault, EngineError for
        an answer that is nothing but a broken call, and LimitExceededError.
        """
        pace = Pace(monotonic)
        if self._listed is None:
            await self.look()
        chunk, chunks, fitting = await self._accepted(request)
        answer = Answer(lambda name: may_call(request, name))
        allowed = 2 * request.max_tokens + 64  # a chunk is a token; the rest is for headers and figures
        async with aclosing(chunks):
            while chunk is not None and allowed:
                if bears_tokens(chunk):
                    pace.wrote()
                for event in answer.read(chunk):
                    yield event
                allowed -= 1
                chunk = await self._next(chunks)
        for event in answer.end(cut=not allowed, dropped_messages=len(request.messages) - len(fitting.messages)):
            if isinstance(event, Finished) and answer.useless:
                raise EngineError(
                    "The model called a tool in a way that cannot be understood.", remedy="Ask again in other words."
                )
            yield pace.timed(event) if isinstance(event, Finished) else event

    async def _next(self, chunks: Chunks) -> Mapping[str, Any] | None:
        try:
            return await anext(chunks, None)
        except RefusedError as err:
            raise error_of(err.refusal, self.host) from None

    async def _accepted(self, request: ChatRequest) -> tuple[Mapping[str, Any] | None, Chunks, ChatRequest]:
        """Send a request, with less and less in it, until the server takes it.

        Returns the first chunk, those to follow, and the request as it was taken. What the server refused is
        remembered only then: another request may have been wrong for another reason.
        """
        refused = self._refused
        while True:
            body = body_of(request, self.model, Manners(self._listed.owner if self._listed else "", refused))
            chunks = self._connection.chunks(body)
            try:
                chunk = await anext(chunks, None)
            except RefusedError as err:
                if err.refusal.too_long:
                    request = self._shortened(request)
                else:
                    refused |= self._refused_in(body, err.refusal)
            else:
                self._refused = refused
                return chunk, chunks, request

    def _shortened(self, request: ChatRequest) -> ChatRequest:
        messages = without_oldest_half(request.messages, request.stable)
        if messages is None:
            raise LimitExceededError(
                f"The prompt does not fit the context of the model {self.model}.",
                remedy="Give the model a larger context on its server, or expose less to it.",
            )
        return replace(request, messages=messages)

    def _refused_in(self, body: Mapping[str, Any], refusal: Refusal) -> frozenset[str]:
        fields = refused_fields(body, refusal.message, refusal.param) if refusal.of_request else frozenset()
        if not fields:
            raise error_of(refusal, self.host)
        _LOGGER.debug("%s does not take %s", self.host, ", ".join(sorted(fields)))
        return fields

    async def prefill(self, request: ChatRequest) -> int:
        """Have the server evaluate what is known of a prompt; return how many tokens were new to it."""
        messages = up_to_the_user(request.messages)
        finished = await self.try_out(replace(request, messages=messages, choice=ToolChoice.AUTO, schema=None))
        return max(0, finished.prompt_tokens - finished.reused_tokens)

    async def try_out(self, request: ChatRequest) -> Finished:
        """Ask for a single token; raises what `chat` raises, but for an answer without sense."""
        finished = Finished(FinishReason.STOP)
        try:
            async with aclosing(self.chat(replace(request, max_tokens=1))) as events:
                async for event in events:
                    finished = event if isinstance(event, Finished) else finished
        except EngineError as err:
            if type(err) is not EngineError:
                raise
        return finished
