"""Free speech as a grammar: any text up to a mark, after which only what the mark begins may follow. Pure logic.

The rules are the automaton of Aho and Corasick for the marks, so it does not matter how a mark is cut into tokens, or
what a token that ends it goes on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .gbnf import Rules, either, joined, literal, others, some

_SPACE = " \t\r\n"


def speech(rules: Rules, marks: Mapping[str, str]) -> str:
    """Return the expression of a reply that is spoken, or of which a mark begins something else.

    It doesn't begin with a brace: what does is a call without its mark, and nobody speaks one.

    Args:
        rules: Where rules are added.
        marks: What follows a mark, by mark; "" for a mark that must not be written.
    """
    states = {prefix: rules.reserve() for prefix in _prefixes(marks)}
    for prefix, name in states.items():
        rules.define(name, _state(marks, states, prefix))
    begin = rules.reserve()
    moves = dict(_moves(marks, states, ""))
    spoken = joined(others(_SPACE + "{" + "".join(moves)), states[""])
    space = joined(some(_SPACE), begin)
    rules.define(begin, f"({either([space, spoken, *filter(None, moves.values())])})?")
    return begin


def _prefixes(marks: Mapping[str, str]) -> list[str]:
    return sorted({mark[:length] for mark in marks for length in range(len(mark))} | {""})


def _state(marks: Mapping[str, str], states: Mapping[str, str], prefix: str) -> str:
    moves = dict(_moves(marks, states, prefix))
    spoken = joined(others("".join(moves)), states[""])
    return f"({either([spoken, *filter(None, moves.values())])})?"


def _moves(marks: Mapping[str, str], states: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the characters that lead on, each with its expression; "" where the character must not be written."""
    for char in sorted(set("".join(marks))):
        read = prefix + char
        tails = [read[start:] for start in range(len(read))]
        mark = next((tail for tail in tails if tail in marks), None)
        if mark is not None:
            yield char, joined(literal(char), marks[mark]) if marks[mark] else ""
        elif known := next((tail for tail in tails if tail in states), ""):
            yield char, joined(literal(char), states[known])
