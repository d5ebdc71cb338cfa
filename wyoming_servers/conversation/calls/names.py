"""What a name means: as it is called, a list of aliases, a part of a name, misspelt, or misheard. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

from ...home.targets import fold
from .sentence import spelled, words_of


class Named(Protocol):
    """An entity, an area or a floor."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        ...


Thing = TypeVar("Thing", bound=Named)

NEAR = 82.0
"""From which similarity, of 100, a name is taken for a misspelt other: one letter in six is wrong."""

AHEAD = 6.0
"""By how much the nearest name must be nearer than the next one's."""

_SEPARATORS = re.compile(r"\s*[,\uff0c、;\uff1b|/]\s*")
_ARTICLES = frozenset({"the", "my", "our", "a", "an"})
_FIGURES = re.compile(r"\d+|\b[a-z]\b|[一二三四五六七八九十]")
_TELLING = re.compile(
    r"\b(?:left|right|middle|front|back|rear|top|bottom|upper|lower|inner|outer|inside|outside|indoor|outdoor|upstairs"
    r"|downstairs|north|south|east|west|big|small|large|little|main|guest|spare|his|her|mom|dad)\b"
    r"|[左右前后上下东南西北大小内外里中主次客]"
)
"""Words that tell one thing from another of the same name."""

_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_CONFUSED_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_CONFUSED_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


def find(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Return the things that a name means, by the first of these ways that finds any.

    Exactly; every name of a list; the same words; some of its words or more than its words; nearly; in sound. Ways
    that guess find one thing or none; "2" is never near to "3".
    """
    for way in (_exactly, _listed, _in_words):
        if found := way(name, things):
            return found
    for guess in (_partly, _wholly, _nearly, _in_sound):
        if len(found := guess(name, things)) == 1:
            return found
    return ()


def find_place(name: str, places: Sequence[Thing]) -> tuple[Thing, ...]:
    """Return the areas or floors that a name means: as `find`, but "kitchen fan" is not the kitchen."""
    for way in (_exactly, _listed, _in_words, _nearly, _in_sound):
        if found := way(name, places):
            return found
    return ()


def _exactly(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    return tuple(thing for thing in things if fold(name) in map(fold, thing.names))


def _listed(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Find what all names of a list mean: models copy "Lamp, Night lamp" from the prompt as one name."""
    parts = [part for part in _SEPARATORS.split(name) if part]
    if len(parts) < 2:
        return ()
    found = [set(map(id, _exactly(part, things))) for part in parts]
    common = set.intersection(*found) or next((one for one in found if one), set())
    return tuple(thing for thing in things if id(thing) in common)


def _in_words(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    wanted = _bare(name)
    return tuple(thing for thing in things if wanted and wanted in map(_bare, thing.names))


def _bare(name: str) -> tuple[str, ...]:
    words = words_of(name)
    return words[1:] if words[:1] and words[0] in _ARTICLES else words


def _partly(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Find a name of which these are some of the words."""
    wanted = set(_bare(name))
    return tuple(thing for thing in things if wanted and any(wanted < set(_bare(each)) for each in thing.names))


def _wholly(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Find a name of two words or more that has all its words in this one, and the same figures."""
    wanted = set(_bare(name))
    return tuple(thing for thing in things if any(_is_within(each, name, wanted) for each in thing.names))


def _is_within(known: str, name: str, words: set[str]) -> bool:
    bare = set(_bare(known))
    return len(bare) > 1 and bare < words and _same_figures(known, name)


def _nearly(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    return _nearest({id(thing): _likeness(name, thing.names) for thing in things}, things)


def _likeness(name: str, names: Iterable[str]) -> float:
    return max((_similarity(spelled(name), spelled(each)) for each in names if _same_figures(name, each)), default=0.0)


def _similarity(one: str, other: str) -> float:
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) if one and other else 0.0


def _same_figures(one: str, other: str) -> bool:
    """Whether both have the same figures, and not left where the other has right.

    Bedroom 1 is close to Bedroom 2, Room A to Room B and the east window to the west one in letters only.
    """
    if _FIGURES.findall(spelled(one)) != _FIGURES.findall(spelled(other)):
        return False
    mine, others = set(_TELLING.findall(spelled(one))), set(_TELLING.findall(spelled(other)))
    return not (mine - others and others - mine)


def _in_sound(name: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Find what sounds alike in Chinese, without tones: 客听 is 客厅."""
    sound = pinyin(name)
    if not sound:
        return ()
    scores = {
        id(thing): max(
            (fuzz.ratio(sound, pinyin(each)) for each in thing.names if _same_figures(name, each)), default=0.0
        )
        for thing in things
    }
    return _nearest(scores, things)


def _nearest(scores: dict[int, float], things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Return the thing with the highest score, if it is high enough and ahead of the others."""
    ranked = sorted(scores.values(), reverse=True)
    if not ranked or ranked[0] < NEAR or (len(ranked) > 1 and ranked[0] - ranked[1] < AHEAD):
        return ()
    return tuple(thing for thing in things if scores[id(thing)] == ranked[0])


@lru_cache(maxsize=4096)
def pinyin(text: str) -> str:
    """Return how Chinese sounds to one who mixes zh with z and ang with an; nothing for text without any."""
    if not _IDEOGRAPH.search(text):
        return ""
    return " ".join(map(_plain_sound, lazy_pinyin(spelled(text), style=Style.NORMAL)))


def _plain_sound(syllable: str) -> str:
    for confused, plain in _CONFUSED_INITIALS:
        if syllable.startswith(confused):
            syllable = plain + syllable[len(confused) :]
    for confused, plain in _CONFUSED_FINALS:
        if syllable.endswith(confused):
            syllable = syllable[: -len(confused)] + plain
    return syllable


def best_said(words: Sequence[str], things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Return the thing of whose name most words are in a sentence, if no other has as many; else nothing."""
    said = set(words)
    shares = {id(thing): max((_share(said, each) for each in thing.names), default=0.0) for thing in things}
    ahead = max(shares.values(), default=0.0)
    found = tuple(thing for thing in things if ahead and shares[id(thing)] == ahead)
    return found if len(found) == 1 else ()


def _share(said: set[str], name: str) -> float:
    words = set(_bare(name))
    return len(words & said) / len(words) if words else 0.0


RESEMBLING = 70.0
"""From which similarity a word may be part of a name: only to doubt what is less like it."""


def resembles(word: str, name: str) -> bool:
    """Whether a word may have been meant for a part of a name, by its letters, characters or sound.

    True where they are in different scripts: which name translates a word is for the model to know.
    """
    if bool(_IDEOGRAPH.search(word)) != bool(_IDEOGRAPH.search(name)):
        return True
    if not _IDEOGRAPH.search(word):
        return any(fuzz.ratio(word, part) >= RESEMBLING for part in words_of(name))
    return not set(_IDEOGRAPH.findall(word)).isdisjoint(name) or fuzz.partial_ratio(pinyin(name), pinyin(word)) >= NEAR
