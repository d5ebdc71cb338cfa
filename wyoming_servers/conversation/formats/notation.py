"""How a family writes the values of a call. Pure logic."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any

from .gbnf import Rules, either, others

CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f"


class Notation(ABC):
    """How values are written."""

    comma: str

    @abstractmethod
    def constant(self, value: Any) -> str:
        """Return the text of a value."""

    @abstractmethod
    def key(self, name: str) -> str:
        """Return the text before a member's value."""

    @abstractmethod
    def name(self, rules: Rules) -> str:
        """Return the expression of the text before the value of a member that the schema does not name."""

    @abstractmethod
    def words(self, rules: Rules, least: int, most: int) -> str:
        """Return the expression of a string of so many characters."""

    def writes(self, value: Any) -> bool:
        """Whether there is a text of this value."""
        del value
        return True

    @abstractmethod
    def text(self, expression: str) -> str:
        """Return the expression of a string with this content, in which nothing needs to be escaped."""


class Json(Notation):
    """JSON as the models' templates write it."""

    comma = ", "

    def constant(self, value: Any) -> str:
        """Return the text of a value."""
        return json.dumps(value, ensure_ascii=False)

    def key(self, name: str) -> str:
        """Return the text before a member's value."""
        return f"{self.constant(name)}: "

    def name(self, rules: Rules) -> str:
        """Return the expression of the text before the value of some member."""
        return f'{self.words(rules, 1, 64)} ": "'

    def words(self, rules: Rules, least: int, most: int) -> str:
        """Return the expression of a string; without control characters, and without escapes by number."""
        char = rules.add(either([others(CONTROLS + '"\\'), '"\\\\" ["\\\\/nt]']))
        return rules.add(f'"\\"" {char}{{{least},{most}}} "\\""')

    def text(self, expression: str) -> str:
        """Return the expression of a string with this content."""
        return f'"\\"" {expression} "\\""'
