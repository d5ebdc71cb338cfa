"""The notation of command templates: `[optional]`, `(one|another)`, and `{slot}`, which is kept as it is.

Kept apart from hassil's, which has the same look: a template's alternatives carry a share of its weight
here, so that what people say often is also what the language model expects often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = re.compile(r"[\[\]()|]|[^\[\]()|]+")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to say a template, and its share of the template's weight. The shares add up to 1."""

    text: str
    share: float


def variants(template: str) -> list[Variant]:
    """Return all ways to say a template, each once.

    Raises ValueError if a bracket is missing.
    """
    marks = iter(_MARK.findall(template))
    shares: dict[str, float] = {}
    for text, share in _alternatives(marks, closing=""):
        words = " ".join(text.split())
        shares[words] = shares.get(words, 0.0) + share
    return [Variant(text, share) for text, share in shares.items()]


def _alternatives(marks: Iterator[str], closing: str) -> list[tuple[str, float]]:
    """Read up to the closing bracket; the alternatives in between are equally likely."""
    branches = [[("", 1.0)]]
    for mark in marks:
        if mark == closing:
            break
        if mark == "|":
            branches.append([("", 1.0)])
        else:
            branches[-1] = _product(branches[-1], _part(mark, marks))
    else:
        if closing:
            raise ValueError(f"A template lacks a {closing!r}.")
    return [(text, share / len(branches)) for branch in branches for text, share in branch]


def _part(mark: str, marks: Iterator[str]) -> list[tuple[str, float]]:
    if mark == "[":
        inner = _alternatives(marks, "]")
        return [("", 0.5), *((text, share / 2) for text, share in inner)]
    if mark == "(":
        return _alternatives(marks, ")")
    if mark in {"]", ")"}:
        raise ValueError(f"A template has a {mark!r} too many.")
    return [(mark, 1.0)]


def _product(left: list[tuple[str, float]], right: list[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(text + more, share * part) for text, share in left for more, part in right]
