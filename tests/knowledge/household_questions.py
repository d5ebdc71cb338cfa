"""What is asked of the household's documents: for calibration or for testing, by a rule fixed before any tuning.

All that is about one document is in the same part: no question of the test part has a sibling in the other. Sentences
about no document are parted by their own words. `test_household_questions.py` holds that no two are near duplicates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from .household_files import SOURCES


class Part(StrEnum):
    """What a sentence is used for."""

    CALIBRATION = "calibration"
    TEST = "test"
    """Only measured, at the end; nothing is chosen by it."""


@dataclass(frozen=True)
class Said:
    """A sentence, and what of the household's documents answers it, if anything."""

    text: str
    part: Part
    kind: str
    """`answered`, or what sort of sentence without an answer it is."""
    document: str = ""
    heading: str = ""
    words: tuple[str, ...] = ()
    """All of them are in the passage that answers."""

    @property
    def is_answered(self) -> bool:
        """Whether the documents answer it."""
        return self.kind == "answered"

    @property
    def language(self) -> str:
        """Return the language, by its script."""
        return "zh" if any("\u4e00" <= character <= "\u9fff" for character in self.text) else "en"


def part_of(key: str) -> Part:
    """Return the part of everything about a document, or of a sentence that is about none."""
    return list(Part)[hashlib.sha256(f"household/{key}".encode()).digest()[0] % 2]


@cache
def all_said() -> tuple[Said, ...]:
    """Return the sentences of both parts."""
    return _said_in("questions.yaml")


@cache
def held_out() -> tuple[Said, ...]:
    """Return the sentences by another hand, parted by the same rule; held out until they were measured."""
    return _said_in("held_out.yaml")


@cache
def held_out_2() -> tuple[Said, ...]:
    """Return a second set by another hand, of which nothing is learned and by which nothing is chosen."""
    return _said_in("held_out_2.yaml")


def alike(one: Said, two: Said) -> float:
    """Return the share of their letters, in threes (Chinese: twos), that two sentences have in common."""
    mine, other = _shingles(one.text), _shingles(two.text)
    return len(mine & other) / len(mine | other)


def _shingles(text: str) -> frozenset[str]:
    text = "_".join(text.casefold().split())
    width = 3 if text.isascii() else 2
    return frozenset(text[at : at + width] for at in range(max(1, len(text) - width + 1)))


def _said_in(name: str) -> tuple[Said, ...]:
    data = yaml.safe_load((SOURCES / name).read_text(encoding="utf-8"))
    return (*_answered(data["answered"]), *_unanswered(data["unanswered"]))


def _answered(data: dict[str, list[list[str]]]) -> Iterator[Said]:
    for document, rows in data.items():
        for text, heading, *words in rows:
            yield Said(text, part_of(document), "answered", document, heading, tuple(words))


def _unanswered(data: dict[str, Any]) -> Iterator[Said]:
    for kind, sentences in data.items():
        if isinstance(sentences, dict):
            for document, near in sentences.items():
                yield from (Said(text, part_of(document), kind, document) for text in near)
        else:
            yield from (Said(text, part_of(text), kind) for text in sentences)
