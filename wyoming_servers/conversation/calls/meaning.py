"""What a call does, held against what the user said: direction, amount, the intent that fits. Pure logic.

Each rule takes a call and returns it, changed or not. The counts are of the calls that failed in the recorded runs of
three small models: 190 failed although a call was made and the task can be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...home.targets import DOMAINS, wanted_by
from .call import Call, Situation
from .names import find
from .words import Direction

Rule = Callable[[Call, Situation], Call]

_ON, _OFF = "HassTurnOn", "HassTurnOff"
_LEVELS = {"HassLightSet": "brightness", "HassFanSetSpeed": "percentage"}

_OPPOSED: Mapping[tuple[Direction, str], str] = {
    (Direction.NEXT, "HassMediaPrevious"): "HassMediaNext",
    (Direction.PREVIOUS, "HassMediaNext"): "HassMediaPrevious",
    (Direction.PAUSE, "HassMediaUnpause"): "HassMediaPause",
    (Direction.RESUME, "HassMediaPause"): "HassMediaUnpause",
    (Direction.OFF, "HassMediaPause"): _OFF,
    (Direction.ON, _OFF): _ON,
    (Direction.OFF, _ON): _OFF,
    (Direction.OPEN, _OFF): _ON,
    (Direction.CLOSE, _ON): _OFF,
    (Direction.OPEN, "HassStopMoving"): _ON,
    (Direction.CLOSE, "HassStopMoving"): _OFF,
    (Direction.ON, "HassStopMoving"): _ON,
    (Direction.OFF, "HassStopMoving"): _OFF,
}
"""What is meant where the sentence says one thing and the call does another."""

_OPPOSED_FOR_LOCKS: Mapping[tuple[Direction, str], str] = {
    (Direction.LOCK, _OFF): _ON,
    (Direction.UNLOCK, _ON): _OFF,
}
"""Home Assistant locks by turning on; the words open and on say nothing about a lock's."""

_COUNTERPARTS: Mapping[tuple[str, str], str] = {
    ("HassStopMoving", "vacuum"): "HassVacuumReturnToBase",
    (_OFF, "vacuum"): "HassVacuumReturnToBase",
    (_ON, "vacuum"): "HassVacuumStart",
    ("HassStopMoving", "lawn_mower"): "HassLawnMowerDock",
    (_OFF, "lawn_mower"): "HassLawnMowerDock",
    (_ON, "lawn_mower"): "HassLawnMowerStartMowing",
    ("HassStopMoving", "media_player"): "HassMediaPause",
}
"""The intent that does with a domain what another does not do with it."""


def follow_the_direction(call: Call, situation: Situation) -> Call:
    """Do what the sentence says where the call does the opposite, or stops what is to be closed (23).

    Models close curtains with HassStopMoving (10), go back for the next song (3) and pause what is to be turned off
    (10). Only where the sentence has one direction and no "not".
    """
    direction = situation.sentence.direction
    if direction is None:
        return call
    table = _OPPOSED_FOR_LOCKS if "lock" in domains_meant(call, situation) else _OPPOSED
    meant = table.get((direction, call.intent))
    if meant is None:
        return call
    kept = call if "domain" in call.args or "name" in call.args or call.intent not in DOMAINS else _with_domain(call)
    return kept.but(meant)


def _with_domain(call: Call) -> Call:
    """Say of which domain the targets are, before an intent that says so is replaced by one that acts on any."""
    return call.but(domain=sorted(DOMAINS[call.intent]))


def turn_off_at_zero(call: Call, situation: Situation) -> Call:
    """Turn off what is set to nothing: a speed of 0 % for "turn off" (gemma: 5)."""
    level = _LEVELS.get(call.intent)
    others = set(call.args) - {level, "name", "area", "floor", "domain", "device_class"}
    if level is None or call.args.get(level) != 0 or others or situation.sentence.direction is Direction.ON:
        return call
    return _with_domain(call).but(_OFF, **{level: None}) if "name" not in call.args else call.but(_OFF, **{level: None})


def read_the_figure(call: Call, situation: Situation) -> Call:
    """Read "50%" as 50, and take the figure that was said where the call's is no percentage: 0.5, or 128 of 255.

    Home Assistant would make 0.5 a 0. In none of the recorded calls, but common where a service takes fractions.
    """
    slot = next((slot for slot in _PERCENT if slot in call.args), None)
    if slot is None:
        return call
    value = _number(call.args[slot])
    figure = situation.sentence.figure
    if value is not None and value.is_integer() and 0 <= value <= 100:
        return call if call.args[slot] == value else call.but(**{slot: int(value)})
    return call if figure is None or figure > 100 else call.but(**{slot: figure})


_PERCENT = ("brightness", "percentage", "position", "volume_level")


def _number(value: Any) -> float | None:
    """Return what a number, or a text such as "50 %", says; None for anything else."""
    if isinstance(value, str):
        value = value.strip().removesuffix("%").strip()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def drop_the_unsaid_amount(call: Call, situation: Situation) -> Call:
    """Turn on what is to be turned on, where the call also sets a level that nobody spoke of.

    Qwen3 sets a brightness of 100 for "turn on the lights", and so undoes the one that the user had chosen (10).
    """
    level = _LEVELS.get(call.intent)
    sentence = situation.sentence
    others = set(call.args) - {level, "name", "area", "floor", "domain", "device_class"}
    if level not in call.args or others or sentence.says_amount or sentence.direction is not Direction.ON:
        return call
    return (call if "domain" in call.args else _with_domain(call)).but(_ON, **{str(level): None})


def use_the_counterpart(call: Call, situation: Situation) -> Call:
    """Use the intent that the device understands: a vacuum that is to stop returns to its base (10)."""
    domains = domains_meant(call, situation)
    if len(domains) != 1:
        return call
    counterpart = _COUNTERPARTS.get((call.intent, next(iter(domains))))
    return call if counterpart is None else call.but(counterpart)


def domains_meant(call: Call, situation: Situation) -> frozenset[str]:
    """Return the domains of what the call names, as well as that can be told before the name is resolved.

    Where one name is several devices', those that the call's domain or the sentence's nouns exclude don't count.
    """
    said = wanted_by(call.intent, call.args).domains if "domain" in call.args else frozenset()
    name = call.args.get("name")
    if not isinstance(name, str):
        return said
    found = find(name, situation.home.entities)
    domains = frozenset(entity.domain for entity in found) - NOT_SWITCHED
    return domains & (said or situation.sentence.kinds) or domains or said


NOT_SWITCHED = frozenset({"binary_sensor", "sensor", "weather", "device_tracker", "person", "zone", "sun", "event"})
"""Domains of which nothing can be switched on or off."""


def drop_blanks(call: Call, situation: Situation) -> Call:  # noqa: ARG001 - a rule
    """Take away slots that say nothing: "", null, "all", "none", [] and what is no slot's type."""
    written: Any = call.args
    args = written if isinstance(written, Mapping) else {}
    kept = {name: value for name, raw in args.items() if (value := _filled(name, raw)) is not None}
    return call if kept == written else Call(call.tool, kept)


_TEXTS = frozenset({"name", "area", "floor"})
_LISTS = frozenset({"domain", "device_class"})
_NOTHING = frozenset({"", "all", "any", "none", "null", "*", "unknown", "n/a", "everything", "所有", "全部"})


def _filled(slot: str, value: Any) -> Any:
    """Return what a slot says, or None; lists of one for a name and the like are opened."""
    if slot not in _TEXTS | _LISTS:
        return None if value is None or value == "" else value
    if isinstance(value, list | tuple | set | frozenset):
        texts = [text for each in value if isinstance(each, str) and (text := _filled("name", each)) is not None]
        return (texts or None) if slot in _LISTS else next(iter(texts), None)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return None if str(value).strip().casefold() in _NOTHING else (value if isinstance(value, str) else str(value))


RULES: tuple[Rule, ...] = (
    read_the_figure,
    turn_off_at_zero,
    drop_the_unsaid_amount,
    follow_the_direction,
    use_the_counterpart,
)
