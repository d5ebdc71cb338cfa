"""Superseded models go once they have not been used for long: counted while the servers run, and kept on disk.

Time is counted and not compared with the calendar: a machine without a clock of its own begins in another year.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic

from .catalogue import Model
from .shelves import Shelves
from .state import ModelState, Replaced, State
from .superseded import superseded
from .threads import in_thread

_LOGGER = logging.getLogger(__name__)

UNUSED_S = 7 * 86_400.0
"""So long a better model must have worked in its place: within a week somebody notices one that does not please."""
KEEP_EVERY_S = 3600.0
"""Of what is counted, no more is lost when the process is killed."""


class Retiring:
    """Counts for one installation."""

    def __init__(
        self,
        shelves: Shelves,
        working: Callable[[], Collection[str]] = tuple,
        named: Collection[str] = (),
        languages: Collection[str] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`working()`: names of the models that engines have loaded; `named`: those that settings name.

        `languages`: BCP 47 tags of the household.
        """
        self._shelves = shelves
        self._working = working
        self._named = named
        self._languages = languages
        self._clock = clock
        self._unused_s: dict[str, float] = {}
        self._by: dict[str, str] = {}
        self._looked_s: float | None = None
        self._kept_s = 0.0

    async def start(self) -> None:
        """Read what was counted before."""
        self._unused_s = await in_thread(self._shelves.unused)

    async def look(self, models: Mapping[str, Model], states: Sequence[ModelState]) -> None:
        """Count on; raises FolderError."""
        now_s = self._clock()
        passed_s = now_s - self._looked_s if self._looked_s is not None else 0.0
        self._looked_s = now_s
        there = [each for each in states if each.state is State.INSTALLED and each.id in models]
        working = frozenset(self._working())
        before, self._by = self._by, self._superseded(models, there, working)
        known, self._unused_s = self._unused_s, {}
        for each in there:
            if each.id in self._by:
                self._unused_s[each.id] = known.get(each.id, 0.0) + (passed_s if each.id in before else 0.0)
            elif each.id in known and not each.asked and not each.wanted and models[each.id].name not in working:
                self._unused_s[each.id] = known[each.id]  # as while the better one is loading
        if self._unused_s.keys() != known.keys() or (known and now_s - self._kept_s >= KEEP_EVERY_S):
            self._kept_s = now_s
            await in_thread(self._shelves.keep_unused, self._unused_s)

    def _superseded(
        self, models: Mapping[str, Model], there: Sequence[ModelState], working: Collection[str]
    ) -> dict[str, str]:
        return superseded(
            [models[each.id] for each in there],
            by_itself={each.id for each in there if not each.own and not each.asked},
            wanted={each.id for each in there if each.wanted},
            working=working,
            named=self._named,
            languages=self._languages,
        )

    async def remove(self, models: Mapping[str, Model], *, room: bool = False) -> list[str]:
        """Remove those that were not used for long enough at the latest look, and return their ids; raises FolderError.

        `room`: the disk is full, so that one goes in any case, the one that was not used for longest.
        """
        by_time = sorted(self._by, key=lambda each: (-self._unused_s[each], each))
        going = by_time[:1] if room else [each for each in by_time if self._unused_s[each] >= UNUSED_S]
        for each in going:
            by, why = self._by[each], "the disk is full" if room else "it was not used any more"
            await in_thread(self._shelves.remove, models[each], by)
            _LOGGER.info(
                "%s is removed: %s is in its place, and %s. `sotto models fetch` brings it back", each, by, why
            )
        return going

    def replaced(self, model_id: str) -> Replaced | None:
        """Return what is in a model's place, and when it goes; None if nothing is."""
        if model_id not in self._by:
            return None
        return Replaced(self._by[model_id], max(0.0, UNUSED_S - self._unused_s[model_id]))
