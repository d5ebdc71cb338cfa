"""The recorded runs of small models, the homes in which they were made, and how each home stood before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

SHARED = Path(__file__).parents[2] / "shared" / "data"
RECORDED = SHARED / "replay"

State = dict[str, Any]
"""`state`, where it matters, and attributes beside it."""


@dataclass(frozen=True)
class Run:
    """One utterance as one model once answered it."""

    task: str
    model: str
    home: str
    utterance: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...]
    touched: frozenset[str] | None
    """What the calls changed; None where the record does not say so of every call."""
    expected: Mapping[str, State]
    unexpected: Mapping[str, Any]
    response: str = ""
    """What the model said, after its calls or instead of any."""

    @property
    def goal(self) -> str:
        """What is expected, as one text."""
        return json.dumps([self.home, self.expected], sort_keys=True)

    @property
    def passed(self) -> bool:
        """Whether everything was as expected afterwards."""
        return not self.unexpected


@dataclass(frozen=True)
class Recordings:
    """What is recorded: the runs asked for, all runs that tell how a home stood before, and the tasks."""

    runs: Sequence[Run]
    known: Sequence[Run]
    impossible: frozenset[str]
    tasks: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def _alike(self) -> Mapping[str, Sequence[Run]]:
        """All known runs by task, and by home and expectation: such tasks begin alike."""
        found: dict[str, list[Run]] = {}
        for run in self.known:
            for key in (run.task, run.goal):
                found.setdefault(key, []).append(run)
        return found

    def context_device(self, run: Run) -> str | None:
        """Return the device at which it was said, where the task tells."""
        return self.tasks.get((run.home, run.utterance), {}).get("context_device")

    def ignored(self, run: Run) -> Mapping[str, Iterable[str]]:
        """Return the attributes that may change beside what is expected, where the task tells."""
        return self.tasks.get((run.home, run.utterance), {}).get("ignore_changes") or {}

    def before(self, run: Run) -> Mapping[str, State]:
        """Return how the things that the task is about stood before, as far as that can be told."""
        told = self.tasks.get((run.home, run.utterance), {}).get("setup")
        setup = {name: _flat(state) for name, state in (told or {}).items()}
        for entity_id, expected in run.expected.items():
            inferred = self._inferred(run, entity_id, expected)
            setup[entity_id] = {**setup.get(entity_id, {}), **inferred} if told is None else setup.get(entity_id, {})
        return setup

    def _inferred(self, run: Run, entity_id: str, expected: State) -> State:
        """Tell how a thing stood from runs that left it alone; else it stood the other way."""
        for other in (*self._alike.get(run.task, ()), *self._alike.get(run.goal, ())):
            if other.touched is not None and entity_id not in other.touched:
                return {**expected, **other.unexpected.get(entity_id, {}).get("got", {})}
        return {**_OPPOSITE.get(str(expected.get("state")), {})}


_OPPOSITE: Mapping[str, State] = {
    "on": {"state": "off"},
    "off": {"state": "on"},
    "open": {"state": "closed", "current_position": 0},
    "closed": {"state": "open", "current_position": 100},
    "locked": {"state": "unlocked"},
    "unlocked": {"state": "locked"},
    "playing": {"state": "paused"},
    "paused": {"state": "playing"},
    "cleaning": {"state": "docked"},
    "returning": {"state": "cleaning"},
}


def load(files: Sequence[Path]) -> Recordings:
    """Read the runs of these files, or of all that are recorded."""
    shared = sorted(RECORDED.glob("*.jsonl"))
    if not shared and not files:
        raise SystemExit(f"There are no recorded runs in {RECORDED}; name files of them: script/bench replay FILE...")
    runs = _runs(files or shared)
    known = [*runs, *_runs(path for path in shared if path not in files)] if files else runs
    never = RECORDED / "never_passed.json"
    impossible = frozenset(json.loads(never.read_text())) if never.exists() else frozenset()
    return Recordings(runs, known, impossible, _tasks())


def _runs(files: Iterable[Path]) -> list[Run]:
    return [_run(json.loads(line)) for path in files for line in path.read_text().splitlines() if line.strip()]


def _run(row: Mapping[str, Any]) -> Run:
    made = row["calls"] or ()
    calls = tuple((call["tool"], args if isinstance(args := call.get("args"), dict) else {}) for call in made)
    results = [call.get("result") for call in made]
    unexpected = row["unexpected"] or {}
    touched = frozenset(name for result in results if result for name in _reached(str(result)))
    return Run(
        task=row["id"].rpartition("-")[0],
        model=row["model"],
        home=row["home"],
        utterance=row["utterance"],
        calls=calls,
        touched=touched if all(results) else None,
        expected={name: _flat(state) for name, state in (row["expect_changes"] or {}).items()},
        unexpected=unexpected if isinstance(unexpected, dict) else {"": {"got": unexpected}},
        response=row.get("response") or "",
    )


def _reached(result: str) -> Iterable[str]:
    """Yield what a recorded result says was changed: ids of entities in the list of successes."""
    done = result.partition("'success': [")[2].partition("'failed'")[0]
    return [part.partition("'")[0] for part in done.split("'id': '")[1:]]


def _flat(state: Mapping[str, Any]) -> State:
    """Return a state with its attributes beside it."""
    plain = {} if state.get("state") is None else {"state": _word(state["state"])}
    return {**plain, **(state.get("attributes") or {})}


def _word(state: Any) -> str:
    return {True: "on", False: "off"}[state] if isinstance(state, bool) else str(state)


def _tasks() -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return what is known of the tasks, by home and sentence; the recordings name a home and a part of a category."""
    found = {}
    for path in sorted((SHARED / "tasks").glob("*.yaml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for sentence in test["sentences"]:
                found[path.stem.partition("_")[0].replace("-", "_"), sentence] = test
    return found


def home_file(home: str) -> Path:
    """Return the file of a recorded run's home: `home1_us_cover` is the home home1-us."""
    name = "-".join(home.split("_")[:2])
    path = SHARED / "homes" / f"{name}.yaml"
    if not path.exists():
        raise SystemExit(f"The home {name} is not in {path.parent}")
    return path


def snapshot(path: Path) -> HomeSnapshot:
    """Return a home as the resolver knows it."""
    home = yaml.safe_load(path.read_text())
    floors = sorted({area["floor"] for area in home["areas"] if area.get("floor")})
    return HomeSnapshot(
        floors=tuple(Floor(floor.lower().replace(" ", "_"), floor) for floor in floors),
        areas=tuple(
            Area(area["id"], area["name"], floor_id=(area.get("floor") or "").lower().replace(" ", "_") or None)
            for area in home["areas"]
        ),
        entities=tuple(map(_entity, home["entities"])),
        device_areas={device["id"]: device["area"] for device in home["devices"] if device.get("area")},
    )


def _entity(entry: Mapping[str, Any]) -> Entity:
    device_class = str((entry.get("attributes") or {}).get("device_class") or "").rpartition(".")[2].lower()
    return Entity(
        entry["id"],
        entry.get("name") or entry["id"],
        area_id=entry.get("area"),
        device_class=device_class or None,
        state=_word(entry.get("state", "unknown")),
    )
