"""How far something is: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from time import monotonic
from typing import Self

BAR_CHARS = 24
LINE_EVERY_S = 5.0


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int) -> str:
    """Return a text with blanks up to so many columns."""
    return text + " " * max(0, columns - width_of(text))


def cut(text: str, columns: int) -> str:
    """Return a text in at most so many columns."""
    if width_of(text) <= columns:
        return text
    while text and width_of(text) >= columns:
        text = text[:-1]
    return f"{text}\u2026"


class Bar:
    """Shows on standard error, where it is in nobody's way; gone when the context is left."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_terminal = sys.stderr.isatty()
        self._shown_s = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, step: str, done: int, total: int) -> None:
        """Say how far it is; `total` 0: nobody knows."""
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{cut(self._line(step, done, total), columns)}")
            sys.stderr.flush()
        elif monotonic() - self._shown_s >= LINE_EVERY_S:
            self._shown_s = monotonic()
            sys.stderr.write(f"{self._name}: {step} {done}/{total}\n" if total else f"{self._name}: {step}\n")

    def _line(self, step: str, done: int, total: int) -> str:
        if not total:
            return f"{self._name}  {step}\u2026"
        filled = min(BAR_CHARS, BAR_CHARS * done // total)
        return f"[{'#' * filled}{'.' * (BAR_CHARS - filled)}] {step} {done}/{total}  {self._name}"
