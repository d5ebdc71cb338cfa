"""Replays what small models once answered: their calls, through the resolver, into a real Home Assistant.

script/bench replay [FILE...]     files of recorded runs; without, those of ../shared/data/replay
script/bench replay --spoil       the calls that passed, spoilt in many ways

A run passes when every device is afterwards as the task expects, and all others are as before. Asking a question
counts as doing nothing. Runs in which the model made no call stay as they were; how many of them have a call in their
text, and whom it would reach, is told beside.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.program import ROOT
from wyoming_servers.conversation.calls.call import Call, Question
from wyoming_servers.conversation.calls.resolver import resolve
from wyoming_servers.home.model import HomeSnapshot

from .replay_data import Recordings, Run, home_file, load, snapshot
from .replay_house import House, house
from .replay_spoilt import SpoiltRun, spoil
from .replay_text import report as report_text
from .replay_text import situation_of

GOAL = 0.40
"""Of the runs that failed with a call, without the impossible tasks, at least so many pass."""


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    run: Run
    as_recorded: bool
    """Whether the calls as the model made them pass here."""
    passes: bool
    """Whether the calls as they are resolved pass here."""
    resolved: Sequence[Call | Question] = ()
    harms: bool = False
    """Whether the resolved calls change something wrongly that the calls as they were made leave alone."""


@dataclass
class Replay:
    """The recordings in one Home Assistant, each different run once."""

    recordings: Recordings
    house: House
    _answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def outcomes(self) -> list[Outcome]:
        """Run everything, home by home."""
        runs = sorted(self.recordings.runs, key=lambda run: (home_file(run.home), run.home))
        return [
            outcome
            for path, group in groupby(runs, key=lambda run: home_file(run.home))
            for outcome in self._in_home(path, list(group))
        ]

    def _in_home(self, path: Path, runs: Sequence[Run]) -> Iterable[Outcome]:
        self.house.load(path)
        self._answers.clear()
        home = snapshot(path)
        # What a run that passed leaves different is not looked at, where the task's own list of it is not at hand.
        unseen: dict[str, set[tuple[str, str]]] = {}
        for run in self.recordings.known:
            if run.passed and run.calls and home_file(run.home) == path:
                unseen.setdefault(run.goal, set()).update(self._differences(run, _made(run)))
        for run in runs:
            yield self._outcome(run, home, unseen.get(run.goal, set()))

    def _outcome(self, run: Run, home: HomeSnapshot, unseen: set[tuple[str, str]]) -> Outcome:
        if not run.calls:
            return Outcome(run, run.passed, run.passed)
        situation = situation_of(self.recordings, run, home)
        resolved = [resolve(call, situation) for call in _made(run)]
        before, after = (self._differences(run, calls) - unseen for calls in (_made(run), _until_asked(resolved)))
        return Outcome(run, not before, not after, resolved, bool(after - before - self._differences(run, ())))

    def _differences(self, run: Run, calls: Sequence[Call]) -> set[tuple[str, str]]:
        """Return what of the home is not as it is expected after these calls, as pairs of entity and attribute."""
        before = self.recordings.before(run)
        device = self.recordings.context_device(run)
        key = json.dumps([before, device, [(call.tool, dict(call.args)) for call in calls]], sort_keys=True)
        if key not in self._answers:
            self._answers[key] = self.house.run(before, device, calls)
        return set(_differences(run, self._answers[key], self.recordings.ignored(run)))


def _made(run: Run) -> list[Call]:
    return [Call(tool, args) for tool, args in run.calls]


def _until_asked(resolved: Sequence[Call | Question]) -> list[Call]:
    """Return what is executed before the first question."""
    calls: list[Call] = []
    for each in resolved:
        if isinstance(each, Question):
            break
        calls.append(each)
    return calls


def _differences(
    run: Run, answer: Mapping[str, Any], ignored: Mapping[str, Iterable[str]]
) -> Iterable[tuple[str, str]]:
    """Yield what differs: what is expected, and what should not have changed.

    Attributes that come and go with the state of a thing that is expected to change are part of that state.
    """
    if not run.expected:
        return
    for entity_id, before in answer["before"].items():
        after, expected = answer["after"][entity_id], run.expected.get(entity_id, {})
        for name in {*before, *after, *expected} - {*ignored.get(entity_id, ())}:
            wanted, got = expected.get(name, before.get(name)), after.get(name)
            follows = entity_id in run.expected and name not in expected and (wanted is None or got is None)
            if str(wanted) != str(got) and not follows:
                yield entity_id, name


def _report(outcomes: Sequence[Outcome], impossible: frozenset[str]) -> bool:
    """Print the table; return whether the goals are met."""
    print(f"{'model':<22}{'runs':>6}{'passed before':>15}{'passed after':>14}{'broken':>8}{'repaired':>16}")
    by_model = groupby(sorted(outcomes, key=lambda outcome: outcome.run.model), key=lambda outcome: outcome.run.model)
    for model, group in by_model:
        _line(model, list(group), impossible)
    broken, share = _line("together", outcomes, impossible)
    agree = sum(outcome.as_recorded == outcome.run.passed for outcome in outcomes)
    print(f"\nThe calls as they were made, here: {agree} of {len(outcomes)} runs pass or fail as recorded.")
    print(f"Goals: broken 0, repaired at least {GOAL:.0%}. Repaired counts runs that failed with a call, without the")
    print(f"{len(impossible)} tasks that no model ever passed.")
    return broken == 0 and share >= GOAL


def _line(model: str, outcomes: Sequence[Outcome], impossible: frozenset[str]) -> tuple[int, float]:
    before = sum(outcome.run.passed for outcome in outcomes)
    after = sum(outcome.passes for outcome in outcomes)
    broken = sum(outcome.run.passed and not outcome.passes for outcome in outcomes)
    failed = [each for each in outcomes if not each.run.passed and each.run.calls and each.run.task not in impossible]
    repaired = sum(outcome.passes for outcome in failed)
    share = repaired / len(failed) if failed else 1.0
    shown = f"{repaired}/{len(failed)} {share:.0%}"
    print(f"{model:<22}{len(outcomes):>6}{before:>15}{after:>14}{broken:>8}{shown:>16}")
    return broken, share


def _report_spoilt(outcomes: Sequence[Outcome]) -> bool:
    """Print how many spoilt runs pass again; return whether none of them does harm."""
    print(f"{'spoilt by':<32}{'runs':>6}{'pass unresolved':>17}{'pass resolved':>15}{'asked':>7}{'harmful':>9}")
    ways: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        assert isinstance(outcome.run, SpoiltRun)
        ways.setdefault(outcome.run.way, []).append(outcome)
    for way, group in [*ways.items(), ("together", outcomes)]:
        asked = sum(any(isinstance(each, Question) for each in outcome.resolved) for outcome in group)
        before, after = sum(each.as_recorded for each in group), sum(each.passes for each in group)
        harmful = sum(outcome.harms for outcome in group)
        print(f"{way:<32}{len(group):>6}{before:>17}{after:>15}{asked:>7}{harmful:>9}")
    return not any(outcome.harms for outcome in outcomes)


def _print_runs(outcomes: Sequence[Outcome]) -> None:
    """Print the runs that are broken or still fail, and what became of their calls."""
    lines: Counter[str] = Counter()
    for outcome in outcomes:
        run = outcome.run
        if run.calls and (not outcome.passes or outcome.as_recorded != run.passed):
            made = "; ".join(f"{call.intent} {json.dumps(dict(call.args))}" for call in _made(run))
            resolved = "; ".join(map(_shown, outcome.resolved))
            sort = "OTHERWISE HERE" if outcome.as_recorded != run.passed else "BROKEN" if run.passed else "failed"
            lines[f"{sort}  {run.home}: {run.utterance}\n           {made}\n        -> {resolved}"] += 1
    for line, count in sorted(lines.items()):
        print(f"{count:4} {line}")


def _shown(resolved: Call | Question) -> str:
    if isinstance(resolved, Question):
        return f"{resolved.key}: {', '.join(entity.name for entity in resolved.candidates)}?"
    return f"{resolved.intent} {json.dumps(dict(resolved.args))}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench replay", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="recorded runs, a JSON object per line")
    parser.add_argument("--runs", action="store_true", help="also print the runs that do not pass")
    parser.add_argument("--spoil", action="store_true", help="spoil the calls that passed, and see how many pass again")
    arguments = parser.parse_args()
    recordings = load([path.resolve() for path in arguments.files])
    if arguments.spoil:
        recordings = spoil(recordings)
    log = ROOT / "test-output" / "replay.log"
    with tempfile.TemporaryDirectory() as folder, house(Path(folder) / "config", log) as instance:
        outcomes = Replay(recordings, instance).outcomes()
    if arguments.runs:
        _print_runs(outcomes)
    if not arguments.spoil:
        report_text(recordings)
    if not (_report_spoilt(outcomes) if arguments.spoil else _report(outcomes, recordings.impossible)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
