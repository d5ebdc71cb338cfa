"""From a home to the sentences that people would say to it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ...home.model import HomeSnapshot
from .notation import variants
from .slots import CHOICES, VALUES
from .templates import TEMPLATES, Template

SLOT = re.compile(r"\{(\w+)\}")
"""A slot in a text; splitting by it gives text and slots' names in turn."""

_COVER_WORDS = {
    "awning": "awning",
    "blind": "blinds",
    "curtain": "curtains",
    "garage": "garage door",
    "gate": "gate",
    "shade": "shades",
    "shutter": "shutters",
    "window": "windows",
}
"""What people call the covers of a device class, if they mean all in one room."""

_SMALL_HOME_AREAS = 8


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, as Home Assistant reads it."""

    text: str
    effect: str
    """Sentences with the same effect do the same."""
    weight: float
    """How much more often it is said than one of weight 1."""


@dataclass(frozen=True)
class Pattern:
    """Sentences that differ only in the values of large slots, such as `{percent}`; often a single one."""

    text: str
    effect: str
    weight: float
    """Of all its sentences together."""

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The large slots in the text, in order."""
        return tuple(SLOT.findall(self.text))

    @cached_property
    def size(self) -> int:
        """The number of sentences."""
        count = 1
        for slot in self.slots:
            count *= len(VALUES[slot])
        return count

    def sentences(self) -> Iterator[Sentence]:
        """Return every sentence."""
        return (self.sentence(index) for index in range(self.size))

    def sentence(self, index: int) -> Sentence:
        """Return the sentence with this number, which counts from 0 and wraps around."""
        text, share = self.text, 1.0
        chosen = [self.effect]
        for slot in self.slots:
            index, position = divmod(index, len(VALUES[slot]))
            value = VALUES[slot][position]
            text = text.replace(f"{{{slot}}}", value.text, 1)
            share *= value.share
            chosen.append(value.text.removesuffix(" percent").removesuffix(" degrees"))
        return Sentence(text, "|".join(chosen), self.weight * share)


def home_patterns(home: HomeSnapshot) -> list[Pattern]:
    """Return the patterns of this home, each text once, in a fixed order."""
    patterns: dict[str, Pattern] = {}
    for template in TEMPLATES:
        for pattern in _patterns(template, home):
            patterns.setdefault(pattern.text, pattern)
    return list(patterns.values())


Filling = dict[str, tuple[str, str]]
"""By slot: the words, and what they stand for in the effect."""


def _patterns(template: Template, home: HomeSnapshot) -> Iterator[Pattern]:
    fillings = list(_fillings(template, home))
    if not fillings:
        return
    # A home with a hundred lights is not told a hundred times as much about them, but more than one with one.
    weight = template.weight / len(fillings) ** 0.5
    for variant in variants(template.text):
        slots = [slot for slot in SLOT.findall(variant.text) if slot in CHOICES]
        for filling in fillings:
            for words in itertools.product(*(CHOICES[slot] for slot in slots)):
                chosen = filling | {slot: (word, word) for slot, word in zip(slots, words, strict=True)}
                yield _pattern(template, variant.text, chosen, weight * variant.share)


_WITHOUT_BRACES = str.maketrans("{}", "  ")
"""A thing that somebody called "{percent}" is no slot."""


def _pattern(template: Template, text: str, filling: Filling, weight: float) -> Pattern:
    effect, parts = template.effect, []
    for slot, (words, meaning) in filling.items():
        text = text.replace(f"{{{slot}}}", words.translate(_WITHOUT_BRACES))
        if f"{{{slot}}}" in effect:
            effect = effect.replace(f"{{{slot}}}", meaning)
        else:
            parts.append(meaning)
    return Pattern(text, "|".join([effect, *parts]), weight)


def _fillings(template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    """Return what the house itself can put into the template's slots."""
    for slot, fill in _FROM_HOME.items():
        if f"{{{slot}}}" in template.text:
            yield from fill(template, home)
            return
    if not template.domains or any(entity.domain in template.domains for entity in home.entities):
        yield {}


def _names(template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    for entity in home.entities:
        if entity.domain in template.domains:
            for name in entity.names:
                yield {"name": (name, entity.entity_id)}


def _names_and_areas(template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    for entity in home.entities:
        if entity.domain in template.domains:
            # A thing without an area may be anywhere, which is only worth saying in a small home.
            everywhere = home.areas if len(home.areas) <= _SMALL_HOME_AREAS else ()
            own = home.area(entity.area_id)
            for area in (own,) if own else everywhere:
                yield {"name": (entity.name, entity.entity_id), "its_area": (area.name, area.area_id)}


def _areas(template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    if _serves(template, home):
        for area in home.areas:
            yield from _place("area", area.names, area.area_id)


def _floors(template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    if _serves(template, home):
        for floor in home.floors:
            yield from _place("floor", floor.names, floor.floor_id)


def _covers(_template: Template, home: HomeSnapshot) -> Iterator[Filling]:
    for area in home.areas:
        classes = {
            entity.device_class
            for entity in home.entities
            if entity.area_id == area.area_id and entity.domain == "cover"
        }
        for device_class in sorted(classes & _COVER_WORDS.keys(), key=str):
            word = _COVER_WORDS[str(device_class)]
            for place in _place("area", area.names, area.area_id):
                yield place | {"covers": (word, word)}


def _serves(template: Template, home: HomeSnapshot) -> bool:
    # Anywhere, because homes often do not say where a thing is.
    return any(entity.domain in template.area_domains for entity in home.entities)


def _place(slot: str, names: tuple[str, ...], place_id: str) -> Iterator[Filling]:
    for name in names:
        yield {slot: (name, place_id)}


_FROM_HOME: dict[str, Callable[[Template, HomeSnapshot], Iterator[Filling]]] = {
    "its_area": _names_and_areas,
    "name": _names,
    "covers": _covers,
    "area": _areas,
    "floor": _floors,
}
"""By slot, the most telling first: who fills it, and the others beside it."""
