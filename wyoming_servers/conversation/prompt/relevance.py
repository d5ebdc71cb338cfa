"""Which entities a sentence is about: by names, rooms, kinds and sound, in a home of hundreds. Pure logic.

Pieces of names that few things have tell more than those that many have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ...home.model import Area, Entity, HomeSnapshot
from ..calls.names import Named
from .tokens import Said, Token, tokens_of

Dense = Callable[[str, Sequence[str]], Sequence[float]]
"""Likeness of a sentence to each of some texts, from 0 to 1: an embedder's part, where there is one."""

NAME, AREA, FLOOR, KIND, HERE, DENSE = 4.0, 2.0, 1.5, 1.0, 0.5, 2.0
"""What a whole name, an area, a floor, a kind of thing, the speaker's room and a likeness of 1 count."""

KIND_HERE = 1.0
"""What a thing of the kind that is said counts in the speaker's room: "turn on the light"."""

CALLED = 0.85
"""From which share of its name an entity is called by it."""

WHOLE = 0.7
"""From which share of its name an area or a floor is taken to be said."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An entity, and how much a sentence is about it."""

    entity_id: str
    score: float
    name: float
    """How much of its name is said; from about 1 all of it."""
    place: float
    """How surely its area or floor is said."""
    kind: float
    """How much is said that such things are called or do."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as indices into the vocabulary, and what all of them count together."""

    tokens: tuple[int, ...]
    total: float


class Index:
    """The names of one home, prepared for comparing sentences. Takes milliseconds to make: not on the event loop."""

    def __init__(self, home: HomeSnapshot) -> None:
        self._home = home
        self._vocabulary: dict[Token, int] = {}
        things: tuple[Named, ...] = (*home.entities, *home.areas, *home.floors)
        named = {id(thing): thing.names for thing in things}
        self._count(named.values())
        self._names = {key: tuple(map(self._name, names)) for key, names in named.items()}
        self._area_tokens = {
            area.area_id: frozenset(each for name in self._names[id(area)] for each in name.tokens)
            for area in home.areas
        }
        self._floor_of = {area.area_id: area.floor_id for area in home.areas}
        self._kinds = _kinds_in(home)
        nouns = {token for words in self._kinds.values() for word in words for token in tokens_of(word)}
        self._nouns = frozenset(index for token, index in self._vocabulary.items() if token in nouns)
        self._texts = [_text(entity, home) for entity in home.entities]

    def _count(self, things: Iterable[tuple[str, ...]]) -> None:
        """Learn how many things share each token; what one thing alone has tells most."""
        counts = Counter(token for names in things for token in {each for name in names for each in tokens_of(name)})
        self._vocabulary = {token: index for index, token in enumerate(counts)}
        self._tokens = tuple(counts)
        everything = sum(counts.values()) or 1
        self._worth = [math.log(1 + everything / count) for count in counts.values()]

    def _name(self, name: str) -> _Name:
        tokens = tuple(self._vocabulary[token] for token in tokens_of(name))
        return _Name(tokens, sum(self._worth[each] for each in tokens))

    def rank(self, utterance: str, here: Area | None = None, dense: Dense | None = None) -> list[Scored]:
        """Return the entities that the sentence is about in any way, those it is most about first."""
        said = Said(utterance)
        weights = said.weights(self._tokens)
        areas = {area.area_id: self._share(area, weights, WHOLE) for area in self._home.areas}
        discounted = self._discounted(weights, areas)
        floors = {floor.floor_id: self._share(floor, weights, WHOLE) for floor in self._home.floors}
        kinds = {kind: _strength(said.count(words)) for kind, words in self._kinds.items()}
        room = None if here is None or any(areas.values()) or any(floors.values()) else here.area_id
        likeness = dense(utterance, self._texts) if dense else [0.0] * len(self._texts)
        scored = []
        for entity, like in zip(self._home.entities, likeness, strict=True):
            area = entity.area_id or ""
            kind = _kind(entity, kinds)
            place = AREA * areas.get(area, 0.0) + FLOOR * floors.get(self._floor_of.get(area) or "", 0.0)
            name = self._share(entity, weights)
            if 0 < name < CALLED:
                name = self._share(entity, discounted.get(area, discounted[""]))
            nearby = (HERE + KIND_HERE * bool(kind)) if room and area == room else 0.0
            score = NAME * name + KIND * kind + place + DENSE * like + nearby
            if score > 0:
                scored.append(Scored(entity.entity_id, score, name, place, kind))
        return sorted(scored, key=lambda each: (-each.score, each.entity_id))

    def knows(self, utterance: str, here: Area | None = None) -> bool:
        """Whether the sentence is about a thing of the home, by its name or its kind."""
        return any(each.name >= CALLED or each.kind > 0 for each in self.rank(utterance, here))

    def _discounted(self, weights: Sequence[float], areas: Mapping[str, float]) -> dict[str, Sequence[float]]:
        """Return the weights for things in each area: its name, if that is said, and nouns tell little a second time.

        Else all that is called "Kitchen ..." would come before the kitchen's only fan.
        """
        plain = [each / 2 if index in self._nouns else each for index, each in enumerate(weights)]
        found: dict[str, Sequence[float]] = {"": plain}
        for area_id, tokens in self._area_tokens.items():
            said = areas[area_id] > 0
            found[area_id] = [0.0 if each in tokens else plain[each] for each in range(len(plain))] if said else plain
        return found

    def _share(self, thing: Named, weights: Sequence[float], least: float = 0.0) -> float:
        """Return how much of the best fitting name is in the sentence; a longer name that is wholly there fits best."""
        best = 0.0
        for name in self._names[id(thing)]:
            found = sum(weights[each] * self._worth[each] for each in name.tokens)
            share = found / name.total if name.total else 0.0
            best = max(best, share * (1 + 0.01 * found) if share >= least else 0.0)
        return best


@lru_cache(maxsize=1)
def cues() -> Mapping[str, tuple[str, ...]]:
    """Return the words by which kinds of things are spoken of. Reads a file once: not on the event loop."""
    raw = yaml.safe_load(Path(__file__).with_name("cues.yaml").read_text(encoding="utf-8"))
    return {kind: tuple(map(str, words)) for kind, words in raw.items()}


def _kinds_in(home: HomeSnapshot) -> Mapping[str, tuple[str, ...]]:
    there = {kind for entity in home.entities for kind in (entity.domain, f"{entity.domain}.{entity.device_class}")}
    return {kind: words for kind, words in cues().items() if kind in there}


def _strength(count: int) -> float:
    """Return what so many words for one kind count: the second one confirms the first."""
    return min(1 + 0.25 * (count - 1), 1.5) if count else 0.0


def _kind(entity: Entity, kinds: Mapping[str, float]) -> float:
    """Return how much was said of this domain and class: of one all, of the other half."""
    one, other = kinds.get(entity.domain, 0.0), kinds.get(f"{entity.domain}.{entity.device_class}", 0.0)
    return max(one, other) + min(one, other) / 2


def _text(entity: Entity, home: HomeSnapshot) -> str:
    """Return what an embedder reads of an entity."""
    area = home.area(entity.area_id)
    return ", ".join((*entity.names, *(area.names if area else ()), entity.device_class or entity.domain))


def relevant(
    home: HomeSnapshot,
    index: Index,
    utterance: str,
    limit: int,
    *,
    here: Area | None = None,
    dense: Dense | None = None,
) -> tuple[Entity, ...]:
    """Return at most `limit` entities that the sentence is about, with their states of now, the best first.

    `index` is of a home with the same naming.
    """
    known = {entity.entity_id: entity for entity in home.entities}
    ranked = index.rank(utterance, here, dense)
    return tuple(known[each.entity_id] for each in ranked[:limit] if each.entity_id in known)
