"""Whether an embedder understands a language: it has to find the answers of questions that share no word with them.

Many embedders read one language alone. In another their vectors say nothing, but always something, and a fused ranking
is worse for it: with all-MiniLM-L6-v2, which is English, the right passage of a Chinese question is among the first
three for 0.35 instead of 0.94 by words alone. It passes this examination in English with 14 of 16, and in Chinese finds
2 of 16.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
import yaml

from .embedders.engine import Embedder

PASSED = 0.5
"""Part of the answers that are found; by chance it is one of 16."""

ENGLISH, CHINESE = "en", "zh"

Pairs = tuple[tuple[str, str], ...]
Examination = Mapping[str, Pairs]
"""By language, questions with their answers."""

_HAN = re.compile("[\u3400-\u9fff]")


def language_of(question: str) -> str:
    """Return in which language an embedder has to be examined for a question: Chinese, or else English."""
    return CHINESE if _HAN.search(question) else ENGLISH


@cache
def examination() -> Examination:
    """Return the questions that come with Sotto."""
    text = resources.files(__package__).joinpath("examination.yaml").read_text(encoding="utf-8")
    return {
        language: tuple((each["question"], each["answer"]) for each in pairs)
        for language, pairs in yaml.safe_load(text).items()
    }


async def failed(embedder: Embedder, questions: Examination) -> frozenset[str]:
    """Return the languages in which it does not pass; raises what `Embedder.embed` raises."""
    return frozenset([each for each, pairs in questions.items() if await _score(embedder, pairs) < PASSED])


async def _score(embedder: Embedder, pairs: Pairs) -> float:
    """Return the part of the questions whose own answer is the nearest of all."""
    asked = await embedder.embed([question for question, _ in pairs], query=True)
    answers = await embedder.embed([answer for _, answer in pairs], query=False)
    return float(np.mean(np.argmax(asked @ answers.T, axis=1) == np.arange(len(pairs))))
