"""The models of a data folder whose server does not run: what `sotto models` works on then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..http.models import Models
from ..models.making import make_store
from ..models.store import ModelStore
from ..settings import Settings


class LocalModels:
    """As the HTTP door tells them."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._models = Models(store)

    async def all(self) -> dict[str, Any]:
        """Return what `GET /api/models` does."""
        return self._models.objects()

    async def fetch(self, model_id: str) -> dict[str, Any]:
        """Begin to fetch; returns the model."""
        return self._models.object(await self._store.fetch(model_id))

    async def remove(self, model_id: str) -> dict[str, Any]:
        """Remove, or stop fetching; returns the model."""
        return self._models.object(await self._store.remove(model_id))

    async def cancel(self, model_id: str) -> dict[str, Any]:
        """Stop fetching, and leave what is installed; returns the model."""
        return self._models.object(await self._store.cancel(model_id))

    async def import_folder(self, folder: Path) -> list[str]:
        """Return the ids of models that a folder brought."""
        return await self._store.import_folder(folder)


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[LocalModels]:
    """Work on the folders of these settings; what is wanted is told, and nothing fetched by itself."""
    store = make_store(replace(settings, models=replace(settings.models, fetch="none")))
    try:
        await store.start()
        await store.know_wanted()
        yield LocalModels(store)
    finally:
        await store.stop()
