"""The tools that a model is told of: Assist's intents for what this home has, and a look at its states. Pure logic.

Names, slots and ranges are those of Home Assistant 2026.10. The set follows from the home's naming alone, never from
a room, a device or a state, so that the prompt before the history stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...home.model import Area, Entity, Floor, HomeSnapshot
from ...home.targets import DOMAINS
from ..engine import Tool

LIVE_CONTEXT = "GetLiveContext"
"""Reads states from the mirror of the home; no intent."""

START_TIMER = "HassStartTimer"
DELAYED = "conversation_command"
"""The slot with the command that a timer says when it is over: such a timer needs no device that can ring."""

_SWITCHED = (
    "automation button climate cover fan humidifier input_boolean input_button light lock media_player remote scene "
    "script siren switch vacuum valve water_heater"
)
SWITCHED = frozenset(_SWITCHED.split())
"""Domains that HassTurnOn acts on."""

STARTED = frozenset({"button", "input_button", "scene"})
"""Those of them that HassTurnOff does nothing with."""

_MOVED = frozenset({"cover", "valve"})

_TIMERS = {
    "HassCancelTimer": "Cancel a timer.",
    "HassDecreaseTimer": "Take time off a running timer.",
    "HassIncreaseTimer": "Add time to a running timer.",
    "HassPauseTimer": "Pause a timer.",
    "HassTimerStatus": "Tell how much time is left on timers.",
    "HassUnpauseTimer": "Let a paused timer run on.",
}

NEED_RINGING = frozenset(_TIMERS)
"""Tools of which nothing comes on a device without timers."""

Schema = Mapping[str, Any]


def tools(home: HomeSnapshot) -> tuple[Tool, ...]:
    """Return the tools that this home has a use for, sorted by name."""
    made = [*_switching(home), *_setting(home), *_players(home), *_machines(home), *_timers(), *_always(home)]
    return tuple(sorted((tool for tool in made if _is_of_use(tool, home)), key=lambda tool: tool.name))


def callable_tools(described: Iterable[Tool], *, timers: bool) -> frozenset[str]:
    """Return the names of the tools that may be called; `timers`: whether the user's device can ring."""
    return frozenset(tool.name for tool in described if timers or tool.name not in NEED_RINGING)


def delayed_only(described: Iterable[Tool]) -> dict[str, Schema]:
    """Return what a device that cannot ring may start: not a timer by itself, only a command for later."""
    return {
        tool.name: {**tool.parameters, "required": [*tool.parameters.get("required", ()), DELAYED]}
        for tool in described
        if tool.name == START_TIMER
    }


def _is_of_use(tool: Tool, home: HomeSnapshot) -> bool:
    needed = DOMAINS.get(tool.name)
    return needed is None or not needed.isdisjoint(_domains(home))


def _domains(home: HomeSnapshot) -> frozenset[str]:
    return frozenset(entity.domain for entity in home.entities)


def _tool(name: str, description: str, required: Iterable[str] = (), /, **properties: Schema) -> Tool:
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if wanted := list(required):
        parameters["required"] = wanted
    return Tool(name, description, parameters)


def _text(description: str = "") -> Schema:
    return {"type": "string", "description": description} if description else {"type": "string"}


def _choice(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": sorted(values)}


def _integer(least: int, most: int, description: str = "") -> Schema:
    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    return {**schema, "description": description} if description else schema


def _where(home: HomeSnapshot) -> dict[str, Schema]:
    """Return the slots that say which thing is meant."""
    return {"name": _text(), **({"area": _text()} if home.areas else {})}


def _anywhere(home: HomeSnapshot) -> dict[str, Schema]:
    """Return the slots that say which things are meant: a floor where there are floors, and several go together."""
    return {**_where(home), **({"floor": _text()} if home.floors else {})}


def _of_class(home: HomeSnapshot, domains: frozenset[str]) -> dict[str, Schema]:
    """Return the slot for the class of covers and valves, where this home has such: blinds are not the garage door."""
    classes = {entity.device_class for entity in home.entities if entity.domain in domains & _MOVED}
    known = {each for each in classes if each}
    return {"device_class": _choice(known)} if known else {}


def _switching(home: HomeSnapshot) -> Iterable[Tool]:
    on = SWITCHED & _domains(home)
    for name, what, domains in (
        ("HassTurnOn", "Turn on, open, lock, press, or start a scene, script or device.", on),
        ("HassTurnOff", "Turn off, close, unlock, or stop a device.", on - STARTED),
    ):
        if domains:
            of_domain = {"domain": _choice(domains)}
            yield _tool(name, what, **_anywhere(home), **of_domain, **_of_class(home, domains))


def _setting(home: HomeSnapshot) -> Iterable[Tool]:
    where, percent = _anywhere(home), _integer(0, 100)
    moved = {**where, **_of_class(home, _MOVED)}
    kelvin = _integer(1000, 12_000, "Kelvin: 2700 warm, 6500 cold")
    light = {"brightness": percent, "color": _text("English name, such as red"), "temperature": kelvin}
    mode = {"name": _text(), "mode": _text()}
    yield _tool("HassLightSet", "Set brightness in percent or colour of lights.", **where, **light)
    yield _tool("HassSetPosition", "Open to a percentage: 0 closed, 100 open.", ["position"], **moved, position=percent)
    yield _tool("HassStopMoving", "Stop what is opening or closing.", **moved)
    yield _tool("HassFanSetSpeed", "Set fan speed in percent.", ["percentage"], **where, percentage=percent)
    yield _tool(
        "HassClimateSetTemperature",
        "Set the target temperature, in the home's own unit.",
        ["temperature"],
        **where,
        temperature={"type": "number", "minimum": -50, "maximum": 250},
    )
    yield _tool("HassHumidifierMode", "Set a humidifier's mode.", ["name", "mode"], **mode)
    yield _tool(
        "HassHumidifierSetpoint",
        "Set target humidity in percent.",
        ["name", "humidity"],
        name=_text(),
        humidity=percent,
    )


def _players(home: HomeSnapshot) -> Iterable[Tool]:
    where = _where(home)
    yield _tool("HassMediaPause", "Pause what is playing.", **where)
    yield _tool("HassMediaUnpause", "Play, or go on with what is paused.", **where)
    yield _tool("HassMediaNext", "Skip to the next track.", **where)
    yield _tool("HassMediaPrevious", "Go back to the previous track.", **where)
    yield _tool("HassMediaPlayerMute", "Mute.", **where)
    yield _tool("HassMediaPlayerUnmute", "Unmute.", **where)
    yield _tool(
        "HassMediaSearchAndPlay",
        "Find music or a video and play it.",
        ["search_query"],
        **where,
        search_query=_text(),
        media_class=_choice(("album", "artist", "movie", "playlist", "podcast", "track", "tv_show")),
    )
    yield _tool("HassSetVolume", "Set the volume in percent.", ["volume_level"], **where, volume_level=_integer(0, 100))
    step = {"anyOf": [_choice(("up", "down")), _integer(-100, 100)]}
    yield _tool(
        "HassSetVolumeRelative", "Louder or quieter, or by percent.", ["volume_step"], **where, volume_step=step
    )


def _machines(home: HomeSnapshot) -> Iterable[Tool]:
    where = _where(home)
    yield _tool("HassVacuumStart", "Start vacuuming.", **where)
    yield _tool("HassVacuumReturnToBase", "Stop vacuuming and go back to the dock.", **where)
    if home.areas:
        clean = {"area": _text("Where to clean"), "name": _text("Which vacuum")}
        yield _tool("HassVacuumCleanArea", "Vacuum one area.", ["area"], **clean)
    yield _tool("HassLawnMowerStartMowing", "Start mowing.", **where)
    yield _tool("HassLawnMowerDock", "Stop mowing and go back to the dock.", **where)
    on_list = {"item": _text(), "name": _text("The list")}
    yield _tool("HassListAddItem", "Put an item on a list.", ["item", "name"], **on_list)
    yield _tool("HassListCompleteItem", "Tick an item off a list.", ["item", "name"], **on_list)
    yield _tool("HassListRemoveItem", "Take an item off a list.", ["item", "name"], **on_list)


def _timers() -> Iterable[Tool]:
    amount: dict[str, Schema] = {unit: {"type": "integer", "minimum": 0} for unit in ("hours", "minutes", "seconds")}
    which = {f"start_{unit}": schema for unit, schema in amount.items()}
    which |= {"name": _text(), "area": _text()}
    later = _text("A whole command to carry out when the time is over, in the user's words, without the time")
    yield _tool(
        START_TIMER, "Start a timer, or do something later.", **amount, name=_text("Only if said"), **{DELAYED: later}
    )
    yield _tool("HassCancelAllTimers", "Cancel every timer.", area=_text())
    for name, what in _TIMERS.items():
        changes = name in {"HassIncreaseTimer", "HassDecreaseTimer"}
        yield _tool(name, what, **(amount if changes else {}), **which)


def _always(home: HomeSnapshot) -> Iterable[Tool]:
    yield _tool("HassBroadcast", "Announce a message in the whole house.", ["message"], message=_text())
    if domains := _domains(home):
        look = _tool(LIVE_CONTEXT, "Look up current states, before answering about them.", **_anywhere(home))
        properties = {**look.parameters["properties"], "domain": _choice(domains)}
        if classes := {entity.device_class for entity in home.entities if entity.device_class}:
            properties["device_class"] = _choice(classes)
        yield replace(look, parameters={"type": "object", "properties": properties})


def _of_every_kind() -> HomeSnapshot:
    domains = SWITCHED.union(*DOMAINS.values())
    things = tuple(Entity(f"{domain}.a", domain) for domain in domains)
    return HomeSnapshot((Floor("a", "a"),), (Area("a", "a"),), things)


ASSIST = frozenset(tool.name for tool in tools(_of_every_kind()))
"""The names of all tools that any home has a use for."""
