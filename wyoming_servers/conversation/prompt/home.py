"""The home as text: what is called how, and where. The same for the same naming, whatever its order. Pure logic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...home.model import Area, Entity, Floor, HomeSnapshot
from .text import estimate_tokens, shown

_Thing = TypeVar("_Thing")
_Render = Callable[[Sequence[Entity]], Iterable[str]]


@dataclass(frozen=True)
class Listing:
    """The home's lines, and whether they name every entity or only count them."""

    text: str
    complete: bool


def listing(home: HomeSnapshot, budget_tokens: int) -> Listing:
    """Return the home as lines: all names if they are likely to fit, else areas with counts per domain."""
    text = "\n".join(_lines(home, _named))
    if estimate_tokens(text) <= budget_tokens:
        return Listing(text, complete=True)
    return Listing("\n".join(_lines(home, _counted)), complete=False)


def named(entity: Entity) -> str:
    """Return an entity's line: name, aliases, domain and class; nothing that changes."""
    kind = " ".join(dict.fromkeys(filter(None, (entity.domain, entity.device_class))))
    return f"- {_with_aliases(entity.names)}: {shown(kind)}"


def excerpt(home: HomeSnapshot, entities: Sequence[Entity]) -> str:
    """Return these entities as they would be listed, with their areas and without any others."""
    here = {entity.area_id for entity in entities}
    areas = tuple(area for area in home.areas if area.area_id in here)
    floors = tuple(floor for floor in home.floors if floor.floor_id in {area.floor_id for area in areas})
    return "\n".join(_lines(HomeSnapshot(floors, areas, tuple(entities)), _named))


def _with_aliases(names: Sequence[str]) -> str:
    """Return a name and in parentheses the others, each once; a registry may give aliases in any order."""
    others = sorted({shown(each) for each in names[1:]} - {shown(names[0])})
    return f"{shown(names[0])} ({', '.join(others)})" if others else shown(names[0])


def _named(entities: Sequence[Entity]) -> Iterable[str]:
    lines = [(entity.domain, named(entity), entity.entity_id) for entity in entities]
    return [line for _, line, _ in sorted(lines)]


def _counted(entities: Sequence[Entity]) -> Iterable[str]:
    counts = Counter(entity.domain for entity in entities)
    return [f"- {', '.join(f'{counts[domain]} {shown(domain)}' for domain in sorted(counts))}"] if counts else []


def _lines(home: HomeSnapshot, render: _Render) -> list[str]:
    """Return what is in no area, areas on no floor, then floor by floor, so that nothing seems to be elsewhere."""
    floors = {floor.floor_id for floor in home.floors}
    by_floor = _grouped(home.areas, lambda area: area.floor_id if area.floor_id in floors else None)
    areas = {area.area_id for area in home.areas}
    by_area = _grouped(home.entities, lambda entity: entity.area_id if entity.area_id in areas else None)
    lines = [*render(by_area.get(None, ()))]
    for floor in (None, *sorted(home.floors, key=_order)):
        if floor is not None:
            lines.append(f"floor: {_with_aliases(floor.names)}")
        for area in sorted(by_floor.get(floor.floor_id if floor else None, ()), key=_order):
            lines += [f"area: {_with_aliases(area.names)}", *render(by_area.get(area.area_id, ()))]
    return lines


def _grouped(things: Iterable[_Thing], key: Callable[[_Thing], str | None]) -> dict[str | None, list[_Thing]]:
    found: dict[str | None, list[_Thing]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return found


def _order(place: Area | Floor) -> tuple[str, str]:
    return place.name, place.area_id if isinstance(place, Area) else place.floor_id
