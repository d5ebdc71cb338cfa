"""The house as data: floors, areas, entities and the names that people say for them.

Names flow from here into speech recognition, intents and retrieval. A snapshot never changes; when the
house does, its `Home` publishes a new one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey of the house."""

    floor_id: str
    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases, in that order."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Area:
    """A room or a part of the garden."""

    area_id: str
    name: str
    aliases: tuple[str, ...] = ()
    floor_id: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases, in that order."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Entity:
    """Something in the house that can be switched or asked about, and that is exposed to Assist."""

    entity_id: str
    name: str
    aliases: tuple[str, ...] = ()
    area_id: str | None = None
    device_class: str | None = None
    state: str = "unknown"
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The part of the entity id before the dot, such as `light`."""
        return self.entity_id.partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases, in that order."""
        return (self.name, *self.aliases)

    @property
    def naming(self) -> Hashable:
        """All but the state: what of the entity is said and where it stands."""
        return (self.entity_id, self.names, self.area_id, self.device_class)


@dataclass(frozen=True)
class HomeSnapshot:
    """The house at one moment. Only what is exposed to Assist is in it."""

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    entities: tuple[Entity, ...] = ()
    device_areas: Mapping[str, str] = field(default_factory=dict)
    """Area id by device id: where a satellite stands."""

    @cached_property
    def naming(self) -> Hashable:
        """All but states and where devices stand: two snapshots with the same are spoken of in the same words."""
        return (self.floors, self.areas, tuple(entity.naming for entity in self.entities))

    def area(self, area_id: str | None) -> Area | None:
        """Return the area with this id."""
        return next((area for area in self.areas if area.area_id == area_id), None)

    def floor(self, floor_id: str | None) -> Floor | None:
        """Return the floor with this id."""
        return next((floor for floor in self.floors if floor.floor_id == floor_id), None)

    def entity(self, entity_id: str) -> Entity | None:
        """Return the entity with this id."""
        return next((entity for entity in self.entities if entity.entity_id == entity_id), None)


HomeListener = Callable[[HomeSnapshot], None]


class Home(ABC):
    """A source of snapshots.

    `snapshot` always has the states of now. Listeners are called, on the event loop, only when something came,
    went, moved or was renamed: in a large house states change by the hundred per second, and what is built from
    names should not be.
    """

    def __init__(self) -> None:
        self._listeners: list[HomeListener] = []
        self._published: Hashable = None

    @property
    @abstractmethod
    def snapshot(self) -> HomeSnapshot:
        """The house as it is known now."""

    @property
    def executes_intents(self) -> bool:
        """Whether the house does in this process what it is told, timers included; otherwise a client has it done."""
        return False

    async def start(self) -> None:
        """Begin to follow the house; returns at once, also when the house cannot be reached yet."""

    async def stop(self) -> None:
        """Stop following the house."""

    def subscribe(self, listener: HomeListener) -> Callable[[], None]:
        """Call the listener with the snapshot whenever its `naming` changed; returns a function that ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _publish(self) -> None:
        """Tell the listeners about the snapshot, unless its `naming` is the one that they were told about last."""
        snapshot = self.snapshot
        if snapshot.naming == self._published:
            return
        self._published = snapshot.naming
        for listener in list(self._listeners):
            listener(snapshot)
