"""How well a household's documents answer: what is found, what the gate lets through; on tests/knowledge/household.

script/bench knowledge-quality            prints the tables and draws docs/images/knowledge-gate.svg
script/bench knowledge-quality --prior    also writes what every gate begins with (wyoming_servers/.../prior.yaml)

Nothing is chosen by the test part: it is only measured.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.knowledge.household_questions import Part, Said, all_said
from tests.knowledge.household_search import HouseholdSearch, answers, household_search
from wyoming_servers.conversation.knowledge import gate as gates
from wyoming_servers.conversation.knowledge.features import NAMES, row_of
from wyoming_servers.conversation.knowledge.gate import Example, Gate, calibrate
from wyoming_servers.conversation.knowledge.threshold import Point, curve

from . import knowledge_prior

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "knowledge-gate.svg"
DEPTHS = (1, 3, 5)


@dataclass(frozen=True)
class Judged:
    """A sentence, and what the gate said of it."""

    said: Said
    probability: float
    confident: bool
    is_found: bool
    """Whether the passage that answers is among the first three."""


def judged(gate: Gate, search: HouseholdSearch, sentences: Iterable[Said]) -> list[Judged]:
    """Return what the gate says of sentences."""
    found = []
    for said in sentences:
        retrieved = search(said.text)
        verdict = gate.judge(retrieved)
        right = said.is_answered and any(answers(said, each) for each in retrieved.found[:3])
        found.append(Judged(said, verdict.probability, verdict.confident, right))
    return found


def precision_recall(told: Sequence[Judged]) -> tuple[float, float, float]:
    """Return precision and recall of answering, and the part of the answers with the right passage among three."""
    answered = [each for each in told if each.confident]
    right = [each for each in answered if each.said.is_answered]
    wanted = sum(each.said.is_answered for each in told)
    there = sum(each.is_found for each in answered)
    count = max(len(answered), 1)
    return len(right) / count, len(right) / max(wanted, 1), there / count


def points(told: Sequence[Judged]) -> list[Point]:
    """Return precision and recall over all thresholds."""
    wanted = np.asarray([float(each.said.is_answered) for each in told])
    return curve(np.asarray([each.probability for each in told]), wanted, np.ones(len(told)))


def best_recall(told: Sequence[Point], precision: float) -> float:
    """Return the highest recall at no less than a precision."""
    return max((point.recall for point in told if point.precision >= precision), default=0.0)


def _print_recall(search: HouseholdSearch) -> None:
    print(f"{'questions':<28}{'number':>7}" + "".join(f"{f'recall@{depth}':>10}" for depth in DEPTHS))
    asked = [each for each in all_said() if each.is_answered]
    groups = [("all", asked)]
    groups += [(f"{part}, {code}", [each for each in asked if each.part is part and each.language == code])
               for part in Part for code in ("en", "zh")]  # fmt: skip
    for name, group in groups:
        places = [place_of(search, each) for each in group]
        shares = [sum(place < depth for place in places) / len(places) for depth in DEPTHS]
        print(f"{name:<28}{len(group):>7}" + "".join(f"{share:>10.3f}" for share in shares))


def place_of(search: HouseholdSearch, said: Said) -> int:
    """Return at which place, from 0, the passage with the answer is found; a place beyond all if it is not."""
    found = search.search(said.text)
    return next((place for place, each in enumerate(found) if answers(said, each)), len(found) + max(DEPTHS))


def _print_gate(name: str, told: Sequence[Judged]) -> None:
    precision, recall, there = precision_recall(told)
    best = best_recall(points(told), 0.9)
    print(f"{name:<46}{precision:>10.3f}{recall:>8.3f}{there:>10.3f}{best:>12.3f}")


def _print_kinds(told: Sequence[Judged]) -> None:
    print("\nanswered, of the test part:")
    for kind in dict.fromkeys(each.said.kind for each in told):
        these = [each for each in told if each.said.kind == kind]
        print(f"  {kind:<12}{sum(each.confident for each in these):>4} of {len(these)}")


def _without_gate(search: HouseholdSearch, sentences: Sequence[Said]) -> list[Point]:
    """Return the curve of what a search alone offers: its best BM25, beside how much is said."""
    rows = np.asarray([row_of(search(each.text)) for each in sentences])
    wanted = np.asarray([float(each.is_answered) for each in sentences])
    return curve(rows[:, NAMES.index("strength")], wanted, np.ones(len(sentences)))


def _draw(curves: dict[str, Sequence[Point]], chosen: tuple[float, float], aim: float) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - only to draw

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "sotto"
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only to draw

    figure, axes = plt.subplots(figsize=(7, 4.6))
    for name, told in curves.items():
        axes.step([point.recall for point in told], [point.precision for point in told], where="post", label=name)
    axes.axhline(aim, color="grey", linewidth=0.8, linestyle=":")
    axes.plot(
        *chosen, "o", color="black", label=f"chosen for a precision of {aim:g}: {chosen[1]:.2f} at {chosen[0]:.2f}"
    )
    axes.set(xlabel="recall: questions that are answered", ylabel="precision: answers that were asked for",
             xlim=(0, 1.02), ylim=(0.3, 1.02))  # fmt: skip
    axes.legend(loc="lower left", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(IMAGE, metadata={"Date": None})
    print(f"\ndrawn: {IMAGE.relative_to(Path.cwd())}")


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prior", action="store_true", help="learn what every gate begins with, and write it")
    write_prior = parser.parse_args().prior
    with household_search() as search:
        if write_prior:
            said = knowledge_prior.for_calibration()
            trials, rows = gates.tried(search, search.passages)
            knowledge_prior.write(knowledge_prior.learn(trials, rows, said, knowledge_prior.rows_of(search, said)))
            gates.prior.cache_clear()
        _print_recall(search)
        test = [each for each in all_said() if each.part is Part.TEST]
        own = [Example(each.text, each.is_answered) for each in all_said() if each.part is Part.CALIBRATION]
        began = time.perf_counter()
        fresh = calibrate(search, search.passages)
        took_s = time.perf_counter() - began
        told = judged(fresh, search, test)
        print(f"\n{'gate, on the test part':<46}{'precision':>10}{'recall':>8}{'in three':>10}{'R at P 0.9':>12}")
        _print_gate("calibrated on its documents alone", told)
        for language in ("en", "zh"):
            _print_gate(f"  {language}", [each for each in told if each.said.language == language])
        _print_gate(
            "  and on the other 254 sentences as its own", judged(calibrate(search, search.passages, own), search, test)
        )
        _print_gate("  before any calibration", judged(gates.uncalibrated(), search, test))
        bare = _without_gate(search, test)
        print(f"{'  BM25 alone, no gate':<46}{'':>28}{best_recall(bare, 0.9):>12.3f}")
        assert fresh.report is not None
        print(f"\ncalibrated in {took_s:.1f} s: {fresh.report.counts}\nchosen: {fresh.report.chosen}")
        _print_kinds(told)
        precision, recall, _ = precision_recall(told)
        made = {
            "test part, 60 questions and 136 other sentences": points(told),
            "what it was calibrated with, held out": fresh.report.curve,
            "test part, BM25 alone": bare,
        }
        _draw(made, (recall, precision), fresh.report.precision)


if __name__ == "__main__":
    main()
