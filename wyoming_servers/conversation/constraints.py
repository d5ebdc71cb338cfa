"""What a call may say in this home: a tool's schema, narrowed to what exists. Pure logic.

Works on Assist's own schemas, whatever prefix their names have, and on Sotto's. A tool that is not known here, such
as a script of the user's, stays as it is: its `name` may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..home.model import Area, Entity, Floor, HomeSnapshot
from ..home.targets import ANY_DOMAIN, DOMAINS
from .engine import Tool

Schema = Mapping[str, Any]

_SWITCHABLE = (
    "automation button camera climate cover fan group humidifier input_boolean input_button lawn_mower light lock "
    "media_player remote scene script siren switch vacuum valve water_heater"
)
SWITCHABLE = frozenset(_SWITCHABLE.split())
"""Domains of which something can be turned on, opened, locked, pressed or started; the others only tell something."""

LOOKING = frozenset({"GetLiveContext", "HassGetState"})
"""What only reads: of any domain."""
_TIMERS = "Start Cancel CancelAll Increase Decrease Pause Unpause"
TIMERS = frozenset({"HassTimerStatus", "HassCancelAllTimers", *(f"Hass{each}Timer" for each in _TIMERS.split())})
"""Their `name` is the timer's, which the user makes up."""
LISTS = frozenset({"get_items", "todo_get_items"})
"""What reads a to-do list; its lists are in `todo_list`."""
NOT_EMPTY = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle", "HassLightSet", "HassStartTimer"})
"""What says nothing without arguments, and would mean the whole house."""
TARGETS = ("name", "area", "floor", "domain", "device_class", "todo_list")
"""Arguments of which at least one must be possible where a tool has some."""
UNSAID = frozenset({"is_volume_muted"})
"""Arguments that the intent fills in itself."""
LONGEST = {"hours": 8_784, "minutes": 10_080, "seconds": 604_800}
"""What a timer may last, by unit: a year, a week, a week."""
SEVERAL = 4
"""Domains or device classes in one call."""


def constrain(tool: Tool, home: HomeSnapshot) -> Schema | None:
    """Return the tool's parameters with the names of this home; None if there is nothing that it could act on."""
    intent = tool.name.rpartition("__")[2]
    entities = _entities(intent, home)
    if entities is None:
        return tool.parameters
    if not entities and (intent in DOMAINS or intent in ANY_DOMAIN or intent in LISTS):
        return None
    given: Mapping[str, Schema] = tool.parameters.get("properties") or {}
    narrowed = {name: _property(name, schema, intent, home, entities) for name, schema in given.items()}
    return _put_together(tool.parameters, intent, {name: each for name, each in narrowed.items() if each is not None})


def _entities(intent: str, home: HomeSnapshot) -> tuple[Entity, ...] | None:
    """Return what an intent may act on; None for a tool that is not known."""
    if intent in LOOKING:
        return home.entities
    if intent in LISTS:
        return _of_domains(home, frozenset({"todo"}))
    if intent in DOMAINS or intent in ANY_DOMAIN:
        return _of_domains(home, DOMAINS.get(intent, SWITCHABLE))
    return () if intent in TIMERS else None


def _of_domains(home: HomeSnapshot, domains: frozenset[str]) -> tuple[Entity, ...]:
    return tuple(entity for entity in home.entities if entity.domain in domains)


def _property(
    name: str, schema: Schema, intent: str, home: HomeSnapshot, entities: tuple[Entity, ...]
) -> Schema | None:
    """Return a property with what it may be; None if nothing is left of it."""
    if name in UNSAID:
        return None
    if intent in TIMERS and name != "area":
        return _amount(name, schema)
    values: dict[str, Callable[[], Iterable[str]]] = {
        "name": lambda: _names(entities),
        "todo_list": lambda: _names(entities),
        "area": lambda: _names(home.areas),
        "preferred_area": lambda: _names(home.areas),
        "floor": lambda: _names(home.floors),
        "domain": lambda: (entity.domain for entity in entities),
        "device_class": lambda: (entity.device_class for entity in entities if entity.device_class),
    }
    return _one_of(schema, values[name]()) if name in values else schema


def _names(things: Iterable[Entity | Area | Floor]) -> list[str]:
    return [name for thing in things for name in thing.names]


def _one_of(schema: Schema, values: Iterable[str]) -> Schema | None:
    """Return a schema of these values, one or several as the given one wants, and none that it doesn't allow."""
    items = _items(schema)
    allowed = _listed(schema if items is None else items)
    found = sorted({value for value in values if value.strip() and (allowed is None or value in allowed)})
    if not found:
        return None
    one = {"type": "string", "enum": found}
    if items is None:
        return _described(schema, one)
    most = min(schema.get("maxItems", SEVERAL), SEVERAL)
    return _described(schema, {"type": "array", "items": one, "minItems": 1, "maxItems": max(1, most)})


def _items(schema: Schema) -> Schema | None:
    """Return the schema of the items if only an array is wanted."""
    return (schema.get("items") or {}) if schema.get("type") == "array" else None


def _listed(schema: Schema) -> frozenset[str] | None:
    if "const" in schema:
        return frozenset({schema["const"]})
    return frozenset(schema["enum"]) if "enum" in schema else None


def _described(schema: Schema, narrowed: dict[str, Any]) -> Schema:
    return {**narrowed, "description": schema["description"]} if "description" in schema else narrowed


def _amount(name: str, schema: Schema) -> Schema:
    """Return how long a timer may run; other arguments of timers are as they are."""
    most = LONGEST.get(name.removeprefix("start_"))
    if most is None or schema.get("type") != "integer":
        return schema
    return {**schema, "minimum": schema.get("minimum", 0), "maximum": min(most, schema.get("maximum", most))}


def _put_together(parameters: Schema, intent: str, properties: dict[str, Schema]) -> Schema | None:
    """Return parameters with other properties; None if a required one, or everything to act on, is gone."""
    given = parameters.get("properties") or {}
    if not set(parameters.get("required") or ()) <= set(properties):
        return None
    targets = [name for name in given if name in TARGETS]
    if intent not in TIMERS and targets and not any(name in properties for name in targets):
        return None
    narrowed = {**parameters, "properties": properties}
    if intent in NOT_EMPTY:
        narrowed["minProperties"] = max(1, parameters.get("minProperties", 0))
    return narrowed
