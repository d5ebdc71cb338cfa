"""What follows from the names of a home, for both doors: made once, and kept until something is called otherwise.

Pure logic. A large home takes some 100 ms to learn: not on the event loop, and not in two threads at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..home.model import HomeSnapshot
from .constraints import constrain
from .engine import Tool
from .prompt.persona import load_persona
from .prompt.prompt import Prompt, build
from .prompt.relevance import Index
from .prompt.tools import tools

HOME_SHARE = 4
"""So much of the context, at most, is for the names of the home: a quarter."""

MOST_PROMPTS = 8
"""Of languages, and of what clients want of the assistant; each is some 20 kB."""


@dataclass(frozen=True)
class Ground:
    """What a turn begins with."""

    prompt: Prompt
    index: Index
    """What tells which things a sentence is about."""
    constraints: Mapping[str, Mapping[str, Any]]
    """Parameters with the home's names in them, by tool; those of tools with nothing to act on are not there."""


class Learned:
    """A home's index, its prompts, and what calls may say in it."""

    def __init__(self, home: HomeSnapshot) -> None:
        self.naming = home.naming
        self._home = home
        self._prompts: list[tuple[tuple[Any, ...], Prompt]] = []
        self._constraints: dict[str, tuple[Tool, Mapping[str, Any] | None]] = {}

    @cached_property
    def _index(self) -> Index:
        return Index(self._home)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """Assist's tools that the home has a use for, in our own words, sorted by name."""
        return tools(self._home)

    def ground(
        self,
        language: str,
        context_tokens: int,
        described: tuple[Tool, ...] | None = None,
        instructions: str = "",
    ) -> Ground:
        """Return what is the same in every turn.

        Args:
            language: A code of `languages.LANGUAGES`.
            context_tokens: What a model reads at once.
            described: Tools sorted by name; None: the home's own.
            instructions: What the household wants of the assistant.
        """
        described = self.tools if described is None else described
        prompt = self._prompt(language, context_tokens, described, instructions)
        return Ground(prompt, self._index, self.constraints(described))

    def _prompt(self, language: str, context_tokens: int, described: tuple[Tool, ...], instructions: str) -> Prompt:
        wanted = (language, context_tokens, described, instructions)
        prompt = next((known for key, known in self._prompts if key == wanted), None)
        if prompt is None:
            budget = context_tokens // HOME_SHARE
            prompt = build(self._home, load_persona(language), budget, described, instructions)
            self._prompts.append((wanted, prompt))
            del self._prompts[:-MOST_PROMPTS]
        return prompt

    def constraints(self, described: Iterable[Tool]) -> dict[str, Mapping[str, Any]]:
        """Return the parameters of these tools with the home's names in them; not of those with nothing to act on."""
        narrowed = ((tool.name, self._constrained(tool)) for tool in described)
        return {name: parameters for name, parameters in narrowed if parameters is not None}

    def _constrained(self, tool: Tool) -> Mapping[str, Any] | None:
        known = self._constraints.get(tool.name)
        if known is None or known[0] != tool:
            known = tool, constrain(tool, self._home)
            self._constraints[tool.name] = known
        return known[1]
