"""The documents of the scripted server: kept as they come, and found by any word. Held to the real door's shapes."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from tests.integration.scripted_answer import Fail, plain

Json = dict[str, Any]


class ScriptedDocuments:
    """Takes everything for a document of one page; what it refuses a test says beforehand."""

    def __init__(self) -> None:
        """There is none."""
        self.kept: dict[str, Json] = {}
        """By id."""
        self.contents: dict[str, bytes] = {}
        self.warnings: list[str] = []
        """Of what is added next."""
        self.refusal: Fail | None = None
        """In place of every answer."""

    def put(self, name: str, content: bytes, source: str = "") -> Json:
        """Keep a document."""
        document_id = hashlib.sha256(name.encode()).hexdigest()[:12]
        self.contents[document_id] = content
        document = self.kept[document_id] = {
            "id": document_id,
            "name": name,
            "title": name.rpartition(".")[0],
            "kind": "text",
            "added": "2026-11-29T20:15:00+00:00",
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "source": source,
            "passages": 1,
            "warnings": self.warnings,
        }
        return document

    def answer(self, request: web.Request, content: bytes) -> web.Response:
        """Answer a request for `/api/documents` and below it."""
        if self.refusal is not None:
            return plain(self.refusal)
        below = request.path.removeprefix("/api/documents").strip("/")
        if request.method == "POST":
            return web.json_response(self._add(request.query["name"], content))
        if below == "search":
            return web.json_response({"found": self._found(request.query["q"], int(request.query.get("limit", "5")))})
        return self._one(request.method, below) if below else web.json_response({"documents": [*self.kept.values()]})

    def _add(self, name: str, content: bytes) -> Json:
        known = any(each["name"] == name for each in self.kept.values())
        return {"outcome": "replaced" if known else "added", "document": self.put(name, content)}

    def _one(self, method: str, document_id: str) -> web.Response:
        if document_id not in self.kept:
            return plain(Fail("unknown-document", f"There is no document {document_id}."))
        if method == "DELETE":
            return web.json_response({"removed": self.kept.pop(document_id)})
        return web.json_response(self.kept[document_id])

    def _found(self, question: str, limit: int) -> list[Json]:
        words = set(question.lower().split())
        found = [
            {
                "passage_id": number,
                "text": text,
                "question": "",
                "headings": ["Notes"],
                "page": None,
                "document": {name: document[name] for name in ("id", "name", "title")},
                "score": 0.5,
                "bm25": 1.0,
                "cosine": None,
            }
            for number, document in enumerate(self.kept.values())
            if words & set((text := self.contents[document["id"]].decode()).lower().replace(".", " ").split())
        ]
        return found[:limit]
