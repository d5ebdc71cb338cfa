"""What is told of the server and its model: `/api/info`, `/api/status`, `/v1/models`, `/healthz`, metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from ..conversation.engine import Finished, ModelState, ModelStatus
from ..conversation.mind import Load, Mind
from ..errors import EngineLoadingError, EngineUnavailableError, UnknownModelError
from .answer import rounded
from .homes import Homes, counts
from .identity import Identity
from .metrics import Metrics
from .pairing import Pairing

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.library import Library


class Status:
    """Answers from memory."""

    def __init__(
        self,
        identity: Identity,
        pairing: Pairing,
        mind: Mind | None,
        homes: Homes,
        metrics: Metrics,
        library: Library | None,
        told: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        """`told` gives more members of the status, by name."""
        self._told = told or {}
        self._library = library
        self._identity = identity
        self._pairing = pairing
        self._mind = mind
        self._homes = homes
        self._metrics = metrics
        self._started = time.monotonic()
        self._created = int(time.time())

    async def health(self, _: web.Request) -> web.Response:
        """Answer that the event loop runs."""
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer whether a chat would be answered now; a model that sleeps wakes for it."""
        model = self._model
        if model is not None and model.state is ModelState.LOADING:
            raise EngineLoadingError("The language model is still loading.", remedy="Try again in a moment.")
        if model is not None and model.state is ModelState.FAILED:
            raise EngineUnavailableError("The language model failed.", remedy="/api/status says why.")
        return web.json_response({"status": "ready"})

    async def info(self, request: web.Request) -> web.Response:
        """Answer with what everybody may know."""
        return web.json_response(self._about(request))

    async def status(self, request: web.Request) -> web.Response:
        """Answer with what there is and how it is."""
        return web.json_response(self.of(request))

    def of(self, request: web.Request) -> dict[str, Any]:
        """Return what there is and how it is, for a client."""
        model = self._model
        return {
            **self._about(request),
            "uptime_s": round(time.monotonic() - self._started, 1),
            "model": asdict(model) if model is not None else None,
            "vision": model is not None and model.vision,
            "home": counts(self._homes.own.snapshot),
            "homes_sent": len(self._homes),
            "requests": asdict(self._mind.load if self._mind is not None else Load(0, 0)),
            "latest": _figures(self._mind.finished if self._mind is not None else None),
            "documents": self._library.count if self._library is not None else 0,
            **{name: tell() for name, tell in self._told.items()},
        }

    def _about(self, request: web.Request) -> dict[str, Any]:
        return {
            **asdict(self._identity),
            "token_needed": self._pairing.token_needed,
            "pairing": self._pairing.is_open_to(request),
        }

    async def metrics(self, _: web.Request) -> web.Response:
        """Answer in Prometheus' text format."""
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def models(self, _: web.Request) -> web.Response:
        """List the model."""
        models = [self._model_object(self._model)] if self._model is not None else []
        return web.json_response({"object": "list", "data": models})

    async def model(self, request: web.Request) -> web.Response:
        """Answer with the model of this name."""
        model = self._model
        if model is None or model.model != request.match_info["model"]:
            raise UnknownModelError("There is no such model.", remedy="/v1/models lists what there is.")
        return web.json_response(self._model_object(model))

    @property
    def _model(self) -> ModelStatus | None:
        return self._mind.status if self._mind is not None and self._mind.is_there else None

    def _model_object(self, status: ModelStatus) -> dict[str, Any]:
        return {"id": status.model, "object": "model", "created": self._created, "owned_by": "sotto"}


def _figures(latest: Finished | None) -> dict[str, Any] | None:
    """Return how fast the model's latest answer was, and how long."""
    if latest is None:
        return None
    return {
        "first_token_s": rounded(latest.first_token_s, 3),
        "tokens_per_s": rounded(latest.tokens_per_s, 1),
        "prompt_tokens": latest.prompt_tokens,
        "reused_tokens": latest.reused_tokens,
        "completion_tokens": latest.completion_tokens,
    }
