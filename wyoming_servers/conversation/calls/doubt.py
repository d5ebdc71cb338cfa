"""When to ask rather than act: two things fit, or something would be unlocked that nobody spoke of. Pure logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...home.model import Entity
from ...home.targets import ANY_DOMAIN, DOMAINS
from .aim import eligible, telling_words
from .before import refers_to
from .call import Call, Question, Situation
from .names import resembles
from .sentence import words_of

Doubt = Callable[[Call, Situation], Question | None]

_GUARDED = frozenset({"lock"})
"""Domains of which no sentence switches several without being asked back."""


_STATE_AFTER: Mapping[tuple[str, str], str] = {
    ("HassTurnOn", "lock"): "locked",
    ("HassTurnOff", "lock"): "unlocked",
    ("HassTurnOn", "cover"): "open",
    ("HassTurnOff", "cover"): "closed",
    ("HassTurnOn", "valve"): "open",
    ("HassTurnOff", "valve"): "closed",
    ("HassMediaPause", "media_player"): "paused",
    ("HassMediaUnpause", "media_player"): "playing",
    ("HassVacuumStart", "vacuum"): "cleaning",
}
"""In which state an intent leaves a thing; where nothing is said, on or off."""


def several_locks(call: Call, situation: Situation) -> Question | None:
    """Ask before several locks, or a lock and other things, are switched by one sentence: "unlock all the doors" (8).

    A misheard "all" opens the house, and Home Assistant unlocks what is turned off with a room. A model that makes a
    call per lock gets here with each of them.
    """
    reached = situation.targets(call).entities
    if call.intent == "HassGetState" or not any(entity.domain in _GUARDED for entity in reached):
        return None
    if len(reached) > 1:
        return Question("all_of_them", reached)
    if not situation.sentence.says_several("lock"):
        return None
    everyone = tuple(entity for entity in situation.home.entities if entity.domain in _GUARDED)
    return Question("all_of_them", everyone) if len(everyone) > 1 else None


def elsewhere(call: Call, situation: Situation) -> Question | None:
    """Ask where the sentence names rooms, and the call reaches things in others.

    A model that forgets the room of "turn off the kitchen light and turn on the hall's" means the whole house. In none
    of the recorded calls; it keeps the rules that free a call of what was made up from reaching too much.
    """
    said = {area.area_id for area in situation.areas_said}
    reached = situation.targets(call).entities
    if not said or "name" in call.args or call.intent == "HassGetState" or not _is_switching(call):
        return None
    if all(entity.area_id in said for entity in reached):
        return None
    domains = {entity.domain for entity in reached}
    there = [each for each in situation.home.entities if each.area_id in said and each.domain in domains]
    return Question("which_one", tuple(there)) if len(reached) > 1 or there else None


def nothing_tells_which(call: Call, situation: Situation) -> Question | None:
    """Ask which one is meant where the sentence only has a noun, and this home several such things.

    Models pick the first of the prompt: "lock the door" (26), "put milk on the list" (15). A word that is no noun,
    verb or article may be a name that the model knows better than we do; then it is believed. The room in which it is
    said decides, and so does it when only one of the things is not yet as it shall be; "it" is what was spoken of.
    """
    reached = situation.targets(call).entities
    if refers_to(situation.utterance, situation.before, reached):
        return None
    domains = {entity.domain for entity in reached}
    if len(domains) != 1 or call.intent == "HassGetState" or not _is_switching(call):
        return None
    domain = next(iter(domains))
    sentence = situation.sentence
    if sentence.says_several(domain) or not sentence.leaves_open(*_accounted_for(call)):
        return None
    candidates = [entity for entity in eligible(call.but(domain=[domain]), situation) if entity.domain == domain]
    likely = _likely(call, candidates, situation)
    if len(candidates) < 2 or {each.entity_id for each in likely} == {each.entity_id for each in reached}:
        return None
    return Question("which_one", tuple(likely if len(likely) > 1 else candidates))


def the_whole_home(call: Call, situation: Situation) -> Question | None:
    """Ask where a call would reach all things of a kind, and the sentence speaks neither of them nor of a place.

    In none of the recorded calls. "It's too dark to read" from nowhere in particular does not light the house.
    """
    reached = situation.targets(call).entities
    if {"name", "area", "floor"} & set(call.args) or len(reached) < 2 or not _is_switching(call):
        return None
    domains = {entity.domain for entity in reached}
    if any(situation.sentence.says_several(domain) for domain in domains) or domains & situation.sentence.kinds:
        return None
    return Question("which_one", tuple(reached))


def another_thing(call: Call, situation: Situation) -> Question | None:
    """Ask where a plain command names something, and the call takes a thing that no word of it speaks of.

    A grammar leaves a model no other choice than a name of this home: told to turn on the banana, which is none, it
    takes something that is. In none of the recorded calls.
    """
    sentence = situation.sentence
    if "name" not in call.args or not sentence.directions or call.intent not in ANY_DOMAIN - {"HassGetState"}:
        return None
    named = telling_words(call, situation)
    reached = situation.targets(call).entities
    if not named or len(reached) != 1 or _is_spoken_of(reached[0], named, situation):
        return None
    if refers_to(situation.utterance, situation.before, reached):
        return None
    return Question("this_one", reached)


def _is_spoken_of(entity: Entity, named: Sequence[str], situation: Situation) -> bool:
    """Whether a word of the sentence is like one of a thing's names, or says its kind or its place."""
    sentence = situation.sentence
    kinds = {entity.domain, *([entity.device_class] if entity.device_class else [])}
    area = situation.home.area(entity.area_id)
    places = [area] if area else []
    return (
        bool(kinds & sentence.kinds)
        or sentence.mentions(kinds)
        or any(sentence.mentions([word]) for place in places for name in place.names for word in words_of(name))
        or any(resembles(word, name) for word in named for name in entity.names)
    )


def _is_switching(call: Call) -> bool:
    return call.intent in DOMAINS or call.intent in {"HassTurnOn", "HassTurnOff", "HassToggle"}


def _accounted_for(call: Call) -> list[str]:
    """Return what of the sentence is neither a noun nor a name: what goes on a list, how loud, which song."""
    targets = {"name", "area", "floor", "domain", "device_class"}
    return [
        str(value) for slot, value in call.args.items() if slot not in targets and isinstance(value, str | int | float)
    ]


def _likely(call: Call, candidates: Sequence[Entity], situation: Situation) -> Sequence[Entity]:
    """Return those in this room, or the only one of which the state would change; else all."""
    here = situation.here
    nearby = [entity for entity in candidates if here is not None and entity.area_id == here.area_id]
    if nearby:
        return nearby
    changed = [entity for entity in candidates if entity.state != _state_after(call, entity)]
    return changed if len(changed) == 1 else candidates


def _state_after(call: Call, entity: Entity) -> str:
    plain = {"HassTurnOn": "on", "HassTurnOff": "off"}.get(call.intent, "")
    return _STATE_AFTER.get((call.intent, entity.domain), plain)


DOUBTS: tuple[Doubt, ...] = (several_locks, elsewhere, nothing_tells_which, the_whole_home, another_thing)
