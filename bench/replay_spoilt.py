"""Recorded calls that passed, spoilt as other small models spoil theirs: whether the rules hold beyond the recordings.

Each way of spoiling is one of the survey's classes of failure: slots that are made up, names that nobody has, the
wrong intent. What counts is how many pass again, and that no call switches what it would not have switched itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .replay_data import Recordings, Run

Args = dict[str, Any]
Spoiler = Callable[[str, Args], tuple[str, Args]]

_OPPOSITES = {"HassTurnOn": "HassTurnOff", "HassTurnOff": "HassTurnOn"}
_PLAIN = {"HassVacuumStart": "HassTurnOn", "HassVacuumReturnToBase": "HassTurnOff"}


def _with(**slots: Any) -> Spoiler:
    return lambda tool, args: (tool, {**args, **slots})


def _without(*slots: str) -> Spoiler:
    return lambda tool, args: (tool, {name: value for name, value in args.items() if name not in slots})


def _named(change: Callable[[str], str]) -> Spoiler:
    return lambda tool, args: (tool, {**args, "name": change(args["name"])} if "name" in args else args)


def _as_noun(tool: str, args: Args) -> tuple[str, Args]:
    domain = (args.get("domain") or ["light"])[0]
    return tool, {**args, "name": str(domain).replace("_", " ")}


def _as_room(tool: str, args: Args) -> tuple[str, Args]:
    rest = {name: value for name, value in args.items() if name not in {"name", "area"}}
    return tool, {**rest, "name": args["area"]} if "area" in args else args


WAYS: Mapping[str, Spoiler] = {
    "device class made up": _with(device_class=["light"]),
    "another device class": _with(device_class=["door"]),
    "floor made up": _with(floor="Ground floor"),
    "room made up": _with(area="House"),
    "room, floor and class made up": _with(area="Home", floor="1", device_class=["switch"]),
    "wrong domain": _with(domain=["switch"]),
    "blank slots": _with(floor="", device_class=[]),
    "all for a floor": _with(floor="all"),
    "no name": _without("name"),
    "no name, no room": _without("name", "area"),
    "a letter missing": _named(lambda name: name[:2] + name[3:]),
    "the name with an article": _named(lambda name: f"the {name.lower()}"),
    "a list of aliases": _named(lambda name: f"{name}, {name} (main)"),
    "a noun for a name": _as_noun,
    "a room for a name": _as_room,
    "the opposite": lambda tool, args: (_OPPOSITES.get(tool, tool), args),
    "stop": lambda tool, args: ("HassStopMoving" if tool in _OPPOSITES else tool, args),
    "on and off for a vacuum": lambda tool, args: (_PLAIN.get(tool, tool), args),
}


@dataclass(frozen=True)
class SpoiltRun(Run):
    """A run whose calls were spoilt."""

    way: str = ""


def spoil(recordings: Recordings) -> Recordings:
    """Return each different run that passed with a call, spoilt in every way that changes it."""
    different = {json.dumps([run.home, run.utterance, run.calls]): run for run in recordings.runs}
    passed = [run for run in different.values() if run.passed and run.calls and run.expected]
    runs = [
        SpoiltRun(**{**vars(run), "calls": calls, "way": way})
        for way, spoiler in WAYS.items()
        for run in passed
        if (calls := tuple(spoiler(tool, dict(args)) for tool, args in run.calls)) != run.calls
    ]
    return replace(recordings, runs=runs)
