"""From which probability on documents answer, for a stated precision; and what that costs in answers. Pure logic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CERTAINTY = 0.8416
"""Standard deviations, so that the true precision is as high with four chances of five."""
NEVER = 1.0
"""A threshold that no probability is above: a logistic function has no 1."""
POINTS = 60
"""Most points of a curve that are kept."""


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of a threshold."""

    threshold: float
    """Documents answer what is at least as probable."""
    precision: float
    """Part of the answers that were asked for."""
    at_least: float
    """Lower confidence bound of the precision."""
    recall: float
    """Part of what should be answered that is."""
    coverage: float
    """Part of all sentences that is answered."""


def curve(probabilities: Floats, wanted: Floats, counts: Floats) -> list[Point]:
    """Return what comes of every threshold that makes a difference, the highest first.

    `counts` is how much each sentence counts.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, right, every = probabilities[order], (counts * wanted)[order].cumsum(), counts[order].cumsum()
    squares = (counts**2)[order].cumsum()
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.array([], dtype=int)
    return list(
        _points(ranked[ends], right[ends], every[ends], squares[ends], (float(counts @ wanted), float(counts.sum())))
    )


def _points(
    thresholds: Floats, right: Floats, every: Floats, squares: Floats, totals: tuple[float, float]
) -> Iterator[Point]:
    for threshold, answers, answered, square in zip(thresholds, right, every, squares, strict=True):
        if answered > 0:
            precision = float(answers / answered)
            bound = at_least(precision, float(answered**2 / square))
            recall = float(answers / totals[0]) if totals[0] else 0.0
            yield Point(float(threshold), precision, bound, recall, float(answered / totals[1]))


def at_least(part: float, tries: float) -> float:
    """Return the lower end of Wilson's interval (Journal of the American Statistical Association 22, 1927)."""
    square = CERTAINTY**2
    middle = part + square / (2 * tries)
    spread = CERTAINTY * math.sqrt(max(part * (1 - part), 0.0) / tries + square / (4 * tries**2))
    return max(0.0, (middle - spread) / (1 + square / tries))


def choose(points: Sequence[Point], precision: float) -> tuple[Point | None, bool]:
    """Return the point with most answers whose precision is high enough for certain, and True.

    Where none is: the one with the highest bound, and False; None where there is no point with an answer that is right.
    A higher precision never gives a lower threshold.
    """
    reached = [point for point in points if point.at_least >= precision]
    if reached:
        return min(reached, key=lambda point: point.threshold), True
    right = [point for point in points if point.recall > 0]
    return (max(right, key=lambda point: (point.at_least, point.threshold)) if right else None), False


def thinned(points: Sequence[Point], most: int = POINTS) -> list[Point]:
    """Return at most so many points, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(index * (len(points) - 1) / (most - 1))] for index in range(most)]
