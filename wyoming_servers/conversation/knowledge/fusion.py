"""One ranking of several. Pure logic."""

from __future__ import annotations

from collections.abc import Sequence

SMOOTHING = 60
"""As in Cormack, Clarke and Büttcher, Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods
(2009): the first place of one ranking counts little more than its second, and less than two places far up."""


def fuse(rankings: Sequence[Sequence[int]]) -> dict[int, float]:
    """Return what is in any of the rankings, best first, with its score.

    Only places count, so what the rankings measure need not be comparable. What scores the same stays in the order of
    the first ranking that has it.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, each in enumerate(dict.fromkeys(ranking), 1):
            scores[each] = scores.get(each, 0.0) + 1 / (SMOOTHING + place)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
