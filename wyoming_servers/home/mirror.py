"""Home Assistant's registries and states, as its WebSocket API sends them, turned into a house.

Names are those that Home Assistant's own agent listens for: an intent that names an entity is executed by
Home Assistant, which has to know the entity by that name. Data that is not what the API promises is left
out, never an error: one odd entity must not cost the household all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import Area, Entity, Floor, HomeSnapshot

Raw = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Registries:
    """Results of the API's list commands, as they came."""

    floors: Any = ()
    """Of `config/floor_registry/list`."""
    areas: Any = ()
    """Of `config/area_registry/list`."""
    devices: Any = ()
    """Of `config/device_registry/list`."""
    entries: Any = field(default_factory=dict)
    """Of `config/entity_registry/get_entries`: the exposed entities, None for those that are in no registry."""


class Mirror:
    """A house that follows the registries and the stream of states. Holds no connection."""

    def __init__(self) -> None:
        self._floors: tuple[Floor, ...] = ()
        self._areas: tuple[Area, ...] = ()
        self._area_ids: frozenset[str] = frozenset()
        self._devices: dict[str, Raw] = {}
        self._device_areas: dict[str, str] = {}
        self._entries: dict[str, Raw | None] = {}
        self._states: dict[str, tuple[str, dict[str, Any]]] = {}
        self._entities: dict[str, Entity] = {}
        self._snapshot: HomeSnapshot | None = None

    @property
    def snapshot(self) -> HomeSnapshot:
        """The house now. Made when it is asked for, not with every state."""
        if self._snapshot is None:
            entities = tuple(self._entities[entity_id] for entity_id in sorted(self._entities))
            self._snapshot = HomeSnapshot(self._floors, self._areas, entities, self._device_areas)
        return self._snapshot

    def load(self, registries: Registries) -> None:
        """Take registries that were read anew; what is no longer in their entries is forgotten."""
        self._floors = floors_from(registries.floors)
        self._areas = areas_from(registries.areas, {floor.floor_id for floor in self._floors})
        self._area_ids = frozenset(area.area_id for area in self._areas)
        self._devices = _by_id(registries.devices, "id")
        self._device_areas = _device_areas(self._devices, self._area_ids)
        entries = registries.entries if isinstance(registries.entries, Mapping) else {}
        self._entries = {key: _mapping(entry) or None for key, entry in entries.items() if isinstance(key, str)}
        self._states = {key: state for key, state in self._states.items() if key in self._entries}
        self._entities = {}
        self._update(self._entries)

    def apply(self, event: Any) -> bool:
        """Take an event of `subscribe_entities`; True if it changed more than states.

        Such an event adds (`a`), changes (`c`) and removes (`r`) states. Those of entities that are not in the
        registries' entries are passed over.
        """
        parts = _mapping(event)
        changed = [*self._added(_mapping(parts.get("a"))), *self._changed(_mapping(parts.get("c")))]
        for entity_id in _strings(parts.get("r")):
            self._states.pop(entity_id, None)
            changed.append(entity_id)
        return self._update(changed)

    def _added(self, states: Raw) -> Iterable[str]:
        for entity_id, state in states.items():
            if entity_id in self._entries and isinstance(state, Mapping):
                self._states[entity_id] = (str(state.get("s", "unknown")), dict(_mapping(state.get("a"))))
                yield entity_id

    def _changed(self, differences: Raw) -> Iterable[str]:
        for entity_id, difference in differences.items():
            if entity_id in self._states and isinstance(difference, Mapping):
                self._states[entity_id] = _patched(self._states[entity_id], difference)
                yield entity_id

    def _update(self, entity_ids: Iterable[str]) -> bool:
        """Make these entities anew; whether one of them came, went, or is called or placed otherwise."""
        renamed = False
        for entity_id in entity_ids:
            before = self._entities.pop(entity_id, None)
            after = self._entity(entity_id)
            if after is not None:
                self._entities[entity_id] = after
            renamed |= (before and before.naming) != (after and after.naming)
            self._snapshot = None
        return renamed

    def _entity(self, entity_id: str) -> Entity | None:
        if entity_id not in self._states or entity_id not in self._entries:
            return None
        entry, (state, attributes) = self._entries[entity_id], self._states[entity_id]
        names = names_of(entity_id, entry, attributes, self._devices)
        if not names:
            return None
        return Entity(
            entity_id,
            names[0],
            names[1:],
            self._area_of(entry or {}),
            _text(attributes.get("device_class")) or None,
            state,
            attributes,
        )

    def _area_of(self, entry: Raw) -> str | None:
        area_id = _text(entry.get("area_id")) or self._device_areas.get(_text(entry.get("device_id")))
        return area_id if area_id in self._area_ids else None


def floors_from(raw: Any) -> tuple[Floor, ...]:
    """Return the floors, in the order of the registry."""
    return tuple(
        Floor(floor_id, _text(floor.get("name")), _sorted_aliases(floor))
        for floor_id, floor in _by_id(raw, "floor_id").items()
        if _text(floor.get("name"))
    )


def areas_from(raw: Any, floor_ids: Iterable[str]) -> tuple[Area, ...]:
    """Return the areas, in the order of the registry."""
    known = set(floor_ids)
    return tuple(
        Area(area_id, _text(area.get("name")), _sorted_aliases(area), floor_id if floor_id in known else None)
        for area_id, area in _by_id(raw, "area_id").items()
        for floor_id in [_text(area.get("floor_id"))]
        if _text(area.get("name"))
    )


def names_of(entity_id: str, entry: Raw | None, attributes: Raw, devices: Mapping[str, Raw]) -> tuple[str, ...]:
    """Return what the entity may be called, the first name first; none if the user has taken all its names away.

    Since Home Assistant 2026 an entry's aliases are all of its names, in the user's order; None in them stands
    for the name computed from the entity's and its device's, which an area of the entity's own cuts short (so
    that the computed name is not always the state's `friendly_name`). Before, they came beside that name.
    """
    friendly = _text(attributes.get("friendly_name")) or entity_id.partition(".")[2].replace("_", " ")
    if entry is None:
        return _distinct([friendly])
    if "next_name_part" not in entry:
        return _distinct([friendly, *_sorted_aliases(entry)])
    aliases = entry.get("aliases")
    computed = _computed_name(entry, devices)
    if not isinstance(aliases, (list, tuple)):
        return _distinct([computed])
    return _distinct([computed if alias is None else _text(alias) for alias in aliases])


def _computed_name(entry: Raw, devices: Mapping[str, Raw]) -> str:
    if given := _text(entry.get("name")):
        return given
    own = "" if isinstance(entry.get("name"), str) else _text(entry.get("original_name"))
    device = devices.get(_text(entry.get("device_id")), {}) if entry.get("next_name_part") == "device" else {}
    parent = devices.get(_text(device.get("parent_device_id")), {})
    if device.get("next_name_part") != "parent_device":
        parent = {}
    return " ".join(part for part in (_device_name(parent), _device_name(device), own) if part)


def _device_name(device: Raw) -> str:
    return _text(device.get("name_by_user")) or _text(device.get("name"))


def _device_areas(devices: Mapping[str, Raw], area_ids: Iterable[str]) -> dict[str, str]:
    """Return the area of each device that has one; a part of another device stands where that stands."""
    known = set(area_ids)
    own = {device_id: _text(device.get("area_id")) for device_id, device in devices.items()}
    placed = {key: own[key] or own.get(_text(device.get("parent_device_id")), "") for key, device in devices.items()}
    return {device_id: area_id for device_id, area_id in placed.items() if area_id in known}


def _patched(state: tuple[str, dict[str, Any]], difference: Raw) -> tuple[str, dict[str, Any]]:
    """Return a state with a difference applied; the old one's attributes stay as they are in their snapshot."""
    added, removed = _mapping(difference.get("+")), _mapping(difference.get("-"))
    gone = set(_strings(removed.get("a")))
    attributes = {key: value for key, value in state[1].items() if key not in gone} | dict(_mapping(added.get("a")))
    return str(added.get("s", state[0])), attributes


def _by_id(raw: Any, key: str) -> dict[str, Raw]:
    """Return the items of a list by their id; those without one are left out."""
    items = raw if isinstance(raw, (list, tuple)) else ()
    return {_text(item.get(key)): item for item in items if isinstance(item, Mapping) and _text(item.get(key))}


def _sorted_aliases(item: Raw) -> tuple[str, ...]:
    """Return the aliases that the API sends as a set, in an order that is the same after a restart."""
    return _distinct(sorted(_strings(item.get("aliases"))))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, (list, tuple)) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _mapping(value: Any) -> Raw:
    return value if isinstance(value, Mapping) else {}
