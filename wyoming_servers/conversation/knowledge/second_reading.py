"""The first passages of a search in the order in which a reranker puts them, if there is one.

The gate judges the order before: it is calibrated on that. So a reranker decides which passage is quoted, and never
whether one is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from ...errors import SottoError
from .document import Found
from .embedders.engine import Reranker
from .indexing import text_to_embed

_LOGGER = logging.getLogger(__name__)

READ = 10
"""Passages that are read again: what is further down is seldom the answer, and each costs as long as the first."""
WITHIN_S = 1.5
"""For all of them; what takes longer is left in its order."""


class SecondReading:
    """Passages are read together with the question."""

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker

    async def start(self) -> None:
        """Begin to load the reranker."""
        await self._reranker.start()

    async def stop(self) -> None:
        """End it."""
        await self._reranker.stop()

    async def ordered(self, question: str, found: Sequence[Found]) -> list[Found]:
        """Return what was found, the first passages in a better order; in their own if that cannot be had in time."""
        first = found[:READ]
        texts = [text_to_embed(each.document.title, each.passage) for each in first]
        try:
            async with asyncio.timeout(WITHIN_S):
                scores = await self._reranker.rerank(question, texts)
        except (TimeoutError, SottoError) as err:
            _LOGGER.info("Passages were not read again: %s", getattr(err, "code", "it took too long"))
            return list(found)
        order = sorted(range(len(first)), key=lambda place: -scores[place])
        return [*(first[place] for place in order), *found[READ:]]
