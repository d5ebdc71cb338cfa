"""Names and words as they may stand in a prompt: text, never a line, a mark or a special token. Pure logic."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache

NAME_CHARS = 100
"""Longest name that is shown; no one says more."""

_LOOKALIKES = str.maketrans({"<": "\u2039", ">": "\u203a", "[": "(", "]": ")"})
"""Special tokens of all models are in angle or square brackets; lines of the house itself in square ones."""

_JOINS = frozenset("\u200c\u200d\ufe0f")
"""Hold emoji and some scripts together."""

_SPACE = re.compile(r"\s+")
_TAME = re.compile(r"[^\W_](?:[\w '\u2019&+./%\u00b0#\u00b7-]*[\w%\u00b0+])?")
"""A name that cannot be taken for anything else."""

_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


def plain(text: str) -> str:
    """Return text as one line without control characters or anything that could be a model's special token."""
    visible = "".join(" " if char.isspace() else char for char in text if not _is_hidden(char))
    return _SPACE.sub(" ", visible).strip().translate(_LOOKALIKES)


def plain_lines(text: str) -> str:
    """Return text like `plain`, with its line breaks; no line is empty."""
    return "\n".join(filter(None, map(plain, text.splitlines())))


def _is_hidden(char: str) -> bool:
    """Whether nothing is seen of a character: control, direction, tags, private use, half of a pair."""
    return unicodedata.category(char)[0] == "C" and char not in _JOINS and not char.isspace()


@lru_cache(maxsize=8192)
def shown(name: str) -> str:
    """Return a name as it is listed; in quotes if it has marks that the list itself uses."""
    text = plain(name)
    text = text if len(text) <= NAME_CHARS else f"{text[:NAME_CHARS]}\u2026"
    return text if _TAME.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def estimate_tokens(text: str) -> int:
    """Return roughly how many tokens a text has, rather too many than too few: to choose what to show, not to count."""
    wide = len(_WIDE.findall(text))
    narrow = sum(1 for char in text if char.isascii())
    return round(wide + narrow / 3.2 + (len(text) - wide - narrow) * 1.5) + 1
