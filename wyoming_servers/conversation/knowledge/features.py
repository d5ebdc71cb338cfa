"""What tells whether the passages that were found answer a question: numbers, most of them from 0 to 1. Pure logic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields

import numpy as np
import numpy.typing as npt

from .asked import Term, known_terms, rarity, terms
from .document import Found, Passage
from .fitting import Fit, fit_of
from .manner import manner
from .weighing import Asked, heading_words, title_words, windows, words_in

LOOKED_AT = 5
"""So many of the best passages are looked at."""
SEARCHED = 20
"""Of so many the titles are looked at; fewer make a gate less sure what a question is about."""
MOST_UNKNOWN = 3
MOST_WEIGHT = 4.0
"""More terms than so many, weighted by rarity, make no difference."""
LIGHT = 0.4
"""What a word that goes with anything counts beside another as rare."""
STRONG = 10.0
"""BM25 for each term, weighted by rarity, that is hardly ever more."""
AGREED = 3
"""The best by words is agreed upon if it is among so many of the best by meaning."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A question, and what a search found for it."""

    question: str
    found: tuple[Found, ...]
    """Best first."""
    frequency: Mapping[str, int]
    """Of `asked.index_words`: in how many passages each is; 0 may be left out."""
    passages: int
    """That there are."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is seen in the passages. "The best" is the one of the first few that has most of what the question says."""

    covered: float = 0.0
    """How much of what is said the best has, in terms weighted by rarity, with title and headings."""
    asked_covered: float = 0.0
    """The same where something is asked; what commands and remarks have in common with a manual shows nothing."""
    missed: float = 0.0
    """How much of it the best lacks."""
    unknown: float = 0.0
    """How many terms no passage has."""
    rarest: float = 0.0
    """Rarity of the rarest term that the best has."""
    in_sentences: float = 0.0
    """The part of what is said that two sentences beside each other have, with title and headings."""
    in_heading: float = 0.0
    """The part of what is said that is in headings, or in the question that the passage answers."""
    otherwise: float = 0.0
    """For a passage that answers a question: the part of that question that was not said."""
    strength: float = 0.0
    """BM25 of the best by words, beside how much is said."""
    margin: float = 0.0
    """The part by which BM25 is less in the next document."""
    stands_out: float = 0.0
    """The part by which BM25 is less in the next passage."""
    code_found: float = 0.0
    code_missed: float = 0.0
    """Whether a code is named, and whether the best has it."""
    other_title: float = 0.0
    """Whether something is named by the title of another document that was found, and not in the best."""
    cosine: float = 0.0
    """The highest; 0 without an embedder."""
    cosine_margin: float = 0.0
    """By how much the highest is more than the mean of what was found; 0 without an embedder."""
    agreement: float = 0.0
    """Whether the best by words is among the best by meaning; 0 without an embedder."""


SIGNS = (
    "is_open",
    "asks_whether",
    "asks_state",
    "is_command",
    "is_remark",
    "is_moment",
    "is_past",
    "is_address",
    "is_about_others",
    "is_feeling",
    "is_general",
    "is_broken",
)
"""Of `manner.Manner`."""
NAMES = (*(each.name for each in fields(Evidence)), *(each.name for each in fields(Fit)), *SIGNS)
"""Of the features, in their order."""

Row = npt.NDArray[np.float64]


def row_of(retrieved: Retrieved) -> Row:
    """Return the features, in the order of `NAMES`."""
    said = asdict(manner(retrieved.question))
    fit = fit_of(retrieved.question, Asked(tuple(_weighted(retrieved))), retrieved.found)
    signs = (said[sign] for sign in SIGNS)
    return np.asarray([*astuple(evidence(retrieved)), *astuple(fit), *signs], dtype=np.float64)


def evidence(retrieved: Retrieved) -> Evidence:
    """Return what is seen in the passages that were found."""
    found = retrieved.found[:LOOKED_AT]
    asked = Asked(tuple(_weighted(retrieved)))
    if not found or not asked.total:
        return Evidence()
    best = max(found, key=lambda each: asked.part_in(words_in(each)))
    words = words_in(best)
    part = asked.part_in(words)
    covered = _share(asked.total * part, MOST_WEIGHT)
    codes = [term for term, _ in asked.weights if term.is_code]
    margin, stands_out = _margins(found)
    return Evidence(
        covered=covered,
        asked_covered=covered if manner(retrieved.question).asks else 0.0,
        missed=_share(asked.total * (1 - part), MOST_WEIGHT),
        unknown=_share(_unknown(asked, retrieved.frequency), MOST_UNKNOWN),
        rarest=asked.rarest_in(words),
        in_sentences=max((asked.part_in(window) for window in windows(best)), default=0.0),
        in_heading=asked.part_in(heading_words(best.passage)),
        otherwise=_otherwise(asked, best.passage),
        strength=_share(max((each.bm25 or 0.0 for each in found), default=0.0), asked.total * STRONG),
        margin=margin,
        stands_out=stands_out,
        code_found=float(any(term.word in words for term in codes)),
        code_missed=float(any(term.word not in words for term in codes)),
        other_title=_other_title(asked, retrieved.found[:SEARCHED], best),
        **_of_meaning(found),
    )


def _share(amount: float, most: float) -> float:
    return min(amount, most) / most


def _weighted(retrieved: Retrieved) -> Iterator[tuple[Term, float]]:
    frequency, passages = retrieved.frequency, max(retrieved.passages, 1)
    for term in known_terms(retrieved.question, frequency):
        own = frequency.get(term.word) or max((frequency.get(word, 0) for word in term.related), default=0)
        yield term, rarity(own, passages) * (LIGHT if term.is_light else 1.0)


def _unknown(asked: Asked, frequency: Mapping[str, int]) -> float:
    heavy = (term for term, _ in asked.weights if not term.is_light)
    return sum(not any(frequency.get(word) for word in (term.word, *term.related)) for term in heavy)


def _otherwise(asked: Asked, passage: Passage) -> float:
    theirs = terms(passage.question)
    mine = {word for term, _ in asked.weights for word in (term.word, *term.related)}
    return 1 - sum(term.covered_by(mine) for term in theirs) / len(theirs) if theirs else 0.0


def _margins(found: Sequence[Found]) -> tuple[float, float]:
    """Return by which part of it BM25 is less in the next document, and in the next passage."""
    ranked = sorted(found, key=lambda each: -(each.bm25 or 0.0))
    first, best = ranked[0].document.document_id, ranked[0].bm25
    if not best:
        return 0.0, 0.0
    elsewhere = (each.bm25 or 0.0 for each in ranked if each.document.document_id != first)
    return 1 - max(elsewhere, default=0.0) / best, 1 - (ranked[1].bm25 or 0.0 if ranked[1:] else 0.0) / best


def _other_title(asked: Asked, found: Sequence[Found], best: Found) -> float:
    mine = words_in(best)
    missing = [term for term, _ in asked.weights if not term.covered_by(mine)]
    titles = [title_words(each.document) for each in found]
    return float(any(term.word in title for term in missing for title in titles))


def _of_meaning(found: Sequence[Found]) -> dict[str, float]:
    cosines = {each.passage_id: each.cosine for each in found if each.cosine is not None}
    if not cosines:
        return {}
    near = sorted(cosines, key=lambda each: -cosines[each])[:AGREED]
    by_words = max(found, key=lambda each: each.bm25 or 0.0)
    highest = max(cosines.values())
    return {
        "cosine": highest,
        "cosine_margin": highest - sum(cosines.values()) / len(cosines),
        "agreement": float(bool(by_words.bm25) and by_words.passage_id in near),
    }
