"""An embedder of tests: texts that share words are near to each other."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

import numpy as np

from wyoming_servers.conversation.engine import ModelState, ModelStatus
from wyoming_servers.conversation.knowledge.embedders.engine import Embedder, Vectors
from wyoming_servers.conversation.knowledge.words import words_of


class BagOfWords(Embedder):
    """Adds up a number for each word, after `synonyms`; a test holds it up by clearing `may_embed`."""

    def __init__(self, name: str = "bag", dimensions: int = 64, synonyms: dict[str, str] | None = None) -> None:
        self._name = name
        self._dimensions = dimensions
        self._synonyms = synonyms or {}
        self.may_embed = asyncio.Event()
        self.may_embed.set()
        self.begun = asyncio.Event()
        """Set when passages are to be embedded."""
        self.error: Exception | None = None
        self.embedded: list[str] = []
        self.asked: list[str] = []
        self.running = False

    @property
    def status(self) -> ModelStatus:
        return ModelStatus("test", self._name, ModelState.READY)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def ready(self) -> None:
        if self.error is not None:
            raise self.error

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        assert self.running
        if not query:
            self.begun.set()
            await self.may_embed.wait()
        await self.ready()
        (self.asked if query else self.embedded).extend(texts)
        vectors = np.full((len(texts), self._dimensions), 1e-6, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in words_of(text):
                row[zlib.crc32(self._synonyms.get(word, word).encode()) % self._dimensions] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
