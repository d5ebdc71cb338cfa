"""The house as data: floors, areas, entities and the names that people say for them.

Names flow from here into speech recognition, intents and retrieval. A snapshot never changes; when the
house does, its `Home` publishes a new one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class HomeSnapshot:
    """The house at one moment. Only what is exposed to Assist is in it."""

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    entities: tuple[Entity, ...] = ()
    device_areas: Mapping[str, str] = field(default_factory=dict)
    """Area id by device id: where a satellite stands."""

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
    """A source of snapshots. Listeners are called on the event loop."""

    def __init__(self) -> None:
        self._listeners: list[HomeListener] = []

    @property
    @abstractmethod
    def snapshot(self) -> HomeSnapshot:
        """The house as it is known now."""

    async def start(self) -> None:
        """Begin to follow the house; returns at once, also when the house cannot be reached yet."""

    async def stop(self) -> None:
        """Stop following the house."""

    def subscribe(self, listener: HomeListener) -> Callable[[], None]:
        """Call the listener with every new snapshot; returns a function that ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _publish(self) -> None:
        for listener in list(self._listeners):
            listener(self.snapshot)
