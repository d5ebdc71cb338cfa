"""What a call would do that is better asked about first. Pure logic: it sees things and directions, no Home Assistant.

Home Assistant itself asks for a PIN before Google Assistant unlocks a lock, opens a cover that is a door, a garage or a
gate, or disarms an alarm (`google_assistant/trait.py`). These are the rules here too, for whatever is moved by one of
Assist's intents. Beyond them:

- A cover whose device class nobody has set may be a door. It is one, unless a name of it says blind, curtain or the
  like. A remedy is the entity's "Show as". A garage or a gate that its integration calls a shutter is told by its name.
- A gate is often a relay: a switch or a button whose name says door, gate or alarm. So are scripts whose steps name
  nothing that is known, and automations that watch a house until they are switched off.
- A window is opened without asking: on most it lets in air. So is a water valve: most water the garden. A gas valve is
  not.
- A scene or a group is what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import re
from typing import Any


class Deed(StrEnum):
    """What would be done."""

    UNLOCK = "unlock"
    OPEN = "open"
    DISARM = "disarm"
    OPERATE = "operate"
    """A switch or a button that looks as if it opened or disarmed something."""
    ACTIVATE = "activate"
    """A scene."""
    RUN = "run"
    """A script."""
    USE = "use"
    """A tool that is not Assist's own."""
    REMOVE = "remove"
    """An item of a list."""
    SAY = "say"
    """A sentence that Home Assistant would carry out later."""


class Way(StrEnum):
    """In which direction something is moved."""

    ON = "on"
    """On, open, locked, pressed."""
    OFF = "off"
    """Off, closed, unlocked."""
    TOGGLE = "toggle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that would be moved."""

    domain: str
    name: str
    aliases: tuple[str, ...] = ()
    device_class: str | None = None
    members: tuple[Thing, ...] = ()
    """Of a group, a scene or a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Something to ask about."""

    deed: Deed
    name: str
    """Of what it is done to, as the household calls it."""
    security: bool = True
    """Whether it may let somebody in, beside losing something."""
    of: str = ""
    """The list from which something is removed; what a tool is called with."""
    delay: Mapping[str, int] = field(default_factory=dict)
    """Hours, minutes and seconds until it is done."""


def way_of(intent: str, position: Any = None) -> Way | None:
    """Return the direction of an intent of Assist; None for one that moves nothing which could be risky.

    A position that cannot be read counts as open.
    """
    if intent == "HassSetPosition":
        return Way.OFF if str(position) == "0" else Way.ON
    return _WAYS.get(intent)


_WAYS = {
    "HassTurnOn": Way.ON,
    "HassTurnOff": Way.OFF,
    "HassToggle": Way.TOGGLE,
    "HassOpenCover": Way.ON,
    "HassCloseCover": Way.OFF,
}


def risks_of_moving(thing: Thing, way: Way) -> list[Risk]:
    """Return what is risky about moving something this way; a group's are its members'."""
    if thing.domain not in _CALLED_BY_NAME:
        within = [risk for member in thing.members for risk in risks_of_moving(member, way)]
        if within:
            return within
    ways, deed = _DEEDS.get(thing.domain, (frozenset(), Deed.OPERATE))
    guarded = is_guarded(thing)
    if way not in ways or not (guarded or deed is Deed.RUN):
        return []
    return [Risk(deed=deed, name=thing.name, security=guarded)]


_OPENING = frozenset({Way.ON, Way.TOGGLE})
_RELEASING = frozenset({Way.OFF, Way.TOGGLE})
_ANY_WAY = frozenset(Way)
_DEEDS = {
    "lock": (_RELEASING, Deed.UNLOCK),
    "alarm_control_panel": (_RELEASING, Deed.DISARM),
    "cover": (_OPENING, Deed.OPEN),
    "valve": (_OPENING, Deed.OPEN),
    "switch": (_ANY_WAY, Deed.OPERATE),
    "input_boolean": (_ANY_WAY, Deed.OPERATE),
    "button": (_ANY_WAY, Deed.OPERATE),
    "input_button": (_ANY_WAY, Deed.OPERATE),
    "scene": (_OPENING, Deed.ACTIVATE),
    "script": (_OPENING, Deed.RUN),
    "automation": (_RELEASING, Deed.OPERATE),
}
_CALLED_BY_NAME = frozenset({"lock", "scene", "script"})
"""One speaks of these, not of what is in them."""


def is_guarded(thing: Thing) -> bool:
    """Whether something keeps people out, or has a member that does."""
    return _guards(thing) or any(is_guarded(member) for member in thing.members)


def _guards(thing: Thing) -> bool:
    match thing.domain:
        case "lock" | "alarm_control_panel":
            return True
        case "cover":
            return _may_be_entrance(thing)
        case "valve":
            return thing.device_class == "gas"
        case "switch" | "input_boolean" | "button" | "input_button" | "script" | "automation":
            names = _names(thing)
            return bool(_GUARDING.search(names)) and not _BESIDE_A_DOOR.search(names)
        case _:
            return False


def says_risky(text: str) -> bool:
    """Whether words say that something is unlocked, opened or disarmed, or that any action may be called."""
    return bool(_RISKY_WORDS.search(_words(text)))


def _may_be_entrance(cover: Thing) -> bool:
    if cover.device_class in _ENTRANCES:
        return True
    names = _names(cover)
    soft, gate = _SOFT.search(names) is not None, _GARAGE_OR_GATE.search(names) is not None
    if cover.device_class in _SOFT_CLASSES:
        return gate and not soft
    if cover.members:
        return False
    return not soft or gate or _DOOR.search(names) is not None


def _names(thing: Thing) -> str:
    return "\n".join(_words(name) for name in (thing.name, *thing.aliases))


def _words(text: str) -> str:
    """Return a text, or an identifier, as words in lower case: gateOpener and gate_opener are gate opener."""
    return re.sub(r"[_\-.]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).casefold()


_ENTRANCES = frozenset({"door", "garage", "gate"})
"""As in Home Assistant's own `OpenCloseTrait.COVER_2FA`."""
_SOFT_CLASSES = frozenset({"awning", "blind", "curtain", "damper", "shade", "shutter", "window"})

_GARAGE_OR_GATE = re.compile(
    r"\b(?:garages?|gates?|barrier|driveway|carport|portail|portão|portón|portone|cancello|hek|poort|brama|garaż|grind)\b"
    r"|\w*garage\w*|\b(?:garagen|hof|einfahrts?|roll|schiebe)?tore?\b"
    "|车库|車庫|卷帘门|捲簾門|大门|大門|院门|闸|閘|гараж|ворота|калитка|ガレージ|차고|대문"
)
_DOOR = re.compile(
    r"\b(?:front|back|patio)?doors?\b|\w*tür(?:e|en)?\b|\w*deur\b|\bportes?\b|\bpuertas?\b|\bporta\b|\bdrzwi\b"
    r"|\w*dörr\w*|\bdøra?\b|двер|ドア|扉|玄関|현관|门(?!铃|口|厅|廊|外|前)|門(?!鈴|口|廳|廊|外|前)"
)
_SOFT = re.compile(
    r"blind|curtain|drape|shade|shutter|awning|\bscreens?\b|skylight|window"
    r"|roll?l[äa]den|rollo|jalousie|vorhang|vorhänge|markise|gardine|plissee|fenster"
    r"|volet|\bstores?\b|rideau|fenêtre|persiana|cortina|toldo|estor|ventana|tapparell|\btend[ae]\b|venezian|finestra"
    r"|gordijn|rolluik|zonwering|jaloezie|rolet|żaluzj|zasłon|okno|gardin|persienn|markis"
    r"|штор|жалюзи|рольставн|занавес|окно|カーテン|ブラインド|窓|커튼|블라인드|창문"
    r"|帘(?!门)|簾(?!門)|百叶|百葉|遮阳|遮陽|雨棚|雨篷|天幕|窗"
)
_GUARDING = re.compile(
    rf"(?:{_DOOR.pattern})|\bgarage\b\s*$|\b(?:gates?|barrier|unlock|opener|alarm|armed|disarm)\b"
    r"|(?:garagen|hof|einfahrts?)tor\b|türöffner|portail|portón|portão|cancello|\bpoort\b|brama|ворота|калитка"
    "|闸|閘|开锁|開鎖|解锁|解鎖|撤防|布防|报警|報警|警报|警報|車庫$|车库$|ガレージ$|차고$",
    re.MULTILINE,
)
_BESIDE_A_DOOR = re.compile(
    r"\b(?:lights?|lamps?|bell|doorbell|chime|leds?|fan|heater|heating|plug|socket|outlet|camera|clock|wake|freezer|fridge)\b"
    r"|licht|lampe|klingel|lumière|lampe|luz|luce|\blamp|verlichting|灯|燈|铃|鈴|风扇|風扇|插座|摄像|攝影|闹钟|鬧鐘|ライト|照明|조명"
)
_RISKY_WORDS = re.compile(
    r"\b(?:unlock\w*|disarm\w*|open|opens|opener|opening|garage|gates?|locks?|doors?|alarms?|covers?|lock|execute)\b"
    r"|\bcall (?:action|service)s?\b|开锁|開鎖|解锁|解鎖|打开|打開|开门|開門|撤防|门锁|門鎖"
)
