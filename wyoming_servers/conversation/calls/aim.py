"""Whom a call reaches: names that nobody has, rooms, floors and classes that were made up, and too much. Pure logic.

Each rule takes a call and returns it, changed or not, or the question that must be asked. The counts are of the 190
recorded calls that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from ...home.model import Area, Entity, Floor
from ...home.targets import DOMAINS, NoTarget, areas_called, fold
from .call import Call, Question, Resolution, Situation
from .meaning import NOT_SWITCHED
from .names import best_said, find, find_place
from .words import KINDS, PLAIN, Direction

AimRule = Callable[[Call, Situation], Resolution]


def call_it_by_its_name(call: Call, situation: Situation) -> Resolution:
    """Put a name of this home in the place of one that nobody has.

    A list of aliases, some of the words, a misspelling, what sounds alike; a room given as a name; else the name that
    the sentence itself has. Gemma gives the thing that goes on the list as the list's name (5).
    """
    name = call.args.get("name")
    if not isinstance(name, str) or _is_known(name, situation):
        return call
    things = eligible(call, situation)
    found = find(name, things)
    if found:
        return call.but(name=found[0].name)
    if moved := _as_a_place(name, call, situation):
        return moved
    if domains := frozenset(kind for kind in KINDS if name.strip().casefold().rstrip("s") in KINDS[kind]):
        return _one_of_a_kind(call, domains, situation)
    is_limited = call.intent in DOMAINS or "domain" in call.args
    said = best_said(telling_words(call, situation), things) if is_limited else ()
    return call.but(name=said[0].name) if said else call


def eligible(call: Call, situation: Situation) -> Sequence[Entity]:
    """Return the entities that the call's intent can act on, of the call's domain where there are such."""
    able = DOMAINS.get(call.intent)
    entities = [
        entity
        for entity in situation.home.entities
        if (entity.domain in able if able else entity.domain not in NOT_SWITCHED or call.intent == "HassGetState")
    ]
    asked = call.args.get("domain")
    wanted = {asked} if isinstance(asked, str) else set(asked or ())
    return [entity for entity in entities if entity.domain in wanted] or entities


def _is_known(name: str, situation: Situation) -> bool:
    return any(name == each.entity_id or fold(name) in map(fold, each.names) for each in situation.home.entities)


def telling_words(call: Call, situation: Situation) -> list[str]:
    """Return the words of the sentence that can tell one thing from another of its kind."""
    item = call.args.get("item")
    spoken_of = set(item.casefold().split()) if isinstance(item, str) else set()
    nouns = {noun for kind in KINDS.values() for noun in kind}
    return [word for word in situation.sentence.words if word not in PLAIN | nouns | spoken_of]


def _as_a_place(name: str, call: Call, situation: Situation) -> Call | None:
    """Return the call with a name that is really an area or a floor in its right slot.

    Not where it would then reach everything in there, and the sentence has a word for something of it.
    """
    for slot, places in (("area", situation.home.areas), ("floor", situation.home.floors)):
        found: Sequence[Area | Floor] = find_place(name, places)
        if len(found) == 1 and slot not in call.args:
            moved = narrow_to_the_kind(call.but(name=None, **{slot: found[0].name}), situation)
            return moved if _is_still_aimed(moved) or situation.sentence.leaves_open(*found[0].names) else None
    return None


def _one_of_a_kind(call: Call, domains: frozenset[str], situation: Situation) -> Resolution:
    """Return the call with a name that is only a noun as a domain, where the sentence or a room says so too."""
    said = domains & _kinds(situation) or (domains if {"area", "floor"} & set(call.args) else frozenset())
    kind = _as_a_kind(call, said, situation)
    if kind is call:
        return call
    placed = narrow_to_the_place(kind, situation)
    found = situation.targets(placed).entities
    return _one_of(placed, found, situation) if found else placed


def _as_a_kind(call: Call, domains: frozenset[str], situation: Situation) -> Call:
    able = DOMAINS.get(call.intent)
    there = {entity.domain for entity in situation.home.entities} & domains & (able or domains)
    if able or "domain" in call.args:
        return call.but(name=None) if there else call
    return call.but(name=None, domain=[next(iter(there))]) if len(there) == 1 else call


def tell_namesakes_apart(call: Call, situation: Situation) -> Resolution:
    """Say which of several things of one name is meant: the one that can be switched, that the sentence calls a door.

    A lock and its sensor, the drive of a garage door and its lamp share a name (21).
    """
    match = situation.targets(call)
    if match.problem is not NoTarget.DUPLICATE_NAME:
        return call
    found = [entity for entity in match.entities if entity.domain not in NOT_SWITCHED] or list(match.entities)
    kinds = _kinds(situation, beside=found[0].name)
    of_kind = [entity for entity in found if entity.domain in kinds] if len(found) > 1 else []
    found = of_kind or found
    for area in (*situation.areas_said, *filter(None, [situation.here])):
        found = [entity for entity in found if entity.area_id == area.area_id] or found
    if len({entity.domain for entity in found}) == 1 and "domain" not in call.args:
        call = call.but(domain=[found[0].domain])
    if len(found) == 1:
        return _placed(call, found[0], situation)
    return Question("which_one", tuple(found)) if len(found) > 1 else call


def _placed(call: Call, entity: Entity, situation: Situation) -> Call:
    """Return the call with the entity's area where its name and domain alone are not enough."""
    if situation.targets(call).problem is None or (area := situation.home.area(entity.area_id)) is None:
        return call
    return call.but(area=area.name)


def _kinds(situation: Situation, beside: str = "") -> frozenset[str]:
    """Return the domains that the sentence speaks of beside a name: by verbs that only some things take, by nouns."""
    sentence = situation.sentence
    if sentence.directions & {Direction.LOCK, Direction.UNLOCK}:
        return frozenset({"lock"})
    nouns = sentence.kinds_beside(beside)
    if sentence.directions & {Direction.OPEN, Direction.CLOSE}:
        return _OPENED & nouns or _OPENED
    return nouns


_OPENED = frozenset({"cover", "valve"})


def forget_what_was_made_up(call: Call, situation: Situation) -> Resolution:
    """Take away as few constraints as it takes to reach something: a class, a floor, a room, a domain.

    Small models fill every slot of a schema: a device class that no valve has (37), a room in which no such thing
    stands (15). What the sentence says stays, and so does what keeps the call from reaching more than was spoken of.
    """
    if situation.targets(call).problem in {None, NoTarget.DUPLICATE_NAME}:
        return call
    for freed in _freed(call, situation):
        match = situation.targets(freed)
        if match.problem is NoTarget.DUPLICATE_NAME:
            return tell_namesakes_apart(freed, situation)
        if match.problem is None and _is_still_aimed(freed) and _is_spoken_of(freed, match.entities, situation):
            return _one_of(freed, match.entities, situation)
    return call


def _freed(call: Call, situation: Situation) -> Iterator[Call]:
    """Yield the call without one slot that may be made up, without two, and so on; at last as the noun has it."""
    doubtful = [slot for slot in ("device_class", "floor", "area", "domain") if _is_doubtful(slot, call, situation)]
    for count in range(1, len(doubtful) + 1):
        yield from (call.but(**dict.fromkeys(slots)) for slots in combinations(doubtful, count))
    if "name" not in call.args and len(kinds := _kinds(situation)) == 1:
        yield call.but(domain=sorted(kinds), **({"device_class": None} if "device_class" in doubtful else {}))


def _is_spoken_of(call: Call, found: Sequence[Entity], situation: Situation) -> bool:
    """Whether what a call without a name reaches is of the kind that the sentence has a noun for."""
    kinds = _kinds(situation) | situation.sentence.kinds
    return "name" in call.args or not kinds or any(entity.domain in kinds for entity in found)


def _is_doubtful(slot: str, call: Call, situation: Situation) -> bool:
    """Whether a slot may have been made up: it is filled, and the sentence does not have it."""
    value = call.args.get(slot)
    if slot not in call.args:
        return False
    if slot == "area":
        known = areas_called(situation.home, str(value))
        return not any(area.area_id in known for area in situation.areas_said)
    if slot == "floor":
        return not situation.sentence.mentions([str(value)])
    if slot == "domain":
        return "name" in call.args
    rest = situation.targets(call.but(device_class=None, area=None, floor=None)).entities
    classes = {entity.device_class for entity in rest} - {None}
    said = [value] if isinstance(value, str) else [str(each) for each in value or ()]
    return not (classes and situation.sentence.mentions(said))


def _is_still_aimed(call: Call) -> bool:
    """Whether a call says of what kind its targets are, or which one it is."""
    return bool({"name", "domain", "device_class"} & set(call.args)) or call.intent in DOMAINS


def _one_of(call: Call, found: Sequence[Entity], situation: Situation) -> Resolution:
    """Return a call that was freed of what was made up, if it reaches one thing, or several that were spoken of.

    Several are spoken of where the sentence has a plural and no word that may be the name of a place.
    """
    sentence = situation.sentence
    several = any(sentence.says_several(entity.domain) for entity in found) and sentence.leaves_open()
    if len(found) == 1 or several or {"area", "floor"} & set(call.args):
        return call
    return Question("which_one", tuple(found))


def correct_the_place(call: Call, situation: Situation) -> Resolution:
    """Put this home's name for a room or a floor in the place of one that is misspelt, misheard, or was not said.

    In none of the recorded calls, but speech recognition mishears rooms as it does names.
    """
    for slot, places in (("area", situation.home.areas), ("floor", situation.home.floors)):
        name = call.args.get(slot)
        if not isinstance(name, str):
            continue
        found: Sequence[Area | Floor] = find_place(name, places)
        known = any(name == getattr(place, f"{slot}_id") or fold(name) in map(fold, place.names) for place in places)
        if len(found) == 1 and not known:
            call = call.but(**{slot: found[0].name})
    return _in_the_room_said(call, situation)


def _in_the_room_said(call: Call, situation: Situation) -> Call:
    """Return a call without a name in the one room that the sentence names, if it names another than the call."""
    said = situation.areas_said
    if "name" in call.args or "area" not in call.args or len(said) != 1 or not _is_doubtful("area", call, situation):
        return call
    moved = call.but(area=said[0].name)
    return moved if situation.targets(moved.but(device_class=None)).problem is None else call


def narrow_to_the_kind(call: Call, situation: Situation) -> Call:
    """Say what is meant in a room, where the call would switch everything in it.

    Qwen3 turns off a room, the loudspeaker and the television with it, for "turn off the light" (5).
    """
    if call.intent in DOMAINS or {"name", "domain", "device_class"} & set(call.args):
        return call
    kinds = sorted(_kinds(situation) & situation.sentence.kinds or situation.sentence.kinds)
    reached = {kind for kind in kinds if situation.targets(call.but(domain=[kind])).problem is None}
    return call.but(domain=sorted(reached)) if len(reached) == 1 else call


def narrow_to_the_place(call: Call, situation: Situation) -> Call:
    """Name the thing, the room or the floor that the sentence names, where the call would reach all such things.

    In none of the recorded calls that failed, but in two for a floor, of the tasks that no model passed.
    """
    if {"name", "area", "floor"} & set(call.args) or not _is_still_aimed(call):
        return call
    named = [entity for entity in situation.targets(call).entities if situation.sentence.mentions(entity.names)]
    if len(named) == 1 and {area.area_id for area in situation.areas_said} <= {named[0].area_id}:
        return call.but(name=named[0].name)
    for slot, said in (("area", situation.areas_said), ("floor", situation.floors_said)):
        placed = call.but(**{slot: said[0].name}) if len(said) == 1 else call
        if placed is not call and situation.targets(placed.but(device_class=None)).problem is None:
            return placed
    return call


def stay_in_the_room(call: Call, situation: Situation) -> Call:
    """Return the call in the room in which it was said, if there is such a thing, and no other place is meant.

    "It's too dark in here" is about that room. In none of the recorded calls: their sentences name the room.
    """
    is_placed = bool({"name", "area", "floor"} & set(call.args)) or not _is_still_aimed(call)
    is_elsewhere = situation.sentence.says_every or situation.areas_said or situation.floors_said
    if situation.here is None or is_placed or is_elsewhere:
        return call
    placed = call.but(area=situation.here.name)
    return placed if situation.targets(placed).problem is None else call


RULES: tuple[AimRule, ...] = (
    correct_the_place,
    call_it_by_its_name,
    narrow_to_the_place,
    tell_namesakes_apart,
    forget_what_was_made_up,
    narrow_to_the_kind,
    narrow_to_the_place,
    stay_in_the_room,
)
"""A call of which the kind is known at last may be narrowed to a place, too."""
