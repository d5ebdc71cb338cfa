"""Which models have a better one in their place, so that they may go. Pure logic.

Only what `auto` fetched goes, and nobody asked for. Voices stay: Home Assistant keeps the name of one that somebody
chose there, which is known to nobody here. So does what is used when memory runs short: see `RUNG`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .catalogue import Kind, Model
from .choice import speaks

LADDERS = frozenset({Kind.STT, Kind.LLM})
"""Kinds of which a smaller model is used when memory runs short (decision 028)."""
RUNG = 0.75
"""A smaller model of these stays if it takes at most this part of the next larger one's memory: less would be won by
using it instead."""
_KEPT = frozenset({Kind.TTS})


def superseded(
    installed: Collection[Model],
    *,
    by_itself: Collection[str],
    wanted: Collection[str],
    working: Collection[str],
    named: Collection[str],
    languages: Collection[str] = (),
) -> dict[str, str]:
    """Return the ids of the models that may go, each with the id of the one in its place.

    Args:
        installed: all models that are there.
        by_itself: ids of those that `auto` fetched and nobody asked for.
        wanted: ids of those that should be there.
        working: names of those that engines have loaded and use.
        named: names of those that the settings name.
        languages: BCP 47 tags of the household; a model that does not speak all of them is worse than one that does.
    """
    of_use = {each.id for each in installed if all(speaks(each, language) for language in languages)}
    found: dict[str, str] = {}
    for better in installed:
        if better.id in wanted and better.name in working and better.kind not in _KEPT:
            others = [each for each in installed if each.kind is better.kind and each is not better]
            lesser = [each for each in others if each.rank < better.rank or each.id not in of_use]
            free = [each for each in lesser if each.id in by_itself and each.id not in wanted]
            going = {each.id for each in free if each.name not in {*working, *named}}
            steps = [each for each in lesser if each.id in of_use]
            rungs = set(_rungs(better, steps)) if better.kind in LADDERS else set()
            found |= dict.fromkeys(sorted(going - rungs), better.id)
    return found


def _rungs(top: Model, lesser: Collection[Model]) -> Iterator[str]:
    """Yield the ids of the models that are worth changing to, one after the other, when memory runs short."""
    above_mb = top.memory_mb
    for model in sorted(lesser, key=lambda each: (-each.rank, each.id)):
        if model.memory_mb <= RUNG * above_mb:
            yield model.id
            above_mb = model.memory_mb
