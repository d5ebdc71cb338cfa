"""What the household's documents answer of the sentences by another hand (tests/knowledge/household/held_out.yaml).

script/bench knowledge-held-out [--second] [--missed] [--across]

They were written and committed before anybody measured them, and once they were, the gate was developed by them. What
is shipped was learned of a part of them: `--across` judges each sentence of both hands by a gate that was learned
without all that is about its document. `--second` takes held_out_2.yaml instead, by which nothing was developed.
`--missed` also tells what was missed.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence

import numpy as np

from tests.knowledge.household_questions import Part, Said, alike, all_said, held_out, held_out_2
from tests.knowledge.household_search import HouseholdSearch, household_search
from wyoming_servers.conversation.knowledge.gate import PRECISION, Example, calibrate, learned, tried, uncalibrated
from wyoming_servers.conversation.knowledge.starter import starter
from wyoming_servers.conversation.knowledge.threshold import choose

from .knowledge_prior import learn, rows_of
from .knowledge_quality import DEPTHS, Judged, best_recall, judged, place_of, points, precision_recall

LANGUAGES = ("", "en", "zh")
FOLDS = 5
LIKE = 0.4
"""From how much likeness a sentence of the second set counts as one that was there before."""


def _in(language: str, sentences: Sequence[Said]) -> list[Said]:
    return [each for each in sentences if language in {"", each.language}]


def _print_found(search: HouseholdSearch, sentences: Sequence[Said]) -> None:
    print(f"{'by words alone':<44}{'number':>7}" + "".join(f"{f'recall@{depth}':>10}" for depth in DEPTHS))
    for language in LANGUAGES:
        places = [place_of(search, each) for each in _in(language, sentences) if each.is_answered]
        shares = "".join(f"{sum(place < depth for place in places) / len(places):>10.3f}" for depth in DEPTHS)
        print(f"{language or 'both':<44}{len(places):>7}{shares}")


def _print_gate(name: str, told: Sequence[Judged]) -> None:
    columns = ("answers", "precision", "recall", "in three", f"R at P {PRECISION}")
    print(f"\n{name:<44}{'number':>7}" + "".join(f"{column:>11}" for column in columns))
    for language in LANGUAGES:
        these = [each for each in told if language in {"", each.said.language}]
        shares = (*precision_recall(these), best_recall(points(these), PRECISION))
        figures = "".join(f"{share:>11.3f}" for share in shares)
        print(f"{language or 'both':<44}{len(these):>7}{sum(each.confident for each in these):>11}{figures}")
    for kind in dict.fromkeys(each.said.kind for each in told):
        counts = [f"{language} {_answered(told, kind, language)}" for language in LANGUAGES[1:]]
        print(f"  {kind:<14} answered: {', '.join(counts)}")


def _answered(told: Sequence[Judged], kind: str, language: str) -> str:
    these = [each for each in told if (each.said.kind, each.said.language) == (kind, language)]
    return f"{sum(each.confident for each in these)} of {len(these)}"


def _new(told: Sequence[Judged]) -> list[Judged]:
    """Return what is like no sentence that the gate was developed with, though nobody looked at those."""
    home = (Said(text, Part.CALIBRATION, "starter") for text in (*starter().said, *starter().near))
    before = [*all_said(), *held_out(), *home]
    return [each for each in told if max(alike(each.said, other) for other in before) < LIKE]


def _print_missed(search: HouseholdSearch, told: Sequence[Judged]) -> None:
    print("\nnot as it should be, calibrated on the documents alone:")
    for each in told:
        place = place_of(search, each.said) if each.said.is_answered else 0
        if each.confident != each.said.is_answered or place >= DEPTHS[1]:
            print(f"  {each.said.kind:<10}{each.probability:>6.2f}{place + 1:>4}  {each.said.text}")


def _fold(said: Said) -> int:
    key = said.document or said.text
    return hashlib.sha256(f"across/{key}".encode()).digest()[0] % FOLDS


def _print_across(search: HouseholdSearch) -> None:
    hands = {"by those who built it": all_said(), "by another hand": held_out()}
    said = [each for sentences in hands.values() for each in sentences]
    rows, folds = rows_of(search, said), np.asarray([_fold(each) for each in said])
    trials, made = tried(search, search.passages)
    told = dict[Said, Judged]()
    for fold in range(FOLDS):
        others = np.flatnonzero(folds != fold)
        weights, made_points = learned(trials, made, learn(trials, made, [said[each] for each in others], rows[others]))
        point, _ = choose(made_points, PRECISION)
        assert point is not None
        for each in np.flatnonzero(folds == fold):
            probability = float(weights.probabilities(rows[each : each + 1])[0])
            told[said[each]] = Judged(said[each], probability, probability >= point.threshold, is_found=False)
    print(
        f"\n{'each by a gate that knows nothing of it':<44}{'precision':>10}{'recall':>10}{'R at P 0.9':>12}{'0.8':>8}"
    )
    for name, sentences in hands.items():
        these = [told[each] for each in sentences]
        best = [best_recall(points(these), precision) for precision in (PRECISION, 0.8)]
        precision, recall, _ = precision_recall(these)
        print(f"{name:<44}{precision:>10.3f}{recall:>10.3f}{best[0]:>12.3f}{best[1]:>8.3f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--second", action="store_true", help="take the sentences by which nothing was developed")
    parser.add_argument("--missed", action="store_true", help="also tell what was missed")
    parser.add_argument("--across", action="store_true", help="also judge each sentence without what is like it")
    arguments = parser.parse_args()
    said = held_out_2() if arguments.second else held_out()
    own = [Example(each.text, each.is_answered) for each in all_said() if each.part is Part.CALIBRATION]
    with household_search() as search:
        _print_found(search, said)
        fresh = judged(calibrate(search, search.passages), search, said)
        _print_gate("calibrated on the documents alone", fresh)
        taught = calibrate(search, search.passages, own)
        _print_gate("and on the part for calibration as its own", judged(taught, search, said))
        _print_gate("before any calibration", judged(uncalibrated(), search, said))
        if arguments.second:
            _print_gate("those like no sentence that was there before", _new(fresh))
        if arguments.across:
            _print_across(search)
        if arguments.missed:
            _print_missed(search, fresh)


if __name__ == "__main__":
    main()
