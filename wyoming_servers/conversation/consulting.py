"""Asking the household's documents in a turn: in time, or not at all. What fails here is logged, and no turn fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from ..errors import SottoError
from ..turns.recording import timed
from ..turns.turn import Phase
from .knowledge.dismissal import is_dismissal
from .prompt.recent import Recent
from .purpose import may_be_in_documents

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from .knowledge.consultation import Consultation
    from .knowledge.document import Found

_LOGGER = logging.getLogger(__name__)

ASKED_ON_WITHIN_S = 60.0
"""After an answer from documents; what comes later and names nothing means something else."""


class Documents(Protocol):
    """The household's documents: `knowledge.library.Library`."""

    async def consult(self, utterance: str, language: str, before: str = "") -> Consultation:
        """Return what they say, perhaps to what asks on about the question before; raises SottoError."""

    async def add_example(self, text: str, *, wanted: bool) -> None:
        """Learn whether documents should answer a sentence; raises SottoError."""


@dataclass(frozen=True)
class Evidence:
    """What documents say in answer to an utterance; nothing where they do not answer it."""

    found: tuple[Found, ...] = ()
    """Passages, best first."""
    extract: str = ""
    """The sentence that answers best, with its source, as it may be spoken without a language model."""
    is_dismissed: bool = False
    """Whether the household said of this very sentence that it was not meant for us."""


NO_EVIDENCE = Evidence()


class Consulting:
    """The documents, as the turns of one door ask them."""

    def __init__(
        self,
        documents: Documents | None = None,
        within_s: float = 1.0,
        clock: Callable[[], float] = monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        """`within_s`: for so long a turn waits; None: there are no documents. `clock` tells seconds."""
        self._documents = documents
        self._within_s = within_s
        self._today = today
        self._heard = Recent[str](clock)
        """The latest utterance, by conversation and by device."""
        self._answered = Recent[str](clock, limit_s=ASKED_ON_WITHIN_S)
        """The question that documents answered last, by conversation; empty where they did not answer the last one."""

    async def ask(self, utterance: str, language: str, conversation: str | None = None) -> Evidence:
        """Return what answers an utterance that is no command; nothing where that is not sure, or takes too long.

        In a conversation that has an id, one that asks on about the answer before is understood.
        """
        if self._documents is None or not may_be_in_documents(utterance):
            return NO_EVIDENCE
        try:
            with timed(Phase.DOCUMENTS):
                return await self._consult(self._documents, utterance, language, conversation)
        except TimeoutError:
            _LOGGER.warning(
                "The documents did not answer within %.0f ms; a turn went on without", self._within_s * 1000
            )
        except SottoError as err:
            _LOGGER.warning("The documents could not be asked (%s): %s", err.code, err)
        return NO_EVIDENCE

    async def _consult(self, documents: Documents, utterance: str, language: str, conversation: str | None) -> Evidence:
        async with asyncio.timeout(self._within_s):
            before = self._answered.get(conversation) or ""
            told = await documents.consult(utterance, language, before)
            if not told.confident or not told.found:
                self._answered.put(conversation, "")
                return Evidence(is_dismissed=told.dismissed)
            question = told.question or utterance
            self._answered.put(conversation, utterance if question == utterance else before)
            extract = await asyncio.to_thread(_extract, question, told.found, language, self._today())
            return Evidence(told.found, extract)

    async def dismissed(self, utterance: str, *where: str | None) -> bool:
        """Whether an utterance takes the one before it back: "that wasn't meant for you". That one is learnt.

        `where`: ids of what it was said in or to; by any of them the utterance before it is known.
        """
        before = next((heard for each in where if (heard := self._heard.get(each))), None)
        is_taken_back = self._documents is not None and before is not None and is_dismissal(utterance)
        for each in where:
            self._heard.put(each, "" if is_taken_back else utterance)
        if self._documents is None or before is None or not is_taken_back:
            return False
        try:
            await self._documents.add_example(before, wanted=False)
        except SottoError as err:
            _LOGGER.warning("What was not meant for us could not be learnt (%s): %s", err.code, err)
        return True


def _extract(utterance: str, found: Sequence[Found], language: str, today: date) -> str:
    """Return what is said without a model. Imports what may not be installed, and reads tables: not on the loop."""
    said: str = import_module(f"{__package__}.knowledge.answering").answer(utterance, found, language, today)
    return said
