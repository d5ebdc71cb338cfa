"""What any household says that is no question to documents, and how questions are put: starter.yaml. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

NEAR = "about_things"
"""The kind of sentences that come near to documents."""


@dataclass(frozen=True, slots=True)
class Starter:
    """What is known before a household has said anything."""

    said: tuple[str, ...]
    """Sentences that no document answers."""
    near: tuple[str, ...]
    """Questions about what is in homes and in documents of homes, which these do not answer."""
    asks: dict[str, tuple[tuple[str, str], ...]]
    """By language, `en` or `zh`: what stands before and after the words of a question."""


@cache
def starter() -> Starter:
    """Return it, from the file in the package."""
    data = yaml.safe_load(resources.files(__package__).joinpath("starter.yaml").read_text(encoding="utf-8"))
    kinds = [(kind, tuple(sentences)) for language in data["said"].values() for kind, sentences in language.items()]
    said = tuple(sentence for kind, sentences in kinds if kind != NEAR for sentence in sentences)
    near = tuple(sentence for kind, sentences in kinds if kind == NEAR for sentence in sentences)
    asks = {language: tuple((before, after) for before, after in rows) for language, rows in data["asks"].items()}
    return Starter(said, near, asks)
