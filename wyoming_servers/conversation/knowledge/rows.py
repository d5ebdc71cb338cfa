"""Documents and passages as rows of a store's tables. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from .document import Document, Kind, Passage

DOCUMENT = "document_id, name, title, kind, sha256, size_bytes, added, source, documents.passages, warnings"
PASSAGE = "passage_id, text, headings, page, tokens, question"


def json_of(values: Iterable[Any]) -> str:
    """Return values as one column keeps them, or one parameter gives them."""
    return json.dumps(list(values), ensure_ascii=False)


def document_row(document: Document) -> tuple[Any, ...]:
    """Return the columns of `DOCUMENT`."""
    return (
        *(document.document_id, document.name, document.title, document.kind.value, document.sha256),
        *(document.size_bytes, document.added.isoformat(), document.source, document.passages),
        json_of(document.warnings),
    )


def passage_row(passage: Passage) -> tuple[Any, ...]:
    """Return the columns of `PASSAGE`, but for its id."""
    return passage.text, json_of(passage.headings), passage.page, passage.tokens, passage.question


def document_of(row: Sequence[Any]) -> Document:
    """Return the document in the columns of `DOCUMENT`; when it was added may be a moment already."""
    document_id, name, title, kind, sha256, size_bytes, added, source, passages, warnings = row
    moment = added.astimezone(UTC) if isinstance(added, datetime) else datetime.fromisoformat(added)
    return Document(
        *(document_id, name, title, Kind(kind), sha256, size_bytes, moment, source, passages),
        warnings=tuple(json.loads(warnings)),
    )


def passage_of(row: Sequence[Any]) -> Passage:
    """Return the passage that begins with the columns of `PASSAGE`."""
    _, text, headings, page, tokens, question = row[:6]
    return Passage(text, tuple(json.loads(headings)), page, tokens, question)
