"""Members of an object, and items of an array that do not repeat: which may still come, and when it may end.

Pure logic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .gbnf import Rules, either, joined, literal

ANY_ORDER = 7
"""Up to so many members may come in any order; there is a rule for each set of those that are left."""


@dataclass
class Members:
    """A sequence of members, none of them twice."""

    rules: Rules
    texts: tuple[str, ...]
    """What each begins with; different ones."""
    values: tuple[str, ...]
    """The expression of what follows it."""
    separator: str
    required: frozenset[int] = frozenset()
    least: int = 0
    most: int | None = None
    ordered: bool = False
    _rules: dict[tuple[tuple[int, ...], int], str] = field(default_factory=dict)

    def expression(self) -> str:
        """Return the expression of all that stands between the brackets."""
        if not self.texts:
            return ""
        return self._rest(tuple(range(len(self.texts))), 0)

    def _rest(self, left: tuple[int, ...], used: int) -> str:
        """Return the rule of what may follow when `used` members were written and these are left."""
        key = (left, min(used, 1) if self._needs_no_count else used)
        if key not in self._rules:
            self._rules[key] = self.rules.reserve()
            self.rules.define(self._rules[key], self._body(left, used))
        return self._rules[key]

    @property
    def _needs_no_count(self) -> bool:
        return self.least <= 1 and self.most is None

    def _body(self, left: tuple[int, ...], used: int) -> str:
        separator = self.separator if used else ""
        following = [] if used == self.most else list(self._next(left, used, separator))
        may_end = used >= self.least and not self.required & set(left)
        if not following:
            return '""'
        return f"({either(following)})?" if may_end else either(following)

    def _next(self, left: tuple[int, ...], used: int, separator: str) -> Iterator[str]:
        """Yield what the next member may be, with all that may follow it."""
        in_order = self.ordered or len(self.texts) > ANY_ORDER
        for place, index in enumerate(left):
            rest = left[place + 1 :] if in_order else left[:place] + left[place + 1 :]
            if self._completes(rest, used + 1):
                follow = self._rest(rest, used + 1) if rest else ""
                yield joined(literal(separator + self.texts[index]), self.values[index], follow)
            if in_order and index in self.required:
                return

    def _completes(self, rest: tuple[int, ...], used: int) -> bool:
        """Whether the members that are left suffice."""
        room = len(rest) if self.most is None else min(len(rest), self.most - used)
        return used + room >= self.least and len(self.required & set(rest)) <= room
