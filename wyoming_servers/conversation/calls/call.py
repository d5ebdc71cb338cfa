"""A tool call as data, what is known when it is made, and the question that may stand in its place. Pure logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ...home.model import Area, Entity, Floor, HomeSnapshot
from ...home.targets import ANY_DOMAIN, DOMAINS, Match, match_targets, wanted_by
from .sentence import Sentence


@dataclass(frozen=True)
class Call:
    """A tool and its arguments, as a model wrote them: nothing is taken for granted about either."""

    tool: str
    """With or without a prefix: `HassTurnOn`, `intent__HassTurnOn`, `assist__intent__HassTurnOn`."""

    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        """The tool's name without what Home Assistant puts before it."""
        return self.tool.rpartition("__")[2]

    @property
    def has_targets(self) -> bool:
        """Whether the call acts on entities that its arguments describe."""
        return self.intent in DOMAINS or self.intent in ANY_DOMAIN

    def but(self, intent: str | None = None, /, **args: Any) -> Call:
        """Return the call with another intent and other arguments; None takes an argument away."""
        tool = self.tool if intent is None else self.tool.removesuffix(self.intent) + intent
        merged = {**self.args, **args}
        return Call(tool, {name: value for name, value in merged.items() if value is not None})


@dataclass(frozen=True)
class Question:
    """What to ask instead of acting, and among which entities the answer decides."""

    key: str
    """`which_one`; `this_one` where nothing of it was said; `all_of_them` where several would be unlocked at once."""

    candidates: tuple[Entity, ...] = ()


Resolution = Call | Question


@dataclass(frozen=True)
class Situation:
    """The home, the user's words, and the room in which they were said."""

    home: HomeSnapshot
    utterance: str = ""
    here: Area | None = None
    before: str = ""
    """What was said and called in the exchange before, line by line."""
    extract: str = ""
    """What the household's documents say in answer, where they are quoted in the prompt: then nothing may be called,
    and this is said where the model says nothing that may be."""

    @cached_property
    def sentence(self) -> Sentence:
        """What of the user's words is understood without a model."""
        return Sentence(self.utterance)

    @cached_property
    def areas_said(self) -> tuple[Area, ...]:
        """The areas whose names are in the user's words."""
        return tuple(area for area in self.home.areas if self.sentence.mentions(area.names))

    @cached_property
    def floors_said(self) -> tuple[Floor, ...]:
        """The floors whose names are in the user's words."""
        return tuple(floor for floor in self.home.floors if self.sentence.mentions(floor.names))

    def targets(self, call: Call) -> Match:
        """Return what the call reaches; a room in which it is said decides between entities of one name."""
        wanted = wanted_by(call.intent, call.args)
        if self.here is not None and wanted.preferred_area_id is None:
            wanted = replace(wanted, preferred_area_id=self.here.area_id)
        return match_targets(self.home, wanted)
