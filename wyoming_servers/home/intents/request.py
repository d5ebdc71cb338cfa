"""What an intent asks of the demo house, and what comes of it. Data only: handlers change nothing themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ...errors import HomeError
from ..model import Entity, HomeSnapshot
from ..targets import NoTarget, match_targets, wanted_by


@dataclass(frozen=True, slots=True)
class Timer:
    """A kitchen timer."""

    number: int
    name: str | None
    hours: int
    minutes: int
    seconds: int
    ends_at: datetime
    paused_s: float | None = None
    """Seconds that are left, while it is paused."""

    def left_s(self, now: datetime) -> float:
        """Seconds until it rings."""
        return self.paused_s if self.paused_s is not None else max(0.0, (self.ends_at - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Request:
    """An intent, and the house and time in which it is executed."""

    intent: str
    slots: Mapping[str, Any]
    home: HomeSnapshot
    now: datetime
    timers: tuple[Timer, ...] = ()

    def text(self, slot: str) -> str:
        """Return a slot as text; raises HomeError if it is missing."""
        if self.slots.get(slot) is None or self.slots[slot] == "":
            raise HomeError(f"{self.intent} needs the slot {slot}.", remedy="Say what is meant.")
        return str(self.slots[slot])

    def number(self, slot: str, least: float, most: float) -> float:
        """Return a slot as a number in a range; raises HomeError if it is none."""
        try:
            value = float(self.text(slot))
        except ValueError:
            raise HomeError(f"{self.intent}: {slot} is {self.slots[slot]!r}.", remedy="Send a number.") from None
        if not least <= value <= most:
            raise HomeError(f"{self.intent}: {slot} is {value:g}.", remedy=f"Send {least:g} to {most:g}.")
        return value

    def targets(self) -> tuple[Entity, ...]:
        """Return the entities that are meant; raises HomeError if there is none, or if it is not clear which."""
        match = match_targets(self.home, wanted_by(self.intent, self.slots))
        if match.problem is NoTarget.DUPLICATE_NAME:
            raise HomeError(f"Several are called {self.slots.get('name')}.", remedy="Say in which room.")
        if match.problem is not None:
            raise HomeError("Nothing in this house matches.", remedy=f"The {match.problem} is not there.")
        return match.entities

    def target(self) -> Entity:
        """Return the one entity that is meant; raises HomeError if there are none or several."""
        targets = self.targets()
        if len(targets) > 1:
            raise HomeError("Several in this house match.", remedy="Say which one, or in which room.")
        return targets[0]


@dataclass(frozen=True, slots=True)
class Result:
    """What an intent came to."""

    changed: tuple[Entity, ...] = ()
    matched: tuple[Entity, ...] = ()
    """What a template sees as `query.matched`; the first is its `state`."""
    unmatched: tuple[Entity, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    """What a template finds in `slots` beside the intent's own."""
    speech: str | None = None
    """What is said in any case."""
    timers: tuple[Timer, ...] | None = None
    """The timers from now on; None if they stay as they are."""


def change(entity: Entity, state: str | None = None, **attributes: Any) -> Entity:
    """Return the entity with another state and other attributes."""
    return replace(
        entity, state=entity.state if state is None else state, attributes={**entity.attributes, **attributes}
    )


def done(entities: Iterable[Entity]) -> Result:
    """Return the result of having changed these entities."""
    changed = tuple(entities)
    return Result(changed=changed, matched=changed)
