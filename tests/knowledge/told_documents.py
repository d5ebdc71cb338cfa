"""Documents that say what a test tells them to, as sure of it as it says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wyoming_servers.conversation.knowledge.consultation import Consultation
from wyoming_servers.conversation.knowledge.document import Document, Found, Kind, Passage

MANUAL = "Dishwasher manual"


def found(text: str, page: int | None = 12, title: str = MANUAL, *headings: str, document_id: str = "d1") -> Found:
    """Return a passage of a document, as it is found."""
    added = datetime(2026, 11, 20, tzinfo=UTC)
    document = Document(document_id, f"{title}.pdf", title, Kind.TEXT, "0" * 64, 1000, added, passages=1)
    return Found(Passage(text, headings, page, tokens=20), document, passage_id=1, score=1.0)


@dataclass
class ToldDocuments:
    """Says the same to everything."""

    passages: Sequence[Found] = ()
    confident: bool = True
    error: Exception | None = None
    waits: asyncio.Event | None = None
    """Before it answers."""
    asked: list[str] = field(default_factory=list)
    learnt: list[tuple[str, bool]] = field(default_factory=list)

    async def consult(self, utterance: str, language: str, before: str = "") -> Consultation:
        del before  # whether that is meant is the library's to say
        self.asked.append(utterance)
        if self.waits is not None:
            await self.waits.wait()
        if self.error is not None:
            raise self.error
        is_dismissed = (utterance, False) in self.learnt
        confident = self.confident and not is_dismissed
        return Consultation(tuple(self.passages), 0.5, confident, dismissed=is_dismissed)

    async def add_example(self, text: str, *, wanted: bool) -> None:
        if self.error is not None:
            raise self.error
        self.learnt.append((text, wanted))
