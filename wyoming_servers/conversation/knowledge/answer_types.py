"""What kind of answer a question asks for, such as an hour or a price, and whether a text has such a thing. Pure logic.

A passage may have every word of a question and not what is asked for; then it does not answer. The kinds are those of
classical question answering (Li and Roth, Learning Question Classifiers, 2002), and are told by expressions in English
and Chinese (answer_types.yaml). These are cheap signs, at times wrong; what they are worth is learned (`gate.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml

_NOTHING = "(?!)"
"""Fits no text."""
_AROUND = " ?\uff1f!\uff01.\u3002,\uff0c"


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A kind of answer."""

    name: str
    is_figure: bool
    """Whether one sees if a text has it: a price, an hour, a name; not so a place, a reason, a way to do something."""
    asked: re.Pattern[str]
    there: re.Pattern[str]


@lru_cache(maxsize=2048)
def asked_for(question: str) -> AnswerType | None:
    """Return what a question asks for; None where that cannot be told."""
    text = question.casefold().strip(_AROUND)
    return next((kind for kind in answer_types() if kind.asked.search(text)), None)


@lru_cache(maxsize=4096)
def is_there(kind: AnswerType, text: str) -> bool:
    """Return whether a text has something of this kind."""
    return kind.there.search(text.casefold()) is not None


@cache
def answer_types() -> tuple[AnswerType, ...]:
    """Return all kinds, from the file in the package; a question is of the first that fits."""
    data = yaml.safe_load(resources.files(__package__).joinpath("answer_types.yaml").read_text(encoding="utf-8"))
    words = {name: f"(?:{_joined(by_language)})" for name, by_language in data["words"].items()}
    return tuple(
        AnswerType(name, group == "figures", _pattern(kind["asked"], words), _pattern(kind["there"], words))
        for group in ("figures", "ways")
        for name, kind in data[group].items()
    )


def _pattern(by_language: Mapping[str, Any], words: Mapping[str, str]) -> re.Pattern[str]:
    pattern = _joined(by_language)
    for name, meant in words.items():
        pattern = pattern.replace(name, meant)
    return re.compile(pattern)


def _joined(by_language: Mapping[str, Any]) -> str:
    return "|".join(part for parts in by_language.values() for part in parts) or _NOTHING
