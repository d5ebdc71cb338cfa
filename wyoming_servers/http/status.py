"""What is told of the server and its model: `/healthz`, `/readyz`, `/api/status`, `/metrics` and `/v1/models`."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from .. import __version__
from ..conversation.engine import ModelState, ModelStatus
from ..conversation.mind import Mind
from ..errors import EngineLoadingError, EngineUnavailableError, UnknownModelError
from .homes import Homes, counts
from .metrics import Metrics


class Status:
    """Answers from memory."""

    def __init__(self, mind: Mind | None, homes: Homes, metrics: Metrics) -> None:
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

    async def status(self, _: web.Request) -> web.Response:
        """Answer with what there is and how it is."""
        own = self._homes.own
        return web.json_response(
            {
                "version": __version__,
                "uptime_s": round(time.monotonic() - self._started, 1),
                "model": asdict(self._model) if self._model is not None else None,
                "home": counts(own.snapshot),
                "homes_sent": len(self._homes),
            }
        )

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
        return self._mind.status if self._mind is not None else None

    def _model_object(self, status: ModelStatus) -> dict[str, Any]:
        return {"id": status.model, "object": "model", "created": self._created, "owned_by": "sotto"}
