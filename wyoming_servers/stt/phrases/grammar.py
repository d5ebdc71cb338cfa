"""All sentences of a home as one finite-state grammar, in which sentences share their beginnings and ends.

`set … brightness to {percent}` ends in the same hundred numbers for every light, so these are in the grammar
once: a home with 500 entities has some 20,000 patterns, but few more states than it has names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .sentences import SLOT, Pattern
from .slots import VALUES
from .spoken import spoken_words

Token = tuple[bool, str]
"""A word, or (True) the name of a slot."""


@dataclass(frozen=True, slots=True)
class Arc:
    """From one state to another, by saying a word, or by saying nothing."""

    source: int
    target: int
    probability: float
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """A graph of words. The probabilities of the arcs that leave a state add up to 1."""

    start: int
    end: int
    arcs: tuple[Arc, ...]

    @property
    def words(self) -> set[str]:
        """Every word in it."""
        return {arc.word for arc in self.arcs if arc.word is not None}


@dataclass(slots=True)
class _Node:
    """A beginning of sentences, and how likely it is to be gone on with."""

    next: dict[Token, _Node] = field(default_factory=dict)
    weight: float = 0.0
    ending: float = 0.0
    """The part of the weight of sentences that end here."""

    def add(self, tokens: Iterable[Token], weight: float) -> None:
        node = self
        node.weight += weight
        for token in tokens:
            node = node.next.setdefault(token, _Node())
            node.weight += weight
        node.ending += weight


@dataclass(slots=True)
class _State:
    """Beginnings that can be gone on with in the same ways."""

    targets: dict[Token, int]
    weights: dict[Token, float]
    weight: float = 0.0
    ending: float = 0.0


def build_grammar(patterns: Sequence[Pattern]) -> Grammar:
    """Return the grammar of exactly these patterns' sentences, of which there must be one at least."""
    root = _Node()
    for pattern in patterns:
        root.add(_tokens(pattern.text), pattern.weight)
    merging = _Merging()
    start = merging.merge(root)
    return _Writer(merging.states).write(start)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    for position, piece in enumerate(SLOT.split(text)):
        tokens += [(True, piece)] if position % 2 else [(False, word) for word in spoken_words(piece)]
    return tokens


class _Merging:
    """Makes one state of all the nodes after which the same can be said."""

    def __init__(self) -> None:
        self.states: list[_State] = []
        self._known: dict[tuple[object, ...], int] = {}

    def merge(self, node: _Node) -> int:
        targets = {token: self.merge(after) for token, after in sorted(node.next.items())}
        key = (*targets.items(), node.ending > 0)
        number = self._known.setdefault(key, len(self.states))
        if number == len(self.states):
            self.states.append(_State(targets, dict.fromkeys(targets, 0.0)))
        state = self.states[number]
        for token, after in node.next.items():
            state.weights[token] += after.weight
        state.weight += node.weight
        state.ending += node.ending
        return number


class _Writer:
    """Numbers the states and writes out the large slots' values as words."""

    def __init__(self, states: Sequence[_State]) -> None:
        self._states = states
        self._end = len(states)
        self._count = len(states) + 1
        self._arcs: list[Arc] = []
        self._values: dict[str, _Node] = {}

    def write(self, start: int) -> Grammar:
        for source, state in enumerate(self._states):
            if state.ending:
                self._arcs.append(Arc(source, self._end, state.ending / state.weight))
            for token, target in state.targets.items():
                self._write_token(source, target, state.weights[token] / state.weight, token)
        return Grammar(start, self._end, tuple(self._arcs))

    def _write_token(self, source: int, target: int, probability: float, token: Token) -> None:
        is_slot, word = token
        if is_slot:
            self._write_values(source, target, probability, self._slot(word))
        else:
            self._arcs.append(Arc(source, target, probability, word))

    def _slot(self, slot: str) -> _Node:
        if slot not in self._values:
            self._values[slot] = node = _Node()
            for value in VALUES[slot]:
                node.add(_tokens(value.text), value.share)
        return self._values[slot]

    def _write_values(self, source: int, target: int, probability: float, node: _Node) -> None:
        for (_, word), after in node.next.items():
            share = probability * after.weight / node.weight
            # A value that is the beginning of another has two arcs: empty arcs must not follow each other.
            if after.ending:
                self._arcs.append(Arc(source, target, share * after.ending / after.weight, word))
            if after.next:
                self._arcs.append(Arc(source, self._count, share * (1 - after.ending / after.weight), word))
                self._count += 1
                self._write_values(self._count - 1, target, 1.0, _continued(after))


def _continued(node: _Node) -> _Node:
    """Return the node without its own end, so that what leaves it adds up to 1."""
    return _Node(node.next, node.weight - node.ending)


def one_of(sentences: Sequence[tuple[str, ...]]) -> Grammar:
    """Return the grammar of a few sentences, none likelier than another."""
    arcs: list[Arc] = []
    count = 2
    for words in dict.fromkeys(sentences):
        states = [0, *range(count, count + len(words) - 1), 1]
        count += len(words) - 1
        arcs += [Arc(states[position], states[position + 1], 1.0, word) for position, word in enumerate(words)]
    return Grammar(0, 1, tuple(arcs))


def loop_of(words: Sequence[str], probability: float) -> Grammar:
    """Return the grammar of any of these words in any order, each with this probability."""
    return Grammar(0, 2, (Arc(0, 1, 1.0), *(Arc(1, 1, probability, word) for word in words), Arc(1, 2, 1.0)))
