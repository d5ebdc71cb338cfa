"""A model behind an OpenAI-compatible endpoint (vLLM, llama-server, NIM, Ollama), and one that stands in for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from ...errors import EngineLoadingError, EngineUnavailableError, OverloadedError, RemoteError, SottoError
from ...settings import Settings
from ..endpoint.address import parse_address
from ..endpoint.breaker import Breaker
from ..endpoint.server import EndpointServer
from ..engine import ChatEvent, ChatRequest, LanguageModel, ModelState, ModelStatus

_LOGGER = logging.getLogger(__name__)

_FAILURES = (RemoteError, OverloadedError, EngineLoadingError, EngineUnavailableError)
"""What is an endpoint's fault, so that another may do better."""


def create(settings: Settings) -> OpenAi:
    """Make the engine; raises EngineUnavailableError without a URL, and SettingsError for one that is none."""
    llm = settings.llm
    if not llm.url:
        raise EngineUnavailableError(
            "No endpoint of a language model is set.", remedy="Set --llm-url, such as http://gpu-box:8000/v1."
        )
    address = parse_address(llm.url, llm.key, flag="--llm-url")
    primary = EndpointServer(address, llm.model, llm.timeout_s)
    if not llm.fallback_url:
        return OpenAi(primary, vision=llm.vision)
    address = parse_address(llm.fallback_url, llm.fallback_key, flag="--llm-fallback-url")
    return OpenAi(primary, EndpointServer(address, llm.fallback_model, llm.timeout_s), vision=llm.vision)


class OpenAi(LanguageModel):
    """Asks one endpoint, and while that one is sick the other."""

    def __init__(
        self,
        primary: EndpointServer,
        fallback: EndpointServer | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        vision: bool = False,
    ) -> None:
        """`vision`: whether both see images."""
        self._primary = primary
        self._fallback = fallback
        self._breaker = Breaker(clock)
        self._vision = vision
        self._last = primary
        self._state = ModelState.LOADING
        self._trouble = ""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._prefills: set[asyncio.Task[int]] = set()
        self._look: asyncio.Task[None] | None = None

    @property
    def status(self) -> ModelStatus:
        """How it is, from memory: LOADING until an endpoint has answered."""
        trouble = self._trouble
        if self._state is ModelState.READY and trouble:
            trouble = f"{trouble} {self._last.host} answers in its place."
        return ModelStatus(
            "openai",
            self._last.model,
            self._state,
            trouble or self._last.host,
            self._last.context_tokens,
            vision=self._vision,
        )

    async def start(self) -> None:
        """Begin to learn what the endpoint has."""
        self._spawn(self._greet(), "openai-greet")

    async def stop(self) -> None:
        """End what still runs, and close all connections."""
        tasks = [*self._tasks, *self._prefills]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for endpoint in self._endpoints():
            await endpoint.close()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Yield an answer as it is written, by the endpoint whose turn it is or else by the other."""
        for prefill in self._prefills:
            prefill.cancel()
        self._look_after_primary(request)
        *first, last = self._endpoints()
        for endpoint in (*first, last):
            begun = False
            try:
                async with aclosing(endpoint.chat(request)) as events:
                    async for event in events:
                        if not begun:
                            self._answered(endpoint)
                        begun = True
                        yield event
            except _FAILURES as err:
                self._failed(endpoint, err)
                if begun or endpoint is last:
                    raise
            else:
                return

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate the prompt where that is known to be of use and free; ends as soon as somebody wants an answer."""
        endpoint = self._endpoints()[0]
        if not endpoint.keeps_prefixes:
            return 0
        task = asyncio.create_task(endpoint.prefill(request), name="openai-prefill")
        self._prefills.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._prefills.discard(task)
        return 0 if task.cancelled() or task.exception() else task.result()

    def _endpoints(self) -> tuple[EndpointServer, ...]:
        """Return the endpoints in the order in which they are asked."""
        if self._fallback is None:
            return (self._primary,)
        return (self._fallback, self._primary) if self._breaker.sick else (self._primary, self._fallback)

    def _look_after_primary(self, request: ChatRequest) -> None:
        """See whether the primary is well again, while the fallback answers; with the same prompt, to warm it up."""
        busy = self._look is not None and not self._look.done()
        if self._fallback is not None and self._breaker.due and not busy:
            self._look = self._spawn(self._try_primary(request), "openai-try")

    async def _try_primary(self, request: ChatRequest) -> None:
        try:
            await self._primary.try_out(request)
        except SottoError as err:
            self._breaker.failed()
            _LOGGER.debug("still sick: %s", err)
        else:
            self._breaker.succeeded()
            self._trouble = ""
            _LOGGER.info("The endpoint %s is back", self._primary.host)

    async def _greet(self) -> None:
        for endpoint in self._endpoints():
            try:
                await endpoint.look()
            except SottoError as err:
                self._failed(endpoint, err)
            else:
                self._answered(endpoint)
                return

    def _answered(self, endpoint: EndpointServer) -> None:
        self._last = endpoint
        self._state = ModelState.READY
        if endpoint is self._primary:
            self._breaker.succeeded()
            self._trouble = ""

    def _failed(self, endpoint: EndpointServer, err: SottoError) -> None:
        endpoint.forget()
        if endpoint is self._primary:
            level = logging.DEBUG if self._breaker.sick else logging.WARNING
            _LOGGER.log(level, "%s", err)
            self._breaker.failed()
            self._trouble = str(err)
        self._state = ModelState.FAILED
        self._trouble = self._trouble or str(err)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
