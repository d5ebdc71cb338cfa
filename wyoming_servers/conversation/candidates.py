"""Which of a language's sentences a text can be at all, so that hassil tries a few dozen instead of a thousand.

Sound: a block of sentences is left out only if each of them needs words that the text does not have, or the
name of an entity, area or floor where the text has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hassil.expression import Alternative, Expression, Group, ListReference, RuleReference, Sentence
from hassil.intents import Intent, IntentData, Intents
from hassil.util import CJK_WHITESPACE, normalize_for_matching, remove_skip_words_tracked

_NAMED = frozenset({"name", "area", "floor"})
_MAX_DEPTH = 24
"""How deep rules may refer to each other; hassil's own limit."""

Clauses = frozenset[frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a sentence cannot do without."""

    clauses: Clauses
    """Of each, one fragment must be in the text."""
    names: frozenset[str]
    """Kinds of names of which one must be in the text."""


@dataclass(frozen=True, slots=True)
class _Block:
    intent: str
    data: IntentData
    needs: frozenset[_Needs]


class Candidates:
    """The sentences of a language by what they need. Building it parses them all."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._blocks = [
            _Block(name, data, _block_needs(data, {**intents.expansion_rules, **data.expansion_rules}))
            for name, intent in intents.intents.items()
            for data in intent.data
        ]
        self._fragments = frozenset(
            fragment
            for block in self._blocks
            for needs in block.needs
            for clause in needs.clauses
            for fragment in clause
        )

    def within(self, text: str, names: frozenset[str] = _NAMED) -> Intents:
        """Return the sentences that the text can be, if it contains these kinds of names."""
        haystack = self._haystack(text)
        present = frozenset(fragment for fragment in self._fragments if fragment in haystack)
        kept: dict[str, Intent] = {}
        for block in self._blocks:
            if any(_is_met(needs, present, names) for needs in block.needs):
                kept.setdefault(block.intent, Intent(block.intent)).data.append(block.data)
        return replace(self._intents, intents=kept)

    def _haystack(self, text: str) -> str:
        """Return the text as hassil may match it: as it is, without skip words, without white space."""
        tracked = normalize_for_matching(text)
        forms = tracked.text
        ignore_whitespace = self._intents.settings.ignore_whitespace
        if self._intents.skip_words:
            remove_skip_words_tracked(tracked, self._intents.skip_words, ignore_whitespace)
            forms += "\n" + tracked.text
        forms = forms.casefold()
        return forms + "\n" + CJK_WHITESPACE.sub("", forms) if ignore_whitespace else forms


def _is_met(needs: _Needs, present: frozenset[str], names: frozenset[str]) -> bool:
    return needs.names <= names and not any(clause.isdisjoint(present) for clause in needs.clauses)


def _block_needs(data: IntentData, rules: Mapping[str, Sentence]) -> frozenset[_Needs]:
    kinds = _NAMED - data.slot_lists.keys()
    return frozenset(
        _Needs(
            frozenset(map(frozenset, sentence.get_required_clauses(dict(rules)))),
            _needed_names(sentence.expression, rules) & kinds,
        )
        for sentence in data.sentences
    )


def _needed_names(expression: Expression, rules: Mapping[str, Sentence], depth: int = 0) -> frozenset[str]:
    """Return the kinds of names that every reading of an expression contains."""
    if depth > _MAX_DEPTH:
        return frozenset()
    if isinstance(expression, ListReference):
        return frozenset({expression.list_name}) & _NAMED
    if isinstance(expression, RuleReference):
        rule = rules.get(expression.rule_name)
        return _needed_names(rule.expression, rules, depth + 1) if rule else frozenset()
    if not isinstance(expression, Group):
        return frozenset()
    needed = [_needed_names(item, rules, depth + 1) for item in expression.items]
    return _common(needed) if isinstance(expression, Alternative) else frozenset().union(*needed)


def _common(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    first, *rest = list(sets) or [frozenset[str]()]
    return first.intersection(*rest)
