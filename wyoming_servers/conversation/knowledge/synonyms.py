"""What people call otherwise than documents do: of a question, the words to look for besides its own. Pure logic.

The words are in synonyms.yaml. Without an embedder they are the only bridge from "wifi" to "wireless network".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from ..calls.sentence import words_of as said_words
from .chinese import simplified
from .words import query_words

_HAN = re.compile("[\u3400-\u9fff]")
_BAR = "|"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A phrase of a question that documents may put otherwise."""

    said: str
    """As it is looked for: folded, English without plural endings."""
    found: Mapping[str, float]
    """Words of the index, each with its part of the phrase that it belongs to."""


@dataclass(frozen=True, slots=True)
class _Line:
    phrases: tuple[str, ...]
    words: Mapping[str, float]


def meanings(question: str) -> tuple[Meaning, ...]:
    """Return the phrases of a question that have others for them, in any order."""
    text = folded(question)
    return (*_english_in(text), *(_chinese_in(text) if _HAN.search(text) else ()))


def folded(text: str) -> str:
    """Return text as phrases are looked for in it: one width, lower case, simplified characters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return simplified(text) if _HAN.search(text) else text


def _english_in(text: str) -> Iterator[Meaning]:
    said = said_words(text)
    for start, first in enumerate(said):
        for phrase in _english().get(first, ()):
            if said[start : start + len(phrase)] == phrase:
                yield _meaning(" ".join(phrase))


def _chinese_in(text: str) -> Iterator[Meaning]:
    yield from (_meaning(phrase) for phrase in _lines() if _HAN.search(phrase) and phrase in text)


def _meaning(phrase: str) -> Meaning:
    own = set(query_words(phrase))
    found: dict[str, float] = {}
    for line in _lines()[phrase]:
        for word, part in line.words.items():
            if word not in own:
                found[word] = max(part, found.get(word, 0.0))
    return Meaning(phrase, found)


@cache
def _english() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return the English phrases by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in _lines():
        if not _HAN.search(phrase):
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append(words)
    return {first: tuple(phrases) for first, phrases in found.items()}


@cache
def _lines() -> Mapping[str, tuple[_Line, ...]]:
    """Return the lines of the file by the phrases that are looked for in a question."""
    text = resources.files(__package__).joinpath("synonyms.yaml").read_text(encoding="utf-8")
    found: dict[str, list[_Line]] = {}
    for line in (_line(written) for lines in yaml.safe_load(text).values() for written in lines):
        for phrase in line.phrases:
            found.setdefault(phrase, []).append(line)
    return {phrase: tuple(lines) for phrase, lines in found.items()}


def _line(written: str) -> _Line:
    said, _, only_found = written.partition(_BAR)
    words: dict[str, float] = {}
    for phrase in (*_phrases(said), *_phrases(only_found)):
        for word, part in _parts(phrase).items():
            words[word] = max(part, words.get(word, 0.0))
    return _Line(tuple(_as_said(phrase) for phrase in _phrases(said)), words)


def _parts(phrase: str) -> Mapping[str, float]:
    """Return the words of a phrase, each with how much of it that is: the longest of a Chinese one is nearly all."""
    words = query_words(phrase)
    if _HAN.search(phrase):
        return {word: len(word) / len(phrase) for word in words}
    return {word: 1 / len(words) for word in words}


def _phrases(written: str) -> list[str]:
    return [phrase for part in written.split(",") if (phrase := part.strip())]


def _as_said(phrase: str) -> str:
    return folded(phrase) if _HAN.search(phrase) else " ".join(said_words(phrase))
