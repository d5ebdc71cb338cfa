"""Which models should be there, and which would be if somebody agreed to the terms of their licences."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .catalogue import Model
from .state import ModelState, State

_LOGGER = logging.getLogger(__name__)

_OFFERED = (
    "%s would be better here. It has a licence of its own, %s: read %s, and if you agree, fetch it with: "
    "sotto models fetch %s"
)

Wishes = Callable[[Sequence[Model], frozenset[str]], Awaitable[list[Model]]]
"""Called with the models that may be chosen and the ids of those installed; returns those that should be there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ids of models."""

    wanted: frozenset[str] = frozenset()
    """Those that should be there."""
    offered: frozenset[str] = frozenset()
    """Those that would be instead, but have terms that nobody has agreed to."""


async def choose(
    wishes: Wishes, models: Mapping[str, Model], states: Mapping[str, ModelState], declined: Collection[str]
) -> Wanted:
    """Ask for the best, and where that has terms of its own, for the best without; says once what is offered."""
    installed = frozenset(each.id for each in states.values() if each.state is State.INSTALLED)
    choosable = [model for model in models.values() if model.id not in declined]
    agreed = [model for model in choosable if is_agreed(model, states[model.id])]
    best = await wishes(choosable, installed)
    offered = [model for model in best if model not in agreed]
    for model in offered:
        if not states[model.id].offered:
            _LOGGER.info(_OFFERED, model.title, model.licence, model.terms, model.id)
    wanted = await wishes(agreed, installed) if offered else best
    return Wanted(frozenset(model.id for model in wanted), frozenset(model.id for model in offered))


def is_agreed(model: Model, now: ModelState) -> bool:
    """Whether its terms keep nobody from fetching it: there are none, or somebody asked for it by name."""
    return not model.terms or now.asked or now.state is State.INSTALLED
