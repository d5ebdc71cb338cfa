"""`/api/models`: the models that can be fetched, and those that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from ..models.catalogue import Model
from ..models.state import ModelState, Replaced
from ..models.store import ModelStore
from .chat import read_body
from .document_progress import Latest, answered
from .errors import FieldError, error_object

TOLD_EVERY_S = 1.0
"""At most; while a model is fetched its state changes more often than anybody can read."""


@dataclass(frozen=True)
class Importing:
    """How far an import is: nobody knows."""

    step: str = "importing"
    done: int = 0
    total: int = 0


class Models:
    """Answers from a store that others start and stop."""

    def __init__(self, store: ModelStore, used: Callable[[], Collection[str]] = tuple) -> None:
        """`used()`: the names that engines have for the models that they use."""
        self._store = store
        self._used = used
        self._publishing: asyncio.TimerHandle | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [
            web.get("/api/models", self._list),
            web.post("/api/models/import", self._import),
            web.post("/api/models/{id}", self._fetch),
            web.delete("/api/models/{id:.+}", self._remove),
        ]

    def tell(self, publish: Callable[[str, Any], None]) -> None:
        """Publish an event when something changes, but not all the time."""

        def published() -> None:
            self._publishing = None
            publish("models", self.objects())

        def changed() -> None:
            if self._publishing is None:
                self._publishing = asyncio.get_running_loop().call_later(TOLD_EVERY_S, published)

        self._store.on_change(changed)

    def objects(self) -> dict[str, Any]:
        """Return what is told of all models."""
        used = frozenset(self._used())
        models = [self._object(state, used) for state in self._store.states()]
        return {"models": models, "disk": {"free_bytes": self._store.free_bytes}}

    def object(self, state: ModelState) -> dict[str, Any]:
        """Return what is told of one model."""
        return self._object(state, frozenset(self._used()))

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(self.objects())

    async def _fetch(self, request: web.Request) -> web.Response:
        state = await self._store.fetch(request.match_info["id"])
        return web.json_response({"model": self.object(state)}, status=202)

    async def _remove(self, request: web.Request) -> web.Response:
        only = request.query.get("only")
        if only not in {None, "cancel"}:
            raise FieldError("only", "it must be cancel, or left out")
        act = self._store.remove if only is None else self._store.cancel
        state = await act(request.match_info["id"])
        return web.json_response({"model": self.object(state)})

    async def _import(self, request: web.Request) -> web.StreamResponse:
        """Import a folder; with `Accept: text/event-stream`, give signs of life while its files are read and copied."""
        folder = await read_body(request, _folder)
        latest = Latest()
        latest.told(Importing())
        return await answered(request, self._store.import_folder(folder), latest, "imported", _imported)

    def _object(self, state: ModelState, used: frozenset[str]) -> dict[str, Any]:
        model = self._store.models.get(state.id)
        return {
            "id": state.id,
            "kind": state.kind.value,
            "title": model.title if model is not None else state.id.rpartition("/")[2],
            "languages": list(model.languages) if model is not None else [],
            "size_bytes": state.total_bytes,
            "memory_mb": model.memory_mb if model is not None else None,
            "licence": model.licence if model is not None else "",
            "terms": model.terms if model is not None else "",
            "pinned": model.pinned if model is not None else False,
            "state": state.state.value,
            "done_bytes": state.done_bytes,
            "total_bytes": state.total_bytes,
            "own": state.own,
            "wanted": state.wanted,
            "offered": state.offered,
            "in_use": _name(state, model) in used,
            "replaced": _replaced(state.replaced),
            "error": error_object(state.error)["error"] if state.error is not None else None,
        }


def _name(state: ModelState, model: Model | None) -> str:
    return model.name if model is not None else state.id.rpartition("/")[2]


def _replaced(replaced: Replaced | None) -> dict[str, Any] | None:
    if replaced is None:
        return None
    return {"by": replaced.by, "removed_in_s": None if replaced.goes_in_s is None else round(replaced.goes_in_s)}


def _imported(ids: list[str]) -> dict[str, Any]:
    return {"imported": ids}


def _folder(body: dict[str, Any]) -> Path:
    folder = body.get("folder")
    if not isinstance(folder, str) or not folder.startswith("/"):
        raise FieldError("folder", "it must be the path of a folder on the server, from /")
    return Path(folder)
