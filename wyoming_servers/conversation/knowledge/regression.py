"""Logistic regression around what was known before: weights that are drawn to earlier ones. Pure logic.

Fitted by Newton's method, which is iteratively reweighted least squares (Hastie, Tibshirani and Friedman, The
Elements of Statistical Learning, 4.4.1), with a penalty on the squared distance to them (a Gaussian prior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 60
CONVERGED = 1e-8
OFFSET_PENALTY = 0.01
"""Keeps the offset finite where all examples are of one kind."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted regression. Features are shifted and scaled before they are weighted."""

    offset: float
    weights: Floats
    shift: Floats
    scale: Floats

    def probabilities(self, rows: Floats) -> Floats:
        """Return the probability for each row of features."""
        return _logistic(self.offset + (rows - self.shift) / self.scale @ self.weights)


def fit(rows: Floats, wanted: Floats, counts: Floats, before: Weights, penalty: float) -> Weights:
    """Return the weights that fit examples best, drawn to those before.

    Args:
        rows: features of each example, shape (examples, features); finite.
        wanted: 1 or 0 for each.
        counts: how much each counts, 0 or more.
        before: weights to be drawn to; their shift and scale are kept.
        penalty: of the squared distance to them, halved; more than 0.
    """
    known = np.column_stack([np.ones(len(rows)), (rows - before.shift) / before.scale])
    start = np.concatenate([[before.offset], before.weights])
    penalties = np.full(len(start), penalty)
    penalties[0] = min(OFFSET_PENALTY, penalty)
    found = start.copy()
    for _ in range(STEPS):
        step = _step(known, wanted, counts, found, start, penalties)
        found -= step
        if np.abs(step).max() < CONVERGED:
            break
    return Weights(float(found[0]), found[1:], before.shift, before.scale)


def _step(known: Floats, wanted: Floats, counts: Floats, found: Floats, start: Floats, penalties: Floats) -> Floats:
    """Return Newton's step, halved until it makes the loss no larger."""
    expected = _logistic(known @ found)
    slope = known.T @ (counts * (expected - wanted)) + penalties * (found - start)
    bend = (known.T * (counts * expected * (1 - expected))) @ known + np.diag(penalties)
    step: Floats = np.linalg.solve(bend, slope).astype(np.float64)
    loss = _loss(known, wanted, counts, found, start, penalties)
    while (
        _loss(known, wanted, counts, found - step, start, penalties) > loss + CONVERGED
        and np.abs(step).max() > CONVERGED
    ):
        step = step / 2
    return step


def _loss(known: Floats, wanted: Floats, counts: Floats, found: Floats, start: Floats, penalties: Floats) -> float:
    scores = known @ found
    losses = np.logaddexp(0.0, scores) - wanted * scores
    return float(counts @ losses + penalties @ (found - start) ** 2 / 2)


def _logistic(scores: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -scores))
