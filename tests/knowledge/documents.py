"""Documents to put into a store, and the questions of a household that they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from wyoming_servers.conversation.knowledge.document import Document, Kind, Passage

_QUESTIONS = Path(__file__).with_name("questions.txt")
_MOMENTS = count()


def document(document_id: str, title: str = "", *, content: str = "", source: str = "") -> Document:
    """Return a document; the later it is made, the later it was added."""
    return Document(
        document_id=document_id,
        name=f"{document_id}.txt",
        title=title or document_id,
        kind=Kind.TEXT,
        sha256=hashlib.sha256((content or document_id).encode()).hexdigest(),
        size_bytes=len(content),
        added=datetime(2026, 11, 29, tzinfo=UTC) + timedelta(seconds=next(_MOMENTS)),
        source=source,
    )


def passages(*texts: str, headings: Sequence[str] = ()) -> list[Passage]:
    """Return passages of these texts."""
    return [Passage(text, tuple(headings), page, len(text) // 4) for page, text in enumerate(texts, 1)]


def household() -> dict[str, list[str]]:
    """Return passages of a household, each with questions as people say them, in English and Chinese."""
    found: dict[str, list[str]] = {}
    passage = ""
    for line in _QUESTIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            found[passage].append(line.strip())
        else:
            passage = line
            found[passage] = []
    return found
