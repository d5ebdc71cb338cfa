"""The store of an installation, from its settings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..protocol.service import Stage
from ..settings import Settings
from .catalogue import with_further
from .shelves import Shelves
from .store import ModelStore
from .wishes import Wishes, models_mb


def make_store(settings: Settings, stages: Sequence[Stage] = tuple(Stage)) -> ModelStore:
    """Return the store, not yet started, that fetches what these stages want if the settings say so."""
    shelves = Shelves(settings)
    return ModelStore(
        shelves,
        offered=partial(with_further, settings.models.catalogue),
        wishes=Wishes(settings, stages, shelves, partial(models_mb, settings)),
        auto=settings.models.fetch == "auto",
        mirror=settings.models.mirror,
    )
