"""The name of a file as somebody sent it, made harmless. Pure logic."""

from __future__ import annotations

import re
import unicodedata

from .characters import clean

NAME_CHARS = 200
NAMELESS = "document"


def file_name(sent: str) -> str:
    """Return the last part of a name without folders, control characters, and dots in front; never empty."""
    last = re.split(r"[/\\]", sent)[-1]
    name = clean(unicodedata.normalize("NFC", last)).strip(" .")
    if len(name) > NAME_CHARS:
        stem, dot, suffix = name.rpartition(".")
        ending = dot + suffix if dot and len(suffix) <= 10 else ""
        name = (stem if ending else name)[: NAME_CHARS - len(ending)] + ending
    return name or NAMELESS


def stem(name: str) -> str:
    """Return a file's name without its suffix, as a title."""
    before, dot, suffix = name.rpartition(".")
    shown = before if dot and 0 < len(suffix) <= 8 and " " not in suffix else name
    return re.sub(r"[_\s]+", " ", shown).strip() or name


def suffix(name: str) -> str:
    """Return a file's suffix in small letters, without the dot; empty if it has none."""
    before, dot, last = name.rpartition(".")
    return last.casefold() if before and dot else ""
