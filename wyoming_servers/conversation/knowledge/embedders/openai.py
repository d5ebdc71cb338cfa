"""Embeddings and ranks from an OpenAI-compatible endpoint: vLLM, llama-server, NIM, Ollama, a service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from ....errors import (
    EngineLoadingError,
    EngineUnavailableError,
    OverloadedError,
    RemoteError,
    SottoError,
)
from ....settings import Settings
from ...endpoint.address import Address, parse_address
from ...endpoint.breaker import Breaker
from ...endpoint.connection import Connection, RefusedError
from ...endpoint.failure import Refusal, error_of
from ...endpoint.models import AUTO, choose_embedding
from ...endpoint.vectors import read_scores, read_vectors
from ...engine import ModelState, ModelStatus
from .engine import Embedder, Reranker, Vectors
from .families import Prefixes, prefixes_of

_LOGGER = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

BATCH = 32
"""Texts in a request: the most that Text Embeddings Inference takes unless told otherwise."""
_PASSAGES_SILENCE_S = 120.0
"""How long an endpoint without a GPU may compute a batch of passages."""
_PASSAGE_TRIES = 3
_LEAST_CHARS = 32
_FAILURES = (RemoteError, OverloadedError, EngineLoadingError, EngineUnavailableError)
_SEE_MODEL = "See --knowledge-url, which mostly ends in /v1, and --knowledge-model."


def create(settings: Settings) -> OpenAiEmbedder:
    """Make the embedder; raises EngineUnavailableError without a URL, and SettingsError for one that is none."""
    return OpenAiEmbedder(_address(settings), settings.knowledge.model, settings.llm.timeout_s)


def create_named(settings: Settings, name: str) -> OpenAiEmbedder | None:
    """Return the embedder with this name, of a model that the endpoint may still have; None if it is no such name."""
    engine, _, rest = name.partition("/")
    if engine != "openai" or not settings.knowledge.url:
        return None
    for model in (rest, rest.rpartition("/")[0]):
        embedder = OpenAiEmbedder(_address(settings), model, settings.llm.timeout_s)
        if embedder.name == name:
            return embedder
    return None


def create_reranker(settings: Settings) -> OpenAiReranker:
    """Make the reranker, a model of the same endpoint; raises what `create` raises."""
    return OpenAiReranker(_address(settings), settings.knowledge.reranker, settings.llm.timeout_s)


def _address(settings: Settings) -> Address:
    knowledge = settings.knowledge
    if not knowledge.url:
        raise EngineUnavailableError(
            "No endpoint that embeds is set.", remedy="Set --knowledge-url, such as http://gpu-box:8000/v1."
        )
    return parse_address(knowledge.url, knowledge.key, flag="--knowledge-url")


class _Endpoint:
    """A server that is left alone for a while after it failed."""

    def __init__(self, address: Address, model: str, timeout_s: float, clock: Callable[[], float]) -> None:
        self._host = address.host
        self._connection = Connection(address, timeout_s)
        self._timeout_s = timeout_s
        self._model = model
        self._breaker = Breaker(clock)
        self._trouble: SottoError | None = None
        self._state = ModelState.LOADING

    @property
    def status(self) -> ModelStatus:
        """How it is, from memory: LOADING until it has answered."""
        return ModelStatus("openai", self._model, self._state, str(self._trouble) if self._trouble else self._host)

    async def start(self) -> None:
        """Nothing: it is connected to when it is asked."""

    async def stop(self) -> None:
        """Close all connections."""
        await self._connection.close()

    @contextmanager
    def _watching(self) -> Any:
        """Ask inside, unless it failed just now; remembers how that went, and raises its refusals as errors."""
        if self._trouble is not None and self._breaker.wait_s > 0:
            raise type(self._trouble)(self._trouble.message, remedy=self._trouble.remedy)
        try:
            try:
                yield
            except RefusedError as err:
                raise error_of(err.refusal, self._host) from None
            except ValueError:
                raise RemoteError(
                    f"The endpoint {self._host} does not speak OpenAI's protocol.", remedy=_SEE_MODEL
                ) from None
        except _FAILURES as err:
            self._failed(err)
            raise
        if self._trouble is not None:
            _LOGGER.info("The endpoint %s is back", self._host)
        self._trouble, self._state = None, ModelState.READY
        self._breaker.succeeded()

    def _failed(self, err: SottoError) -> None:
        _LOGGER.log(logging.DEBUG if self._breaker.sick else logging.WARNING, "%s", err)
        self._breaker.failed()
        self._trouble, self._state = err, ModelState.FAILED


class OpenAiEmbedder(_Endpoint, Embedder):
    """A model of an endpoint."""

    def __init__(
        self,
        address: Address,
        model: str,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Connects to nothing yet.

        Args:
            address: Where it is.
            model: The model's name there; `auto`: the first that embeds.
            timeout_s: How long it may be silent while somebody waits.
            clock: Monotonic seconds.
            sleep: Waits before passages are sent again.
        """
        super().__init__(address, model, timeout_s, clock)
        self._sleep = sleep
        self._dimensions = 0
        self._most_chars = 0
        """Longer texts the server refused; 0: none yet."""
        self._typed = False
        """Whether it wants to be told what is a question: NIM does."""
        self._greeting: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The model's name, and what stands before passages; empty as long as the server has to tell."""
        return "" if self._model == AUTO else f"openai/{self._model}/{self._prefixes.passage}".strip("/ ")

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has; 0 until there was one."""
        return self._dimensions

    @property
    def _prefixes(self) -> Prefixes:
        return prefixes_of(self._model)

    async def start(self) -> None:
        """Begin to learn what the endpoint has."""
        self._greeting = asyncio.create_task(self._greet(), name="openai-embedder-greet")

    async def stop(self) -> None:
        """End what still runs, and close all connections."""
        if self._greeting is not None:
            self._greeting.cancel()
            await asyncio.gather(self._greeting, return_exceptions=True)
        await super().stop()

    async def _greet(self) -> None:
        with suppress(SottoError):  # it was logged, and is tried again when something is to be embedded
            await self.ready()

    async def ready(self) -> None:
        """Learn the model's name and its dimensions."""
        if not self._dimensions:
            await self.embed(["."], query=True)

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Return the texts' vectors. Passages are sent again, with a pause, before that fails."""
        with self._watching():
            await self._look()
        prefix = self._prefixes.of(query=query)
        rows = [np.zeros((0, self._dimensions), np.float32)] if not texts else []
        for at in range(0, len(texts), BATCH):
            batch = [prefix + (text or " ") for text in texts[at : at + BATCH]]
            rows.append(await self._batch(batch, query=query))
        return np.concatenate(rows)

    async def _look(self) -> None:
        """Learn which model is meant."""
        if self._model != AUTO:
            return
        found = choose_embedding(await self._connection.listing(), self._model)
        if not found:
            raise RemoteError(f"The endpoint {self._host} lists no model that embeds.", remedy=_SEE_MODEL)
        self._model = found

    async def _batch(self, texts: Sequence[str], *, query: bool) -> Vectors:
        for left in reversed(range(1 if query else _PASSAGE_TRIES)):
            try:
                with self._watching():
                    return await self._accepted(texts, query=query)
            except _FAILURES:
                if not left:
                    raise
                await self._sleep(self._breaker.wait_s)
        raise AssertionError  # the last try has returned or raised

    async def _accepted(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Send texts, shorter and shorter, until the server takes them."""
        while True:
            cut = [text[: self._most_chars or None] for text in texts]
            try:
                data = await self._connection.embeddings(
                    self._body(cut, query=query), self._timeout_s if query else _PASSAGES_SILENCE_S
                )
            except RefusedError as err:
                if not self._learns_from(err.refusal, max(map(len, cut))):
                    raise
            else:
                return self._checked(await asyncio.to_thread(read_vectors, data, len(texts)))

    def _body(self, texts: Sequence[str], *, query: bool) -> Mapping[str, Any]:
        typed = {"input_type": "query" if query else "passage"} if self._typed else {}
        return {"model": self._model, "input": texts, **typed}

    def _learns_from(self, refusal: Refusal, longest: int) -> bool:
        """Return whether the request can be sent again in another form."""
        if refusal.of_request and "input_type" in refusal.message and not self._typed:
            self._typed = True
            return True
        if (refusal.too_long or refusal.status == 413) and longest > _LEAST_CHARS:
            self._most_chars = longest // 2
            _LOGGER.debug("%s refused texts of %d characters; they are cut to half of that", self._host, longest)
            return True
        return False

    def _checked(self, vectors: Vectors) -> Vectors:
        if self._dimensions not in {0, vectors.shape[1]}:
            raise RemoteError(
                f"The endpoint {self._host} answers with {vectors.shape[1]} dimensions now; it had {self._dimensions}.",
                remedy="If its model is another one now, start Sotto again.",
            )
        self._dimensions = vectors.shape[1]
        return vectors


class OpenAiReranker(_Endpoint, Reranker):
    """A reranker of an endpoint: vLLM and llama-server have `/v1/rerank`."""

    def __init__(
        self, address: Address, model: str, timeout_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(address, model, timeout_s, clock)

    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return what the model says of each text."""
        if not texts:
            return []
        body = {"model": self._model, "query": question, "documents": list(texts), "top_n": len(texts)}
        with self._watching():
            return read_scores(await self._connection.scores(body), len(texts))
