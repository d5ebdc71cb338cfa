"""Reads as much of a Dockerfile as ours has: stages, arguments and instructions."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Instruction:
    kind: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


@dataclass
class Stage:
    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, kind: str) -> list[Instruction]:
        return [each for each in self.instructions if each.kind == kind]

    @property
    def environment(self) -> dict[str, str]:
        return assigned(self.of("ENV"))

    @property
    def labels(self) -> dict[str, str]:
        return assigned(self.of("LABEL"))

    @property
    def healthcheck(self) -> list[str]:
        (check,) = self.of("HEALTHCHECK")
        command: list[str] = json.loads(check.text.split(" CMD ", 1)[1])
        return command


def read(given: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the stages, with arguments and what ENV knows filled in."""
    stages: list[Stage] = []
    globals_: dict[str, str] = {}
    values: dict[str, str] = {}
    for kind, text in _lines(DOCKERFILE.read_text()):
        if kind == "FROM":
            base, _, stage = _filled(text, globals_).partition(" AS ")
            values = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
            stages.append(Stage(stage, base))
        elif kind == "ARG":
            name, _, default = text.partition("=")
            values[name] = (given or {}).get(name, globals_.get(name, default))
            if stages:
                stages[-1].instructions.append(Instruction(kind, f"{name}={values[name]}"))
            else:
                globals_[name] = values[name]
        else:
            stages[-1].instructions.append(Instruction(kind, _filled(text, values)))
    return stages


def assigned(instructions: list[Instruction]) -> dict[str, str]:
    """Return what is on both sides of each `=`."""
    parts = (word.partition("=") for each in instructions for word in each.words)
    return {name: value for name, _, value in parts}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values.get(match[1], ""), text)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", text)
    for line in joined.splitlines():
        if line.strip() and not line.startswith("#"):
            kind, _, rest = line.partition(" ")
            yield kind, rest.strip()
