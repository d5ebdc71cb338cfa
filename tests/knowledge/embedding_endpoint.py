"""An OpenAI-compatible server on loopback that embeds and ranks, and fails as a script says."""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from aiohttp import web

from tests.conversation.scripted_endpoint import Break, Hang, Received, Respond, ScriptedEndpoint, _plain


class EmbeddingEndpoint(ScriptedEndpoint):
    """Each request gets the next answer of the script, and vectors or scores when that is over.

    A text's vector is the sum of its words' own. `requests` are those for vectors and scores.
    """

    def __init__(self, *answers: Sequence[Any], models: Sequence[str] = ("bge-m3",), dimensions: int = 8) -> None:
        super().__init__(*answers, models=models)
        self.dimensions = dimensions
        self.most_chars = 0
        """Longer texts are refused; 0: none."""
        self.in_base64 = False
        self.wants_input_type = False

    @property
    def texts(self) -> list[str]:
        """All that was to be embedded, in order."""
        return [text for request in self.requests for text in request.body.get("input", [])]

    async def _respond(self, request: web.Request, received: Received) -> web.StreamResponse:
        if request.path not in {"/v1/embeddings", "/v1/rerank"}:
            return await super()._respond(request, received)
        step = self._script.pop(0)[0] if self._script else None  # type: ignore[index] # no functions here
        async with self._asked:
            self.requests.append(received)
            self._asked.notify_all()
        if isinstance(step, Hang):
            await asyncio.Event().wait()
        if isinstance(step, Break):
            assert request.transport is not None
            request.transport.close()
            raise ConnectionAbortedError
        return _plain(step if isinstance(step, Respond) else self._answer(received.body))

    def _answer(self, body: dict[str, Any]) -> Respond:
        if "documents" in body:
            asked = set(body["query"].split())
            scores = [len(asked & set(text.split())) for text in body["documents"]]
            results = [{"index": index, "relevance_score": score} for index, score in enumerate(scores)]
            return Respond(200, {"results": sorted(results, key=lambda result: -result["relevance_score"])})
        if self.wants_input_type and "input_type" not in body:
            return Respond(400, {"error": {"message": "'input_type' parameter is required"}})
        if self.most_chars and max(map(len, body["input"])) > self.most_chars:
            return Respond(400, {"error": {"message": "This model's maximum context length is 512 tokens"}})
        entries = [{"index": index, "embedding": self._vector(text)} for index, text in enumerate(body["input"])]
        return Respond(200, {"object": "list", "data": list(reversed(entries)), "model": body["model"]})

    def _vector(self, text: str) -> Any:
        vector = np.zeros(self.dimensions, np.float32)
        for word in text.split() or [""]:
            vector += np.random.default_rng(zlib.crc32(word.encode())).standard_normal(self.dimensions)
        return base64.b64encode(vector.tobytes()).decode() if self.in_base64 else vector.tolist()
