"""Takes thinking out of what a model writes, however its marks are cut into pieces. Pure logic."""

from __future__ import annotations

_MARKS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",  # Magistral
    "<|channel>": "<channel|>",  # Gemma 4
}
_ENDS = frozenset(_MARKS.values())
_ALL = (*_MARKS, *_ENDS)


class ThinkingFilter:
    """Passes on what is not between two marks; a closing mark that nothing opened is dropped."""

    def __init__(self) -> None:
        self._held = ""
        self._until = ""
        """The mark that ends the thinking we are in."""

    def feed(self, text: str) -> str:
        """Return what can be said of everything fed so far and not said yet."""
        self._held += text
        said = []
        while (found := self._next_mark()) is not None:
            at, mark = found
            if not self._until:
                said.append(self._held[:at])
                self._until = _MARKS.get(mark, "")
            else:
                self._until = ""
            self._held = self._held[at + len(mark) :]
        return "".join([*said, self._release()])

    def end(self) -> str:
        """Return what was held back because it might have become a mark."""
        held, self._held = self._held, ""
        return "" if self._until else held

    def _wanted(self) -> tuple[str, ...]:
        return (self._until,) if self._until else _ALL

    def _next_mark(self) -> tuple[int, str] | None:
        found = [(at, mark) for mark in self._wanted() if (at := self._held.find(mark)) >= 0]
        return min(found, default=None)

    def _release(self) -> str:
        """Return all but an end that may be the beginning of a mark; of thinking, nothing."""
        longest = max(len(mark) for mark in self._wanted()) - 1
        kept = next((end for start in range(longest, 0, -1) if self._is_begun(end := self._held[-start:])), "")
        released, self._held = self._held[: len(self._held) - len(kept)], kept
        return "" if self._until else released

    def _is_begun(self, end: str) -> bool:
        return any(mark.startswith(end) for mark in self._wanted())
