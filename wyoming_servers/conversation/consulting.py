"""Asking the household's documents in a turn: in time, or not at all. What fails here is logged, and no turn fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import SottoError
from .purpose import may_be_in_documents

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from .knowledge.document import Found

_LOGGER = logging.getLogger(__name__)


class Consultation(Protocol):
    """What documents were found to say."""

    @property
    def found(self) -> Sequence[Found]:
        """Passages, best first."""

    @property
    def confident(self) -> bool:
        """Whether they answer what was asked: the gate's word."""


class Documents(Protocol):
    """The household's documents: `knowledge.library.Library`."""

    async def consult(self, utterance: str, language: str) -> Consultation:
        """Return what they say; raises SottoError."""


@dataclass(frozen=True)
class Evidence:
    """What documents say in answer to an utterance; nothing where they do not answer it."""

    found: tuple[Found, ...] = ()
    """Passages, best first."""
    extract: str = ""
    """The sentence that answers best, with its source, as it may be spoken without a language model."""


NO_EVIDENCE = Evidence()


class Consulting:
    """The documents, as a turn asks them."""

    def __init__(self, documents: Documents | None = None, within_s: float = 0.3) -> None:
        """`within_s`: for so long a turn waits; None: there are no documents."""
        self._documents = documents
        self._within_s = within_s

    async def ask(self, utterance: str, language: str) -> Evidence:
        """Return what answers an utterance that is no command; nothing where that is not sure, or takes too long."""
        if self._documents is None or not may_be_in_documents(utterance):
            return NO_EVIDENCE
        try:
            async with asyncio.timeout(self._within_s):
                told = await self._documents.consult(utterance, language)
        except TimeoutError:
            _LOGGER.warning(
                "The documents did not answer within %.0f ms; a turn went on without", self._within_s * 1000
            )
        except SottoError as err:
            _LOGGER.warning("The documents could not be asked (%s): %s", err.code, err)
        else:
            if told.confident and told.found:
                return Evidence(tuple(told.found), told.found[0].passage.text)
        return NO_EVIDENCE
