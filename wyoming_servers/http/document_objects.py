"""Documents and passages as JSON. Pure logic."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.calibration import Report
    from ..conversation.knowledge.document import Document, Found
    from ..conversation.knowledge.ingest import Added


def document_object(document: Document) -> dict[str, Any]:
    """Return what is told of a document."""
    return {
        "id": document.document_id,
        "name": document.name,
        "title": document.title,
        "kind": document.kind.value,
        "added": document.added.isoformat(),
        "size_bytes": document.size_bytes,
        "sha256": document.sha256,
        "source": document.source,
        "passages": document.passages,
        "warnings": list(document.warnings),
    }


def added_object(added: Added) -> dict[str, Any]:
    """Return what became of a document that was sent."""
    return {"outcome": added.outcome.value, "document": document_object(added.document)}


def found_object(found: Found) -> dict[str, Any]:
    """Return a passage, where it is from, and why it was found."""
    passage, document = found.passage, found.document
    return {
        "passage_id": found.passage_id,
        "text": passage.text,
        "question": passage.question,
        "headings": list(passage.headings),
        "page": passage.page,
        "document": {"id": document.document_id, "name": document.name, "title": document.title},
        "score": found.score,
        "bm25": found.bm25,
        "cosine": found.cosine,
    }


def report_object(report: Report) -> dict[str, Any]:
    """Return what a calibration of the gate came to."""
    told = {
        "made": report.made or None,
        "aim": report.precision,
        "reached": report.reached,
        "threshold": report.threshold,
        "chosen": None if report.chosen is None else asdict(report.chosen),
        "curve": [asdict(point) for point in report.curve],
        "counts": asdict(report.counts),
        "embedder": report.embedder or None,
    }
    return {"report": told}


def example_object(text: str, should_answer: bool) -> dict[str, Any]:
    """Return a sentence of the household, and whether documents should answer it."""
    return {"text": text, "should_answer": should_answer}
