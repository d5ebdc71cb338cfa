"""Whether what was found has the kind of answer that is asked for, beside what is asked about. Pure logic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answer_types import AnswerType, asked_for, is_there
from .document import Found
from .manner import manner
from .weighing import Asked, window_texts, words_around, words_in_text

FIRST = 3
"""So many of the best passages are looked at: those that are quoted."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of what is said two sentences have that also have what is asked for; all from 0 to 1.

    `figure` is about prices, hours, names and the like, of which one sees whether they are there; `way` about places,
    reasons and what to do, of which nearly any text has something. Where neither is asked for all are 0.
    """

    figure_found: float = 0.0
    figure_missed: float = 0.0
    """By how much that is less than any two sentences have."""
    figure_absent: float = 0.0
    """Whether none has it."""
    way_found: float = 0.0
    way_missed: float = 0.0


def fit_of(question: str, asked: Asked, found: Sequence[Found]) -> Fit:
    """Return how what was found, best first, fits what is asked for."""
    kind = asked_for(question)
    if kind is None or not manner(question).asks:
        return Fit()
    parts = [each for one in found[:FIRST] for each in _parts(kind, asked, one)]
    most = max((part for part, _ in parts), default=0.0)
    fitting = max((part for part, fits in parts if fits), default=0.0)
    if kind.is_figure:
        return Fit(fitting, most - fitting, float(not any(fits for _, fits in parts)))
    return Fit(way_found=fitting, way_missed=most - fitting)


def _parts(kind: AnswerType, asked: Asked, found: Found) -> list[tuple[float, bool]]:
    """Return of every two sentences the part of what is said that they have, and whether what is asked for is there."""
    around = words_around(found)
    return [(asked.part_in(words_in_text(text) | around), is_there(kind, text)) for text in window_texts(found)]
