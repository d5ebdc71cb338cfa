"""States in words: short, in the user's language, with what else of a thing people ask about. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...home.model import Entity, HomeSnapshot
from ...home.targets import Match, NoTarget, Wanted, match_targets
from .persona import Persona, Wording
from .text import plain, shown

STATELESS = frozenset({"button", "event", "image", "input_button", "notify", "scene", "stt", "tts", "conversation"})
"""Domains whose state is only the time at which they were last used."""

_TEXT_CHARS = 60
"""Longest title or state that is told."""

_SCALES: Mapping[tuple[str, str], float] = {("light", "brightness"): 100 / 255, ("media_player", "volume_level"): 100}
_OFF = frozenset({"off", "closed", "unavailable", "unknown", "standby", "idle"})


def tell(entity: Entity, persona: Persona) -> str:
    """Return an entity's name and state, such as "Ceiling light: on, 40 %"."""
    state = described(entity, persona.wording)
    return persona.wording.names_state.format(name=shown(persona.spoken(entity)), state=state)


def described(entity: Entity, wording: Wording) -> str:
    """Return a state and what goes with it, such as "on, 40 %"."""
    if entity.domain == "todo" and entity.state.isdecimal():
        return wording.items.format(value=entity.state)
    return wording.joint.join((_state(entity, wording), *_details(entity, wording)))


def _state(entity: Entity, wording: Wording) -> str:
    keys = (f"{entity.domain}.{entity.device_class}.{entity.state}", f"{entity.domain}.{entity.state}", entity.state)
    word = next((wording.states[key] for key in keys if key in wording.states), None)
    return word or _short(entity.state) + _unit(entity, "unit_of_measurement")


def _unit(entity: Entity, attribute: str) -> str:
    unit = entity.attributes.get(attribute)
    return f" {_short(unit)}" if isinstance(unit, str) and unit and entity.state != "unavailable" else ""


def _short(text: str) -> str:
    return plain(text)[:_TEXT_CHARS]


def _details(entity: Entity, wording: Wording) -> Iterable[str]:
    for attribute, template in wording.details.get(entity.domain, {}).items():
        value = entity.attributes.get(attribute)
        if value is None or value == "" or isinstance(value, bool) or not _is_told(entity, attribute):
            continue
        yield template.format(value=_value(entity, attribute, value), unit=_unit(entity, "temperature_unit"))


def _is_told(entity: Entity, attribute: str) -> bool:
    """Whether an attribute says more than the state: a closed cover's position does not."""
    if attribute == "current_position":
        return entity.attributes[attribute] not in {0, 100}
    return entity.state not in _OFF or attribute == "current_temperature"


def _value(entity: Entity, attribute: str, value: Any) -> str:
    if isinstance(value, int | float):
        scale = _SCALES.get((entity.domain, attribute))
        return f"{value:g}" if scale is None else f"{round(value * scale)}"
    return _short(str(value))


def live_context(home: HomeSnapshot, arguments: Mapping[str, Any], persona: Persona, limit: int = 60) -> str:
    """Return what GetLiveContext answers: a line per entity that matches, in their areas' order.

    Several things of one name all match. At most `limit` are told, and then how many more there are.
    """
    match = match_targets(home, _wanted(arguments))
    found = _sorted(home, match) if match.problem in {None, NoTarget.DUPLICATE_NAME} else []
    told = [entity for entity in found if entity.domain not in STATELESS]
    if not told:
        return persona.wording.nothing
    lines = [tell(entity, persona) for entity in told[:limit]]
    return "\n".join([*lines, *([f"\u2026 +{len(told) - limit}"] if len(told) > limit else [])])


def _sorted(home: HomeSnapshot, match: Match) -> list[Entity]:
    areas = {area.area_id: area.name for area in home.areas}
    return sorted(match.entities, key=lambda each: (areas.get(each.area_id or "", ""), each.name, each.entity_id))


def _wanted(arguments: Mapping[str, Any]) -> Wanted:
    """Return what the call restricts; blank arguments restrict nothing."""

    def texts(slot: str) -> frozenset[str]:
        value = arguments.get(slot)
        values = value if isinstance(value, list | tuple) else [value]
        return frozenset(str(each) for each in values if each)

    def text(slot: str) -> str | None:
        return str(arguments[slot]) if arguments.get(slot) else None

    return Wanted(text("name"), text("area"), text("floor"), texts("domain"), texts("device_class"))
