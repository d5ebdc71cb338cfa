"""An embedding model or a reranker as GGUF through llama.cpp, in a process of its own: see decision 011."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import numpy as np

from ....errors import EngineError, EngineLoadingError, EngineUnavailableError, OverloadedError
from ....memory.budget import talking_bytes
from ....memory.governor import Governor
from ....settings import Settings
from ...engine import ModelState, ModelStatus
from ...json_lines import Line
from ...llama.gguf_file import GgufFile, read_gguf
from ...llama.granted import GrantedRoom
from ...llama.jobs import EMBED, PASSAGES, QUERY, RANK, RERANK, Kinds
from ...llama.model_choice import AUTO, find_model, models_in
from ...llama.vectors import vectors_from_text
from ...llama.watched import Limits, Watch, Watched
from ...llama.wire import EmbedderOrder
from .engine import Embedder, Reranker, Vectors
from .families import prefixes_of
from .giving_way import EMBEDDING, RERANKER, Reader

EMBEDDER_FLAG, RERANKER_FLAG = "--knowledge-model", "--knowledge-reranker"
HINT = "Put one there, such as bge-m3 or Qwen3-Embedding-0.6B."
_READING, _RANKING = (EMBEDDING, "embedding model", EMBEDDER_FLAG), (RERANKER, "reranker", RERANKER_FLAG)
"""What the memory calls it, what people do, and the setting that chooses it."""

_TEXTS = 64
"""Sent at a time, so that a line stays short."""
_SILENCE_S = 120.0
"""A long text takes a large model so long on a small machine, and nothing is said before it is done."""
_RANKS = 4
"""llama.cpp's type of pooling that makes a model a reranker."""


def create(settings: Settings) -> LlamaCppEmbedder:
    """Return the embedder, not yet loaded; raises EngineUnavailableError if there is no such model, or it is none."""
    return LlamaCppEmbedder(settings, find_embedder(settings.folder("knowledge"), settings.knowledge.model))


def create_named(settings: Settings, name: str) -> LlamaCppEmbedder | None:
    """Return the embedder with this name, if its file is still there."""
    for path in models_in(settings.folder("knowledge")):
        if name.startswith(f"llama_cpp/{path.stem}/"):
            with suppress(EngineUnavailableError):
                embedder = LlamaCppEmbedder(settings, path)
                if embedder.name == name:
                    return embedder
    return None


def create_reranker(settings: Settings) -> LlamaCppReranker:
    """Return the reranker, not yet loaded; raises EngineUnavailableError if there is no such model, or it is none."""
    path = find_model(settings.folder("knowledge"), settings.knowledge.reranker, HINT)
    return LlamaCppReranker(settings, path)


def find_embedder(folder: Path, wanted: str) -> Path:
    """Return the file of an embedding model; `auto`: the largest in the folder that can be read and is no reranker.

    Raises EngineUnavailableError with what there is to choose from.
    """
    if wanted != AUTO:
        return find_model(folder, wanted, HINT)
    reasons = []
    for path in models_in(folder):
        try:
            if not ranks(read_gguf(path, EMBEDDER_FLAG)):
                return path
        except EngineUnavailableError as err:
            reasons.append(err)
    if reasons:
        raise reasons[0]
    raise EngineUnavailableError(f"There is no embedding model in {folder}.", remedy=HINT)


def ranks(file: GgufFile) -> bool:
    """Whether a model is a reranker."""
    return file.number("pooling_type") == _RANKS


class _Model:
    """A model in its process, asked for rows of numbers."""

    def __init__(self, settings: Settings, path: Path, limits: Limits | None, kinds: Kinds, need: int) -> None:
        """`need`: bytes that it takes while it is awake."""
        self.path = path
        self._need = need
        self._kind, subject, flag = _RANKING if kinds is RANK else _READING
        self._tenant: Reader | None = None
        limits = limits or Limits()
        order = EmbedderOrder(
            path=str(path),
            gpu_layers=settings.llm.gpu_layers,
            threads=settings.llm.threads or len(os.sched_getaffinity(0)),
            flag=flag,
            ranks=kinds is RANK,
            available_bytes=limits.available_bytes,
        )
        status = ModelStatus("llama_cpp", path.stem, ModelState.ASLEEP)
        remedy = f"Choose another model with {flag}."
        watch = Watch(_SILENCE_S, settings.knowledge.idle_s, kinds, subject, remedy)
        self._watched = Watched(status, order.to_line(), watch, limits)
        self._subject = subject
        self._patience_s = settings.llm.timeout_s

    @property
    def status(self) -> ModelStatus:
        """How it is, from memory."""
        return self._watched.status

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._watched.pid

    @property
    def is_busy(self) -> bool:
        """Whether it was asked for something that is not done."""
        return bool(self._watched.jobs) or self._watched.jobs.current is not None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever its state is another one."""
        self._watched.on_change(listener)

    def sleep(self) -> None:
        """Free its memory as soon as nobody waits for it; it wakes with the next request."""
        self._watched.sleep()

    def govern(self, governor: Governor) -> None:
        """Have memory granted to its process each time that it loads."""
        self._watched.room = GrantedRoom(governor, self._kind, self.path.stem, self._need)
        self._tenant = Reader(self, governor, self._kind, self._need)

    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""
        if self._tenant is not None:
            self._tenant.join()
        self._watched.start()

    async def stop(self) -> None:
        """End the process and all requests."""
        await self._watched.stop()
        if self._tenant is not None:
            self._tenant.leave()

    async def _soon(self, kind: str, request: Line, count: int, dimensions: int = 0) -> Vectors:
        """Return as `_rows` does, or raise OverloadedError or EngineLoadingError after as long as anybody waits."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._rows(kind, request, count, dimensions)
        except TimeoutError:
            if self.status.state is ModelState.READY:
                raise OverloadedError(f"The {self._subject} was busy for too long.") from None
            raise EngineLoadingError(f"The {self._subject} is still loading.") from None

    async def _rows(self, kind: str, request: Line, count: int, dimensions: int = 0) -> Vectors:
        """Return a row for each of the request's texts, in the end: what is more urgent comes in between.

        `dimensions`: how many numbers a row has; 0: as many as the model's vectors.
        """
        rows: list[Vectors] = []
        texts: list[str] = request["texts"]
        done = 0
        while done < count:
            job = self._watched.add(kind, {**request, "texts": texts[done:]})
            before = done
            try:
                async with aclosing(job.lines()) as lines:
                    async for line in lines:
                        if "vectors" in line:
                            width = dimensions or self._watched.facts["dimensions"]
                            rows.append(vectors_from_text(line["vectors"], width))
                            done += len(rows[-1])
            finally:
                self._watched.jobs.abandon(job)
            if done == before and not job.abandoned:
                raise EngineError(f"The {self._subject} returned nothing for a text.")
        return np.concatenate(rows)


class LlamaCppEmbedder(_Model, Embedder):
    """One model for all requests; a question comes before passages, and between two batches of them."""

    def __init__(self, settings: Settings, path: Path, limits: Limits | None = None) -> None:
        """Read the file's header; raises EngineUnavailableError for one that is none."""
        file = read_gguf(path, EMBEDDER_FLAG)
        self._prefixes = prefixes_of(file.name, path.stem, file.architecture)
        self._name = f"llama_cpp/{path.stem}/{file.size}/{self._prefixes.passage}".strip("/ ")
        super().__init__(settings, path, limits, EMBED, talking_bytes(file.size, 0))

    @property
    def name(self) -> str:
        """The file's name and size, and what stands before passages: each of them changes the vectors."""
        return self._name

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has; 0 until it was loaded."""
        return int(self._watched.facts.get("dimensions", 0))

    async def ready(self) -> None:
        """Wait until the model is loaded."""
        if not self.dimensions:
            await self.embed(["."], query=True)

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Return the texts' vectors."""
        prefix = self._prefixes.of(query=query)
        rows = [np.zeros((0, self.dimensions), np.float32)] if not texts else []
        for at in range(0, len(texts), _TEXTS):
            chunk = [prefix + text for text in texts[at : at + _TEXTS]]
            ask = self._soon if query else self._rows
            rows.append(await ask(QUERY if query else PASSAGES, {"texts": chunk}, len(chunk)))
        return np.concatenate(rows)


class LlamaCppReranker(_Model, Reranker):
    """One model for all requests, one after the other."""

    def __init__(self, settings: Settings, path: Path, limits: Limits | None = None) -> None:
        """Look at the file's size; whether it is a reranker is told when it is loaded."""
        super().__init__(settings, path, limits, RANK, talking_bytes(path.stat().st_size, 0))

    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return what the model says of each text."""
        if not texts:
            return []
        asked = {"question": question, "texts": list(texts)}
        scores = await self._soon(RERANK, asked, len(texts), dimensions=1)
        return [float(score) for score in scores[:, 0]]
