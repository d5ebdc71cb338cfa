"""What an embedder is to the knowledge: texts in, vectors out whose nearness is nearness of meaning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ....memory.governor import Governor
from ...engine import ModelStatus

Vectors = npt.NDArray[np.float32]
"""A row for each text, of length 1 each: the dot product of two is their cosine."""


class Embedder(ABC):
    """A model that embeds, here or elsewhere. Its methods run on the event loop and never block it."""

    @property
    @abstractmethod
    def status(self) -> ModelStatus:
        """How it is, from memory."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Which vectors these are: only those of one name can be compared. Empty until `ready` where nothing tells."""

    @property
    @abstractmethod
    def dimensions(self) -> int:
        """How many numbers a vector has; 0 until `ready`."""

    def govern(self, governor: Governor) -> None:
        """Have memory granted before it is taken; for one elsewhere, nothing. To be called before `start`."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""

    @abstractmethod
    async def stop(self) -> None:
        """End everything that was started."""

    @abstractmethod
    async def ready(self) -> None:
        """Learn `name` and `dimensions`, for which a model may have to load; raises what `embed` raises."""

    @abstractmethod
    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Return the texts' vectors, in their order.

        Args:
            texts: Any number of them. What is longer than the model reads is cut off.
            query: Whether these are questions, which somebody waits for and which go before passages, or passages.

        Raises EngineLoadingError, EngineUnavailableError, EngineError, OverloadedError or RemoteError; then no text
        was embedded as far as the caller is concerned, and it may ask again later.
        """


class Reranker(ABC):
    """A model that reads a question and a passage together. Its methods run on the event loop and never block it."""

    @property
    @abstractmethod
    def status(self) -> ModelStatus:
        """How it is, from memory."""

    def govern(self, governor: Governor) -> None:
        """Have memory granted before it is taken; for one elsewhere, nothing. To be called before `start`."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""

    @abstractmethod
    async def stop(self) -> None:
        """End everything that was started."""

    @abstractmethod
    async def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers the question, in their order: the higher the better.

        Scores are only to be compared with others of the same model. Raises what `Embedder.embed` raises.
        """
