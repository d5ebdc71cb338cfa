"""Commands against the house: which room "here" is, and whether it is clear what is meant.

Pure. A command that passes is one that Home Assistant can execute; for any other there is a reason that can
be said in the user's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..home.model import Area, Entity, HomeSnapshot
from ..home.targets import ANY_DOMAIN, DOMAINS, Match, NoTarget, Wanted, match_targets, wanted_by
from .recognizer import HERE, Command

QUESTIONS = frozenset({"HassGetState"})
"""Intents that Home Assistant answers also when nothing matches: "No", "Not any"."""

ONE_TARGET = frozenset({"HassClimateGetTemperature", "HassMediaSearchAndPlay"})
"""Intents that fail when more than one entity matches."""

REQUIRED_STATE = {"HassMediaPause": "playing", "HassMediaNext": "playing", "HassMediaPrevious": "playing"}
"""Intents that only reach entities in that state."""

_LIKELY_STATE = {
    **REQUIRED_STATE,
    "HassMediaUnpause": "paused",
    "HassMediaPlayerMute": "playing",
    "HassMediaPlayerUnmute": "playing",
    "HassSetVolume": "playing",
    "HassSetVolumeRelative": "playing",
}
"""In which state entities are that an intent most likely means."""

NEEDS_LIST = frozenset({"HassShoppingListAddItem", "HassShoppingListCompleteItem"})
"""Intents that exist only where there is a to-do list."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is not executed: a key of Home Assistant's errors or of our own, and what it names."""

    key: str
    args: Mapping[str, Any] = field(default_factory=dict)
    understood: bool = True
    """Whether the sentence is a command or a question that is known; False for one that a language model may know."""


def resolve(
    commands: Sequence[Command], home: HomeSnapshot, here: Area | None, language: str
) -> tuple[Command, ...] | Refusal:
    """Return the commands as they can be executed, or the first reason why one of them cannot."""
    resolved: list[Command] = []
    for command in commands:
        placed = _place(command, home, [here, _area_of(resolved[-1:], home)], language)
        outcome = placed if isinstance(placed, Refusal) else _aim(_ask_sensors(placed, home, language), home, here)
        if isinstance(outcome, Refusal):
            return outcome
        resolved.append(outcome)
    return tuple(resolved)


def _place(command: Command, home: HomeSnapshot, likely: Sequence[Area | None], language: str) -> Command | Refusal:
    """Put a room in the place of HERE.

    In this order: the room in which it is said; that of the command before; the only one that has such things.
    """
    if command.slots.get("area") != HERE:
        return command
    slots = {name: value for name, value in command.slots.items() if name != "area"}
    if (command.response or "").endswith("_all"):
        return replace(command, slots=slots)  # "all the lights in the house": the sentences ask for a room regardless
    wanted = wanted_by(command.intent, slots)
    meant = _likely(command.intent, match_targets(home, wanted).entities)
    rooms = {entity.area_id for entity in meant}
    area = next((area for area in likely if area and area.area_id in rooms), None)
    if area is None and len(meant) == 1 and rooms == {None}:
        return replace(command, slots=slots)  # the only one there is stands in no room
    if area is None:
        area = home.area(next(iter(rooms))) if len(rooms) == 1 else likely[0]
    if area is None:
        return Refusal("which_area") if rooms else _nothing(NoTarget.DOMAIN, wanted, command)
    return replace(command, slots={**slots, "area": name_in(area, language)})


def _likely(intent: str, entities: Sequence[Entity]) -> Sequence[Entity]:
    """Return those in the state that the intent most likely means, if there are any; else all."""
    state = _LIKELY_STATE.get(intent)
    return [entity for entity in entities if entity.state == state] or entities


def name_in(thing: Area | Entity, language: str) -> str:
    """Return the name that suits a language: for Chinese and Japanese one in their script, if there is one."""
    if language.startswith(("zh", "ja")):
        return next((name for name in thing.names if not name.isascii()), thing.name)
    return thing.name


def _ask_sensors(command: Command, home: HomeSnapshot, language: str) -> Command:
    """Ask sensors where the sentences only know things that move or heat, and this home has no such thing."""
    wanted = wanted_by(command.intent, command.slots)
    if wanted.name or match_targets(home, wanted).entities:
        return command
    if command.intent == "HassClimateGetTemperature":
        return _ask_thermometer(command, home, wanted, language)
    if command.intent == "HassGetState" and wanted.domains == {"cover"}:
        return _ask_contacts(command, home, wanted)
    return command


def _ask_contacts(command: Command, home: HomeSnapshot, wanted: Wanted) -> Command:
    """Ask door and window contacts, of which open ones are `on`."""
    state = _CONTACT_STATES.get(str(command.slots.get("state")))
    if state is None or not match_targets(home, replace(wanted, domains=frozenset({"binary_sensor"}))).entities:
        return command
    slots = {**command.slots, "domain": "binary_sensor", "state": state}
    return replace(command, slots=slots, spoken={"state": str(command.slots["state"]), **command.spoken})


_CONTACT_STATES = {"open": "on", "closed": "off"}


def _ask_thermometer(command: Command, home: HomeSnapshot, wanted: Wanted, language: str) -> Command:
    """Ask a room's thermometer where there is no thermostat.

    Home Assistant does so only for the one that was set as the area's own, which nobody tells us.
    """
    sensors = match_targets(home, replace(wanted, domains=_SENSORS, device_classes=_TEMPERATURE)).entities
    if len(sensors) != 1:
        return command
    return replace(
        command, intent="HassGetState", slots={"name": name_in(sensors[0], language)}, response="one", spoken={}
    )


_SENSORS = frozenset({"sensor"})
_TEMPERATURE = frozenset({"temperature"})


def _area_of(before: Sequence[Command], home: HomeSnapshot) -> Area | None:
    """Return the room of the command before, if that is one room."""
    for command in before:
        found = match_targets(home, wanted_by(command.intent, command.slots)).entities
        rooms = {entity.area_id for entity in found}
        return home.area(rooms.pop()) if len(rooms) == 1 else None
    return None


def _aim(command: Command, home: HomeSnapshot, here: Area | None) -> Command | Refusal:
    """Make sure that something, and only what is meant, would be reached."""
    intent = command.intent
    if intent in NEEDS_LIST and not match_targets(home, Wanted(domains=frozenset({"todo"}))).entities:
        return Refusal("no_domain", {"domain": "todo"})
    if not home.entities or (intent not in DOMAINS and intent not in ANY_DOMAIN):
        return command
    wanted = wanted_by(intent, command.slots)
    if command.domain and not wanted.domains:
        wanted = replace(wanted, domains=frozenset({command.domain}))
    match = match_targets(home, wanted)
    if match.problem is NoTarget.DUPLICATE_NAME:
        return _choose(command, home, wanted, here)
    if match.problem is not None:
        return command if intent in QUESTIONS else _nothing(match.problem, wanted, command)
    return _check_state(command, match) or _single(command, match, here) or _exact(command, home, wanted)


def _choose(command: Command, home: HomeSnapshot, wanted: Wanted, here: Area | None) -> Command | Refusal:
    """Take the one of several of the same name that is in this room, or ask."""
    if here is not None:
        wanted = replace(wanted, preferred_area_id=here.area_id)
        match = match_targets(home, wanted)
        if match.problem is None:
            preferred = replace(command, slots={**command.slots, "preferred_area_id": here.area_id})
            return _exact(preferred, home, wanted)
    candidates = match_targets(home, wanted).entities
    places = [area for entity in candidates if (area := home.area(entity.area_id))]
    return Refusal("which_entity", {"entity": wanted.name, "areas": tuple(places), "count": len(candidates)})


def _exact(command: Command, home: HomeSnapshot, wanted: Wanted) -> Command:
    """Name the domain, where Home Assistant would otherwise find something else of the same name."""
    everywhere = match_targets(home, replace(wanted, domains=DOMAINS.get(command.intent, frozenset())))
    if everywhere.problem is NoTarget.DUPLICATE_NAME and command.domain and "domain" not in command.slots:
        return replace(command, slots={**command.slots, "domain": command.domain})
    return command


def _check_state(command: Command, match: Match) -> Refusal | None:
    state = REQUIRED_STATE.get(command.intent)
    if state is None or any(entity.state in {state, "unknown"} for entity in match.entities):
        return None
    return Refusal("entity_wrong_state", {"state": state})


def _single(command: Command, match: Match, here: Area | None) -> Command | Refusal | None:
    """Say which room is preferred where only one entity may match; None if there is only one."""
    targets = match.entities
    if command.intent not in ONE_TARGET or len(targets) < 2:
        return None
    if here is None or sum(entity.area_id == here.area_id for entity in targets) != 1:
        return Refusal("which_area")
    return replace(command, slots={**command.slots, "preferred_area_id": here.area_id})


def _nothing(problem: NoTarget, wanted: Wanted, command: Command) -> Refusal:
    """Return Home Assistant's error for a target that is not there, as exact as it can be."""
    if wanted.name is not None:
        subject, args = "entity", {"entity": wanted.name}
    elif wanted.device_classes:
        spoken = command.spoken.get("device_class") or min(wanted.device_classes).replace("_", " ")
        subject, args = "device_class", {"device_class": spoken}
    elif wanted.domains:
        subject, args = "domain", {"domain": min(wanted.domains)}
    else:
        return Refusal("no_intent")
    if wanted.area is not None and problem is not NoTarget.FLOOR:
        return Refusal(f"no_{subject}_in_area", {**args, "area": wanted.area})
    if wanted.floor is not None:
        return Refusal(f"no_{subject}_in_floor", {**args, "floor": wanted.floor})
    return Refusal(f"no_{subject}", args)
