"""The store of an installation, from its settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from ..protocol.service import Stage
from ..settings import Settings
from .catalogue import with_further
from .retiring import Retiring
from .shelves import Shelves
from .store import ModelStore
from .wishes import Wishes, models_mb, named_in, spoken


def make_store(
    settings: Settings, stages: Sequence[Stage] = tuple(Stage), working: Callable[[], Collection[str]] = tuple
) -> ModelStore:
    """Return the store, not yet started, that fetches what these stages want if the settings say so.

    `working()`: see `Retiring`; without it no model is ever superseded.
    """
    shelves = Shelves(settings)
    return ModelStore(
        shelves,
        offered=partial(with_further, settings.models.catalogue),
        wishes=Wishes(settings, stages, shelves, partial(models_mb, settings)),
        auto=settings.models.fetch == "auto",
        mirror=settings.models.mirror,
        retiring=Retiring(shelves, working, named_in(settings), spoken(settings)),
    )
