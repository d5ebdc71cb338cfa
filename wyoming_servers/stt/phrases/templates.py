"""What people say to their homes in English, family by family, as templates with slots.

The weights are relative: a sentence of weight 4 is expected four times as often as one of weight 1. A
sentence belongs here if Home Assistant understands it and somebody would say it without thinking; what is
only grammatical makes recognition worse, for everything in here competes with everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LIGHTS = frozenset({"light"})
SWITCHED = frozenset({"light", "switch", "fan", "media_player", "input_boolean"})
STATED = frozenset({"light", "switch", "fan"})
CLIMATE = frozenset({"climate"})
FANS = frozenset({"fan"})
COVERS = frozenset({"cover", "valve"})
LOCKS = frozenset({"lock"})
PLAYERS = frozenset({"media_player"})
SENSORS = frozenset({"sensor"})
LISTS = frozenset({"todo"})
WEATHER = frozenset({"weather"})
VACUUMS = frozenset({"vacuum"})
MOWERS = frozenset({"lawn_mower"})
PEOPLE = frozenset({"person"})
BUTTONS = frozenset({"button", "input_button"})
SCENES = frozenset({"scene"})
SCRIPTS = frozenset({"script"})


@dataclass(frozen=True, slots=True)
class Template:
    """Sentences that differ only in their slots, in optional words and in ways of saying the same."""

    effect: str
    """What the sentences do. Two sentences with the same effect and slots may be taken for each other, and
    no other two. A slot that is named here is not told apart from the word itself."""
    text: str
    weight: float = 1.0
    domains: frozenset[str] = frozenset()
    """Of the entities that fill `{name}`; without this slot, one of which must be there at all."""
    area_domains: frozenset[str] = frozenset()
    """Areas fill `{area}` and floors `{floor}` if there is an entity of these domains anywhere."""


_ENTITIES = [
    ("switch {on_off}", 6, "turn {on_off} [the] {name}", SWITCHED),
    ("switch {on_off}", 2, "turn [the] {name} {on_off}", SWITCHED),
    ("switch {on_off}", 1.5, "switch {on_off} [the] {name}", SWITCHED),
    ("switch {on_off}", 1.5, "[the] {name} {on_off}", SWITCHED),
    ("switch on", 0.4, "activate [the] {name}", SWITCHED),
    ("switch off", 0.4, "deactivate [the] {name}", SWITCHED),
    ("switch {on_off}", 1, "turn {on_off} [the] {name}", CLIMATE),
    ("switch {on_off}", 0.7, "(turn|switch) {on_off} [the] {name} in [the] {its_area}", SWITCHED),
    ("on?", 1, "is [the] {name} {on_off}", STATED),
    ("brightness", 2, "set [the] {name} brightness to {percent}", LIGHTS),
    ("brightness", 0.5, "change [the] {name} brightness to {percent}", LIGHTS),
    ("brightness", 1, "set [the] brightness of [the] {name} to {percent}", LIGHTS),
    ("brightness", 1, "(set|turn) [the] {name} to {percent}", LIGHTS),
    ("color", 1.5, "(set|turn|change) [the] {name} [color] to {color}", LIGHTS),
    ("color", 1, "(turn|make|set) [the] {name} {color}", LIGHTS),
    ("speed", 1.5, "set [the] {name} [speed] to {percent}", FANS),
    ("cover", 5, "{open_close} [the] {name}", COVERS),
    ("position", 1, "set [the] {name} [position] to {percent}", COVERS),
    ("position", 1, "(open|close) [the] {name} to {percent}", COVERS),
    ("open?", 2, "is [the] {name} {open_closed}", COVERS),
    ("lock", 4, "{lock_unlock} [the] {name}", LOCKS),
    ("locked?", 2, "is [the] {name} {locked_unlocked}", LOCKS),
    ("scene", 3, "(activate|turn on) [the] {name} [scene]", SCENES),
    ("scene", 1, "[the] {name} scene", SCENES),
    ("script", 3, "(run|start) [the] {name} [script]", SCRIPTS),
    ("press", 2, "(press|push) [the] {name} [button]", BUTTONS),
    ("state?", 4, "(what is|what's) [the] {name}", SENSORS),
    ("state?", 0.7, "what is the value of [the] {name}", SENSORS),
    ("state?", 0.7, "tell me [the] {name}", SENSORS),
    ("temperature?", 2, "(what is|what's) [the] temperature of [the] {name}", CLIMATE),
    ("temperature", 2, "set [the] {name} to {degrees}", CLIMATE),
    ("temperature", 1, "set [the] {name} temperature to {degrees}", CLIMATE),
    ("weather?", 2, "(what is|what's) the weather [like] (in|for) {name}", WEATHER),
    ("weather?", 0.7, "(what is|what's) the {name} weather", WEATHER),
    ("vacuum:start", 3, "start [the] {name}", VACUUMS),
    ("vacuum:dock", 2, "return [the] {name} to base", VACUUMS),
    ("mower:start", 2, "start [the] {name}", MOWERS),
    ("mower:dock", 2, "dock [the] {name}", MOWERS),
    ("where?", 3, "(where is|where's) {name}", PEOPLE),
    ("pause", 2, "pause [the] {name}", PLAYERS),
    ("unpause", 2, "(resume|unpause) [the] {name}", PLAYERS),
    ("next", 1, "(next|next track|skip song|skip track) on [the] {name}", PLAYERS),
    ("previous", 0.6, "previous track on [the] {name}", PLAYERS),
    ("volume", 2, "set [the] {name} volume to {percent}", PLAYERS),
    ("volume", 1, "turn [the] {name} volume {up_down} to {percent}", PLAYERS),
    ("volume {up_down}", 1.5, "turn {up_down} [the] {name} volume", PLAYERS),
    ("volume {up_down}", 0.7, "[the] {name} volume {up_down}", PLAYERS),
    ("mute", 1, "mute [the] {name}", PLAYERS),
    ("unmute", 1, "unmute [the] {name}", PLAYERS),
    ("list:add", 6, "add {item} to [(the|my)] {name}", LISTS),
    ("list:add", 1, "put {item} on [(the|my)] {name}", LISTS),
    ("list:complete", 1, "check {item} off [(the|my)] {name}", LISTS),
    ("list:remove", 1, "remove {item} from [(the|my)] {name}", LISTS),
]

_PLACES = [
    ("lights", 4, "turn {on_off} [the] lights in [the] {area}", LIGHTS),
    ("lights", 4, "turn {on_off} [the] {area} lights", LIGHTS),
    ("lights", 1, "turn [the] {area} lights {on_off}", LIGHTS),
    ("lights", 1, "[the] {area} lights {on_off}", LIGHTS),
    ("lights", 0.7, "switch {on_off} [the] {area} lights", LIGHTS),
    ("lights", 1.5, "turn {on_off} all [the] lights in [the] {area}", LIGHTS),
    ("brightness", 1.5, "set [the] {area} brightness to {percent}", LIGHTS),
    ("brightness", 1.5, "set [the] brightness in [the] {area} to {percent}", LIGHTS),
    ("color", 1, "(set|change) [the] {area} [color] to {color}", LIGHTS),
    ("color", 1, "(set|turn|change) [the] lights in [the] {area} to {color}", LIGHTS),
    ("fans", 1.5, "turn {on_off} [the] fans in [the] {area}", FANS),
    ("fans", 1.5, "turn {on_off} [the] {area} fans", FANS),
    ("covers", 1, "{open_close} [the] {covers} in [the] {area}", COVERS),
    ("covers", 1, "{open_close} [the] {area} {covers}", COVERS),
    ("temperature?", 2, "(what is|what's) [the] temperature in [the] {area}", CLIMATE),
    ("temperature?", 0.7, "how (hot|cold|warm|cool) is it in [the] {area}", CLIMATE),
    ("temperature", 1, "set [the] temperature in [the] {area} to {degrees}", CLIMATE),
    ("vacuum:area", 1, "(vacuum|clean) [the] {area}", VACUUMS),
    ("lights", 2, "turn {on_off} [the] lights on [the] {floor}", LIGHTS),
    ("lights", 2, "turn {on_off} [the] {floor} lights", LIGHTS),
    ("brightness", 1, "set [the] {floor} brightness to {percent}", LIGHTS),
]

_LIGHTS_HERE = [
    ("lights", 4, "turn {on_off} [the] lights"),
    ("lights", 1.5, "turn [the] lights {on_off}"),
    ("lights", 1, "lights {on_off}"),
    ("lights:all off", 2, "turn off all [the] lights"),
    ("brightness", 2, "set [the] brightness to {percent}"),
    ("color", 1, "(set|turn|change) [the] lights to {color}"),
    ("color", 0.7, "(set|turn) [the] lights {color}"),
]

_FANS_HERE = [
    ("fan mode", 0.5, "set [the] fan mode to {fan_mode}"),
    ("fan speed", 0.5, "set (fan|fans|fan speed) to {percent}"),
]

_GENERAL = [
    ("temperature?", 5, "(what is|what's) [the] temperature"),
    ("temperature?", 1.5, "how (hot|cold|warm|cool) is it"),
    ("temperature", 2, "set [the] temperature to {degrees}"),
    ("date?", 5, "(what is|what's) (the|today's) date"),
    ("date?", 1, "(what is|what's) the date today"),
    ("date?", 0.5, "what is the current date"),
    ("date?", 0.3, "tell me (the date|today's date)"),
    ("time?", 5, "what time is it"),
    ("time?", 2, "(what is|what's) the time"),
    ("time?", 0.7, "what time is it [right] now"),
    ("time?", 0.7, "(what is|what's) the current time"),
    ("time?", 0.3, "tell me the time"),
    ("weather?", 6, "(what is|what's) the weather [like]"),
    ("weather?", 0.3, "tell me the weather"),
    ("nevermind", 3, "never mind"),
]

_MEDIA = [
    ("pause", 4, "pause"),
    ("pause", 3, "pause [the] (music|movie|song|show|tv show)"),
    ("pause", 2, "stop [playing] [the] music"),
    ("pause", 0.7, "stop [playing] [the] (movie|song|show)"),
    ("unpause", 4, "resume"),
    ("unpause", 3, "(resume|unpause) [the] (music|movie|song|show|tv show)"),
    ("next", 4, "next"),
    ("next", 3, "(next|skip) (song|track)"),
    ("next", 2, "skip (this|the) (song|track)"),
    ("next", 1, "skip to [the] next (song|track)"),
    ("previous", 3, "previous (song|track)"),
    ("previous", 1.5, "go back to the (previous|last) (song|track)"),
    ("previous", 1, "(replay|play) the (previous|last) (song|track) [again]"),
    ("mute", 1, "mute"),
    ("unmute", 1, "unmute"),
    ("pause", 1, "stop"),
    ("mute", 1, "mute [the] (music|movie|tv show)"),
    ("unmute", 1, "unmute [the] (music|movie|tv show)"),
    ("volume", 2, "(set|change) [the] volume to {percent}"),
    ("volume", 1, "turn [the] volume (up|down) to {percent}"),
    ("volume {up_down}", 4, "turn {up_down} the volume"),
    ("volume {up_down}", 2, "turn the volume {up_down}"),
    ("volume {up_down}", 2, "volume {up_down}"),
    ("volume up", 1, "increase [the] volume"),
    ("volume down", 1, "decrease [the] volume"),
    ("volume up by", 1, "(turn up|increase) [the] volume [by] {percent}"),
    ("volume down by", 1, "(turn down|decrease) [the] volume [by] {percent}"),
]

_TIMERS = [
    ("timer", 8, "set a timer for {minutes}"),
    ("timer", 3, "set a timer for {seconds}"),
    ("timer", 3, "set a timer for {hours}"),
    ("timer", 3, "set a timer for {hours} and {minutes}"),
    ("timer", 2, "set a timer for {minutes} and {seconds}"),
    ("timer", 1, "set a timer for {hours} {minutes}"),
    ("timer", 1, "set a timer for half an hour"),
    ("timer", 0.5, "set a timer for {half_hours} hours"),
    ("timer", 1, "set a {minute} timer for {timer_name}"),
    ("timer", 2, "(start|set) a {minute} timer"),
    ("timer", 1, "(start|set) a {hour} timer"),
    ("timer", 1, "(start|set) a {second} timer"),
    ("timer", 1, "start a timer for {minutes}"),
    ("timer", 2, "timer for {minutes}"),
    ("timer", 1, "timer for ({hours}|{seconds}|half an hour)"),
    ("timer", 1, "({minute}|{hour}|{second}) timer"),
    ("timer:cancel", 4, "(cancel|stop) [(the|my)] timer"),
    ("timer:cancel", 0.7, "(cancel|stop) (the|my) ({timer_name}|{minute}) timer"),
    ("timer:cancel all", 4, "(cancel|stop) all [(the|my)] timers"),
    ("timer:pause", 3, "pause [(the|my)] timer"),
    ("timer:resume", 3, "(resume|continue) [(the|my)] timer"),
    ("timer?", 3, "(timer|timers) status"),
    ("timer?", 2, "how (much time|long) is left on [(the|my)] (timer|timers)"),
    ("timer?", 1, "(time left|how much time left|how long left) on [(the|my)] timer"),
    ("timer?", 0.7, "how (much time|long) is left on (the|my) {timer_name} timer"),
    ("timer?", 1, "status of [(the|my)] (timer|timers)"),
    ("timer:more", 3, "add {minutes} to [(the|my)] timer"),
    ("timer:more", 1, "add ({hours}|{seconds}|half an hour) to [(the|my)] timer"),
    ("timer:more", 0.7, "increase [(the|my)] timer by ({hours}|{minutes}|{seconds})"),
    ("timer:less", 2, "(remove|take) {minutes} (from|off) [(the|my)] timer"),
    ("timer:less", 1, "(remove|take) ({hours}|{seconds}|half an hour) (from|off) [(the|my)] timer"),
    ("timer:less", 0.7, "decrease [(the|my)] timer by ({hours}|{minutes}|{seconds})"),
]


def _general(rows: Iterable[tuple[str, float, str]], needs: frozenset[str] = frozenset()) -> Iterator[Template]:
    return (Template(effect, text, weight, domains=needs) for effect, weight, text in rows)


TEMPLATES: tuple[Template, ...] = (
    *(Template(effect, text, weight, domains=domains) for effect, weight, text, domains in _ENTITIES),
    *(Template(effect, text, weight, area_domains=domains) for effect, weight, text, domains in _PLACES),
    *_general(_LIGHTS_HERE, LIGHTS),
    *_general(_FANS_HERE, FANS),
    *_general(_MEDIA, PLAYERS),
    *_general(_GENERAL),
    *_general(_TIMERS),
)
