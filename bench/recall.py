"""How many of the entities that a sentence means are among the first 10 or 20 that the prompt would name.

script/bench recall [FOLDER]     data of sentences and recorded runs; without, ../shared/data

FOLDER has `intents/<language>/<intent>/*.yaml`, tests in the format of the intents project, and `replay/*.jsonl`, runs
in the homes of ../shared/data; or one of the two. Each file of intents becomes a home: what it names, what its tests
speak of, and 30 to 90 other things.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pypinyin import lazy_pinyin

from wyoming_servers.conversation.prompt.relevance import Index, relevant
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

from . import replay_data
from .recall_distractors import DISTRACTORS, UNTOLD, Things

DEPTHS = (10, 20)


@dataclass(frozen=True)
class Case:
    """One sentence, where it was said, and what it means."""

    group: str
    home: HomeSnapshot
    sentence: str
    meant: frozenset[str]
    here: Area | None = None


def intent_cases(folder: Path) -> Iterable[Case]:
    """Yield the cases of every file of sentences."""
    for path in sorted(folder.glob("*/*/*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, test in enumerate(data["tests"]):
            yield from _Staged(path, data, test, random.Random(f"{path.name} {number}")).cases()


class _Staged:
    """A test with a home around it."""

    def __init__(self, path: Path, data: Mapping[str, Any], test: Mapping[str, Any], chance: random.Random) -> None:
        self._language = path.parts[-3]
        self._intent = path.parts[-2]
        self._data, self._test, self._slots, self._chance = data, test, test["slots"], chance
        self._things: Things = DISTRACTORS[self._language]
        self._floors = self._make_floors()
        self._areas = self._make_areas()
        self._here = self._find_here()

    def cases(self) -> Iterable[Case]:
        meant, others = self._meant(), self._distractors()
        named = {name for entity in meant for name in entity.names}
        entities = [*meant, *(each for each in self._fixtures() if each.name not in named), *others]
        self._chance.shuffle(entities)
        home = HomeSnapshot(self._floors, self._areas, tuple(entities))
        for sentence in self._test["sentences"]:
            ids = frozenset(entity.entity_id for entity in meant)
            yield Case(f"{self._language} {self._intent}", home, sentence, ids, self._here)

    def _make_floors(self) -> tuple[Floor, ...]:
        names = [each["name"] for each in self._data.get("floors", ())]
        return tuple(Floor(f"floor_{name}", name) for name in dict.fromkeys([*names, *self._things.floors]))

    def _make_areas(self) -> tuple[Area, ...]:
        """Return the areas of the file and the others; some of these are on the floor that the test is about."""
        names = [each["name"] for each in self._data.get("areas", ())]
        names += [each["area"] for each in self._data.get("entities", ()) if "area" in each]
        wanted = f"floor_{self._slots['floor']}" if "floor" in self._slots else None
        others = [name for name in self._things.areas if name not in names]
        areas = [Area(f"area_{name}", name) for name in dict.fromkeys(names)]
        for number, name in enumerate(others):
            floor = wanted if wanted and number < 2 else self._chance.choice(self._floors[-2:]).floor_id
            areas.append(Area(f"area_{name}", name, floor_id=floor))
        return tuple(areas)

    def _find_here(self) -> Area | None:
        said = (self._test.get("context") or {}).get("area")
        if said is None and {"name", "area", "floor"}.isdisjoint(self._slots):
            return self._areas[-1]
        return next((area for area in self._areas if area.name == said), None)

    def _place(self) -> list[Area]:
        """Return where the test's things are."""
        if "area" in self._slots:
            return [area for area in self._areas if area.name == self._slots["area"]]
        if "floor" in self._slots:
            return [area for area in self._areas if area.floor_id == f"floor_{self._slots['floor']}"]
        return [self._here] if self._here else [self._chance.choice(self._areas)]

    def _fixtures(self) -> list[Entity]:
        return [self._fixture(number, each) for number, each in enumerate(self._data.get("entities", ()))]

    def _fixture(self, number: int, each: Mapping[str, Any]) -> Entity:
        area = f"area_{each['area']}" if "area" in each else self._chance.choice(self._areas).area_id
        device_class = (each.get("attributes") or {}).get("device_class")
        return Entity(f"{each['domain']}.fixture_{number}", each["name"], (), area, device_class)

    def _meant(self) -> list[Entity]:
        """Return what the slots say: the thing of that name, or all of a kind in the place."""
        place = self._place()
        if "name" in self._slots:
            found = [each for each in self._fixtures() if each.name == self._slots["name"]][:1]
            placed = {"area", "floor"} & set(self._slots)
            return [replace(each, area_id=place[0].area_id) if placed else each for each in found]
        domain = self._slots.get("domain", "light")
        return [
            Entity(f"{domain}.meant_{index}", name, (), place[index % len(place)].area_id, self._device_class())
            for index, name in enumerate(UNTOLD[self._language][: self._chance.randint(1, 3)])
        ]

    def _device_class(self) -> str | None:
        said = self._slots.get("device_class")
        return None if said is None else str(said)

    def _distractors(self) -> list[Entity]:
        """Return 30 to 90 other things that the test's slots do not mean."""
        count = self._chance.randint(30, 90)
        pool = [(area, thing) for area in self._areas for thing in self._things.things]
        self._chance.shuffle(pool)
        place = {area.area_id for area in self._place()} if "name" not in self._slots else set()
        made = []
        for number, (area, (domain, device_class, name)) in enumerate(pool):
            if area.area_id in place and domain == self._slots.get("domain", "light"):
                continue
            full = name.format(area=area.name)
            if full != self._slots.get("name"):
                made.append(Entity(f"{domain}.other_{number}", full, (), area.area_id, device_class))
        return made[:count]


def replay_cases(folder: Path) -> Iterable[Case]:
    """Yield each sentence of the recorded runs of which it is known what it changes."""
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        return
    recordings = replay_data.load(files)
    for run in {(run.home, run.utterance): run for run in recordings.runs if run.expected}.values():
        home = replay_data.snapshot(replay_data.home_file(run.home))
        known = {entity.entity_id for entity in home.entities}
        here = home.area(home.device_areas.get(recordings.context_device(run) or ""))
        if run.expected.keys() <= known:
            yield Case("recorded tasks", home, run.utterance, frozenset(run.expected), here)


def misheard(cases: Iterable[Case]) -> Iterable[Case]:
    """Yield the cases as speech recognition spoils them: other characters of the same sound, a letter too few."""
    for case in cases:
        chance = random.Random(case.sentence)
        yield replace(case, group=f"{case.group} *", sentence=_spoil(case.sentence, chance))


def _spoil(sentence: str, chance: random.Random) -> str:
    words = [_misspelt(word, chance) if word.isascii() else word for word in sentence.split(" ")]
    return "".join(_homophone(char, chance) for char in " ".join(words))


def _misspelt(word: str, chance: random.Random) -> str:
    """Take a letter out of every third longer word, or double it."""
    if len(word) < 5 or chance.random() > 1 / 3:
        return word
    at = chance.randrange(1, len(word))
    return word[:at] + word[at + 1 :] if chance.random() < 0.5 else word[:at] + word[at] + word[at:]


def _homophone(char: str, chance: random.Random) -> str:
    """Put another character of the same sound in the place of every fourth."""
    if not "\u4e00" <= char <= "\u9fff" or chance.random() > 1 / 4:
        return char
    others = _by_sound().get(lazy_pinyin(char)[0], [])
    return chance.choice(others) if others else char


@lru_cache(maxsize=1)
def _by_sound() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0x9FA6):
        found[lazy_pinyin(chr(code))[0]].append(chr(code))
    return found


def measure(cases: Iterable[Case]) -> None:
    """Print recall by group, what is missed, and how long it took."""
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    times, missed = [], []
    for case in cases:
        index = Index(case.home)
        began = time.perf_counter()
        ranked = relevant(case.home, index, case.sentence, max(DEPTHS), here=case.here)
        times.append(time.perf_counter() - began)
        shares = tuple(_recall(case.meant, ranked, depth) for depth in DEPTHS)
        found[case.group].append(shares)
        if shares[0] < 1:
            missed.append(f"{case.group}: {case.sentence} ({shares[0]:.2f})")
    if not times:
        return
    for group in sorted(found):
        recalls = "  ".join(
            f"recall@{depth} {statistics.mean(each[at] for each in found[group]):.3f}"
            for at, depth in enumerate(DEPTHS)
        )
        print(f"{group:<24}{len(found[group]):>5} sentences  {recalls}")
    print(f"ranking: median {statistics.median(times) * 1000:.2f} ms, longest {max(times) * 1000:.2f} ms")
    print("\n".join(missed[:20]))


def _recall(meant: frozenset[str], ranked: Sequence[Entity], depth: int) -> float:
    """Return the part of what is meant that is there; of more than there is room for, of as many as there is."""
    return sum(entity.entity_id in meant for entity in ranked[:depth]) / min(len(meant), depth)


def measure_large(entities: int = 500) -> None:
    """Print how long a ranking takes in a large home, in English and Chinese names."""
    for language, sentence in (("en", "turn on the light in the guest room"), ("zh-CN", "把客房的灯打开")):
        things = DISTRACTORS[language]
        areas = tuple(
            Area(f"area_{number}", f"{things.areas[number % len(things.areas)]} {number}") for number in range(25)
        )
        made = [
            Entity(f"{domain}.e{number}_{area.area_id}", name.format(area=area.name), (), area.area_id, device_class)
            for area in areas
            for number, (domain, device_class, name) in enumerate(things.things)
        ]
        home = HomeSnapshot((), areas, tuple(made[:entities]))
        began = time.perf_counter()
        index = Index(home)
        built = time.perf_counter() - began
        times = []
        for _ in range(50):
            began = time.perf_counter()
            relevant(home, index, sentence, 20)
            times.append(time.perf_counter() - began)
        print(
            f"{len(home.entities)} entities, {language}: index {built * 1000:.0f} ms, "
            f"sentence median {statistics.median(times) * 1000:.1f} ms, longest {max(times) * 1000:.1f} ms"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=replay_data.SHARED, help="default: %(default)s")
    folder = parser.parse_args().folder
    sentences, runs = list(intent_cases(folder / "intents")), list(replay_cases(folder / "replay"))
    if not sentences and not runs:
        raise SystemExit(f"There are no sentences in {folder / 'intents'} and no runs in {folder / 'replay'}")
    measure([*sentences, *runs])
    print("* as speech recognition may spoil them:")
    measure(misheard(sentences))
    measure_large()
