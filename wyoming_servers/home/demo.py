"""A house in memory that does what it is told, so that `sotto run` works with nothing else installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .intents.handlers import handle
from .intents.request import Request, Result, Timer
from .model import Entity, Home, HomeSnapshot
from .templates import render_answer
from .yaml_home import read_home

DEMO_FILE = Path(__file__).with_name("demo.yaml")

# Read once, when the module is imported and not where a house is made: that may be on the event loop.
DEMO_HOUSE = read_home(DEMO_FILE)
"""The house of this package."""


@dataclass(frozen=True, slots=True)
class Order:
    """An intent as it comes from the conversation stage."""

    intent: str
    slots: Mapping[str, Any]
    text: str = ""
    """Template of what is said when it is done."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was said about orders, and what they changed."""

    text: str
    changes: tuple[dict[str, Any], ...] = ()
    """`entity_id`, `name`, `before` and `after` (states), `attributes` (name to value before and after)."""


def _now() -> datetime:
    return datetime.now().astimezone()


class DemoHome(Home):
    """A house whose devices are only data. Without a snapshot it is the one of this package.

    For a file of the user's: `DemoHome(read_home(path))`.
    """

    def __init__(self, snapshot: HomeSnapshot = DEMO_HOUSE, *, now: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._now = now
        self._timers: tuple[Timer, ...] = ()

    @property
    def snapshot(self) -> HomeSnapshot:
        """The house as it is now."""
        return self._snapshot

    @property
    def executes_intents(self) -> bool:
        """Always: there is nothing behind this house."""
        return True

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The timers that have not run out."""
        now = self._now()
        return tuple(timer for timer in self._timers if timer.left_s(now) > 0)

    def execute(self, orders: Sequence[Order]) -> Done:
        """Do all of the orders, or none of them.

        Raises HomeError for an order that is not known here, that cannot be done, or that fits no entity.
        """
        house, timers, said = self._snapshot, self.timers, []
        for order in orders:
            result = handle(Request(order.intent, order.slots, house, self._now(), timers))
            house = _with(house, result.changed)
            timers = timers if result.timers is None else result.timers
            said.append(_speech(order, result))
        done = Done("\n".join(filter(None, said)), _changes(self._snapshot, house))
        # Only states changed: listeners hear of names, and ask for the states when they need them.
        self._snapshot, self._timers = house, timers
        return done


def _speech(order: Order, result: Result) -> str:
    if result.speech is not None:
        return result.speech
    return render_answer(order.text, {**order.slots, **result.slots}, result.matched, result.unmatched)


def _with(house: HomeSnapshot, changed: Iterable[Entity]) -> HomeSnapshot:
    by_id = {entity.entity_id: entity for entity in changed}
    return replace(house, entities=tuple(by_id.get(entity.entity_id, entity) for entity in house.entities))


def _changes(before: HomeSnapshot, after: HomeSnapshot) -> tuple[dict[str, Any], ...]:
    pairs = zip(before.entities, after.entities, strict=True)
    return tuple(_change(old, new) for old, new in pairs if old != new)


def _change(old: Entity, new: Entity) -> dict[str, Any]:
    attributes = {
        name: [old.attributes.get(name), new.attributes.get(name)]
        for name in {**old.attributes, **new.attributes}
        if old.attributes.get(name) != new.attributes.get(name)
    }
    return {
        "entity_id": new.entity_id,
        "name": new.name,
        "before": old.state,
        "after": new.state,
        "attributes": attributes,
    }
