"""What a tool of another integration is told, and which of it speaks of what keeps people out. Pure logic.

A model chooses the arguments and their order. What lets somebody in stands first in the question, so that nothing else
pushes it out of what the user hears.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import re
from typing import Any

from .risk import says_risky

LONGEST_TITLE = 30
"""Characters; a server of tools may call them anything."""

_WORD = re.compile(r"[\w.:-]+", re.ASCII)
"""An argument that says what is to be done, such as `lock.unlock`. A sentence may be about anything."""


def told_to(args: Any, guarded: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the arguments that speak of a lock, a door or an alarm, and the others, as they are said.

    `guarded` has the names of what keeps people out by all that it is called, in lower case.
    """
    telling, others = [], []
    for key, value in _leaves(args):
        known_key, known_value = guarded.get(key.casefold()), guarded.get(value.casefold())
        if known_key or _is_telling(key):
            telling.append(f"{known_key or key}: {value}")
        elif known_value or _is_telling(value) or any(_is_id(each) and each in value.casefold() for each in guarded):
            telling.append(value if known_value is None or known_value.casefold() == value.casefold() else known_value)
        elif value:
            others.append(value)
    return telling, others


def called_with(title: str, told: Sequence[str]) -> str:
    """Return what a tool is called, with what it is told."""
    title = title[:LONGEST_TITLE].strip()
    return f"{title} ({', '.join(told)})" if told else title


def _is_telling(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and says_risky(text)


def _is_id(name: str) -> bool:
    return "." in name and " " not in name


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is in lists and objects within each other, each with the key that is nearest to it."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, key)
    else:
        yield key, "" if value is None else str(value).strip()
