"""Whether documents answer a question: calibrated on this household's documents, for a stated precision. Pure logic.

A fresh household is calibrated without anybody's help: with questions made of its own documents (`synthesis.py`) and
with what is said in any home (`starter.yaml`), around weights learned from a household with real questions
(`prior.yaml`, written by bench/knowledge_quality.py). What it says itself counts for more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
import yaml

from .asked import rarity
from .calibration import Counts, Report
from .document import Document, Passage
from .features import NAMES, Retrieved, row_of
from .regression import Floats, Weights, fit
from .starter import starter
from .synonyms import folded
from .synthesis import Origin, Trial, made_of
from .threshold import NEVER, Point, choose, curve, thinned
from .weighing import words_in_text

PRECISION = 0.9
"""Aimed at, where nothing else is said."""
SHARES = {Origin.ANSWERED: 1 / 3, Origin.NEAR_MISS: 0.1 * 2 / 3, Origin.STARTER: 0.9 * 2 / 3}
"""What is judged is taken to consist of these: one sentence of three is a question that documents answer, and of the
others one of ten comes near to them, as near as those that are made, which are nearer than most that are said."""
OWN = 5.0
"""What a sentence of the household's own counts beside one that was made."""
MADE = 0.1
"""What a sentence that was made, or is said in any home, counts when weights are learned: they lean on the real ones
that the prior was learned of. All count in full when the threshold is chosen."""
PENALTY = 20.0
"""On weights that differ from the prior ones."""
FOLDS = 5
ANSWERED_ELSEWHERE = 0.85
"""Of a question, so much in two sentences may be an answer."""

_IN_SENTENCES = NAMES.index("in_sentences")

Search = Callable[[str], Retrieved]
"""Finds passages for a sentence, a few more than are looked at."""
Told = Callable[[int, int], None]
"""How many sentences are done, of how many."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of the household, and whether documents should have answered it."""

    text: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a question and what was found for it."""

    probability: float
    """That the passages answer it."""
    confident: bool
    """Whether to answer from them."""


@dataclass(frozen=True)
class Gate:
    """A calibrated gate; the same always says the same."""

    weights: Weights
    threshold: float
    report: Report | None = None
    """None before the first calibration."""
    known: Mapping[str, bool] = field(default_factory=dict)
    """What the household said of sentences, folded: "that wasn't meant for you" settles the same sentence."""

    def judge(self, retrieved: Retrieved) -> Verdict:
        """Return whether what was found answers the question."""
        if not retrieved.found:
            return Verdict(0.0, confident=False)
        probability = float(self.weights.probabilities(row_of(retrieved)[np.newaxis])[0])
        known = self.known.get(said(retrieved.question))
        return Verdict(probability, probability >= self.threshold if known is None else known)


def uncalibrated(precision: float = PRECISION) -> Gate:
    """Return the gate before the first calibration: of what is at least as probable as the precision aimed at."""
    return Gate(prior(), precision)


def restored(report: str, examples: Iterable[Example]) -> Gate:
    """Return the gate of a report that was kept; raises ValueError if that is of another version."""
    kept = Report.from_json(report)
    if tuple(kept.weights) != NAMES:
        raise ValueError("a report with other features")
    return _gate(kept, examples)


def calibrate(
    search: Search,
    documents: Sequence[tuple[Passage, Document]],
    examples: Sequence[Example] = (),
    *,
    precision: float = PRECISION,
    embedder: str = "",
    store_version: int = 0,
    told: Told = lambda _done, _total: None,
) -> Gate:
    """Return a gate for these documents; takes some milliseconds for each of at most 900 sentences that are searched.

    `documents` are all passages, or a good many of them, each with its document; `search` is over all of them. `told`
    is called after each sentence.
    """
    trials, rows = tried(search, documents, examples, told)
    weights, points = learned(trials, rows, prior())
    chosen, reached = choose(points, precision)
    report = Report(
        precision=precision,
        threshold=chosen.threshold if chosen else NEVER,
        reached=reached,
        chosen=chosen,
        curve=tuple(thinned(points)),
        counts=_counts(trials, examples, len(documents)),
        store_version=store_version,
        embedder=embedder,
        offset=weights.offset,
        weights=_table(weights),
    )
    return _gate(report, examples)


def learned(trials: Sequence[Trial], rows: Floats, before: Weights) -> tuple[Weights, list[Point]]:
    """Return the weights that fit what was tried, drawn to those before, and what comes of thresholds on others."""
    wanted = np.asarray([float(trial.wanted) for trial in trials])
    counts = shares_of(trials)
    lighter = counts * [1.0 if trial.origin is Origin.OWN else MADE for trial in trials]
    points = curve(_unseen(rows, wanted, lighter, before), wanted, counts)
    return fit(rows, wanted, lighter, before, PENALTY), points


def said(sentence: str) -> str:
    """Return a sentence as two are compared that are the same but for case and punctuation."""
    return "".join(character for character in folded(sentence) if character.isalnum())


@cache
def prior() -> Weights:
    """Return the weights to begin with, from the file in the package."""
    data = yaml.safe_load(resources.files(__package__).joinpath("prior.yaml").read_text(encoding="utf-8"))
    rows = np.asarray([data["weights"].get(name, (0.0, 0.0, 1.0)) for name in NAMES], dtype=np.float64)
    return Weights(float(data["offset"]), rows[:, 0], rows[:, 1], rows[:, 2])


def tried(
    search: Search,
    documents: Sequence[tuple[Passage, Document]],
    examples: Iterable[Example] = (),
    told: Told = lambda _done, _total: None,
) -> tuple[list[Trial], Floats]:
    """Return the sentences that a gate is calibrated with, and their features.

    Those whose passage is hidden and of which another has nearly everything are left out: who knows whether that is no
    answer.
    """
    trials = _trials(documents, examples)
    made = []
    for done, trial in enumerate(trials, 1):
        made.append(_row(search, trial))
        told(done, len(trials))
    rows = np.asarray(made)
    kept = [
        trial.hidden is None or row[_IN_SENTENCES] < ANSWERED_ELSEWHERE for trial, row in zip(trials, rows, strict=True)
    ]
    return [trial for trial, keep in zip(trials, kept, strict=True) if keep], rows[np.asarray(kept)]


def _trials(documents: Sequence[tuple[Passage, Document]], examples: Iterable[Example]) -> list[Trial]:
    frequency: dict[str, int] = {}
    for passage, _ in documents:
        for word in words_in_text(passage.text):
            frequency[word] = frequency.get(word, 0) + 1
    made = made_of(documents, lambda word: rarity(frequency.get(word, 0), len(documents)))
    said_anywhere = [
        *(Trial(sentence, Origin.STARTER) for sentence in starter().said),
        *(Trial(sentence, Origin.NEAR_MISS) for sentence in starter().near),
    ]
    own = [Trial(example.text, Origin.OWN, example.wanted) for example in examples]
    return [*made, *said_anywhere, *own]


def _row(search: Search, trial: Trial) -> Floats:
    retrieved = search(trial.text)
    seen = tuple(found for found in retrieved.found if trial.sees(found))
    return row_of(Retrieved(retrieved.question, seen, retrieved.frequency, retrieved.passages))


def shares_of(trials: Sequence[Trial]) -> Floats:
    """Return what each counts, so that what was made has its shares; as many are there as together they count."""
    there = Counter(trial.origin for trial in trials)
    made = there.total() - there[Origin.OWN]
    each = {origin: share * made / there[origin] for origin, share in SHARES.items() if there[origin]}
    return np.asarray([each.get(trial.origin, OWN) for trial in trials])


def _unseen(rows: Floats, wanted: Floats, counts: Floats, before: Weights) -> Floats:
    """Return the probability of each by weights that were fitted to the others."""
    probabilities = np.zeros(len(rows))
    folds = np.arange(len(rows)) % FOLDS
    for fold in range(FOLDS):
        others = folds != fold
        weights = fit(rows[others], wanted[others], counts[others], before, PENALTY)
        probabilities[~others] = weights.probabilities(rows[~others])
    return probabilities


def _gate(report: Report, examples: Iterable[Example]) -> Gate:
    """Return the gate of a report: the same, to the last bit, when it is calibrated and when it is restored."""
    columns = np.asarray([report.weights[name] for name in NAMES], dtype=np.float64).T
    return Gate(Weights(report.offset, *map(np.ascontiguousarray, columns)), report.threshold, report, _known(examples))


def _counts(trials: Sequence[Trial], examples: Sequence[Example], passages: int) -> Counts:
    there = Counter(trial.origin for trial in trials)
    return Counts(
        answered=there[Origin.ANSWERED],
        near_misses=there[Origin.NEAR_MISS],
        starter=there[Origin.STARTER],
        own_answered=sum(example.wanted for example in examples),
        own_unanswered=sum(not example.wanted for example in examples),
        passages=passages,
    )


def _table(weights: Weights) -> dict[str, tuple[float, float, float]]:
    columns = (weights.weights, weights.shift, weights.scale)
    return {
        name: (float(weight), float(shift), float(scale))
        for name, weight, shift, scale in zip(NAMES, *columns, strict=True)
    }


def _known(examples: Iterable[Example]) -> Mapping[str, bool]:
    return {said(example.text): example.wanted for example in examples}
