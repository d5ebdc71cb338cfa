"""Rows of a table as lines that make sense by themselves: every cell with the name of its column. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from .characters import clean, is_wide
from .outline import Outline
from .questions import columns


def add_table(
    outline: Outline, rows: Iterable[Sequence[str]], *, names: Sequence[str] = (), is_list: bool = False
) -> None:
    """Add the rows of a table, one by one.

    Without `names` they are looked for in the first row; `is_list` says that it is there unless it cannot be, as in
    CSV. Rows of questions with answers become pairs.
    """
    cleaned = ([clean(cell) for cell in row] for row in rows)
    filled = (row for row in cleaned if any(row))
    head = list(islice(filled, 2))
    names = [clean(name) for name in names]
    if not any(names) and len(head) == 2 and _can_name(head[0], is_list=is_list):
        names = head.pop(0)
    asked = columns(names)
    for row in chain(head, filled):
        if asked is not None and len(row) > max(asked) and row[asked[0]] and row[asked[1]]:
            others = [place for place in range(len(row)) if place not in asked and row[place]]
            details = [_cell(names[place] if place < len(names) else "", row[place]) for place in others]
            outline.pair(row[asked[0]], row[asked[1]], details)
        else:
            outline.row(as_line(names, row))


def as_line(names: Sequence[str], row: Sequence[str]) -> str:
    """Return a row as one line: "Code: E24; Meaning: it does not drain"."""
    if any(names):
        cells = [_cell(names[place] if place < len(names) else "", cell) for place, cell in enumerate(row) if cell]
        return _separator(row).join(cells)
    if len(row) == 2 and all(row):
        return _cell(*row)
    return _separator(row).join(filter(None, row))


def _cell(name: str, cell: str) -> str:
    name = name.rstrip(" :：")
    if not name:
        return cell
    return f"{name}：{cell}" if is_wide(name[-1]) else f"{name}: {cell}"


def _separator(row: Sequence[str]) -> str:
    return "；" if any(is_wide(character) for cell in row for character in cell) else "; "


def _can_name(row: Sequence[str], *, is_list: bool) -> bool:
    """Whether a first row may be the names of the columns: short, all there, all different, and no numbers."""
    if columns(row) is not None:
        return True
    if len(row) < (2 if is_list else 3) or len(set(row)) < len(row):
        return False
    return all(cell and len(cell) <= 60 and any(character.isalpha() for character in cell) for cell in row)
