"""What is said of passages without a language model: the sentence that answers, and its source. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ..prompt.text import estimate_tokens, plain
from .asked import Term, terms
from .document import Document, Found, Passage
from .reading.characters import glue
from .sentences import sentences
from .weighing import words_in, words_in_text

MOST_TOKENS = 110
"""Of an answer, by estimate: half a minute of speech."""
CONSIDERED = 3
"""So many passages are looked at for the one that is spoken."""

STEPS = 1.5
"""How much more the steps are worth than what is said of them, where it is asked how."""
_HOW = re.compile(r"\bhow (?:do|does|can|should|to)\b|怎么|怎样|如何")
_STEP = re.compile(r"\s*(?:\(?\d{1,2}[.)、．](?=\D)|第[一二三四五六七八九十\d]+步|step \d+\b)", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*+\u2022\u00b7]\s+)")
_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_PARENTHESIS = re.compile(r"\s*[(（][^()（）]*[)）]")
_NAMED_OTHERWISE = frozenset(
    ("the", "a", "an", "our", "my", "your", "for", "how", "what", "when", "where", "to", "in", "on", "at", "about")
)
"""Before a title that begins so there is no article."""
_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is spoken together: a sentence with its line's others, an item of a list, steps."""

    parts: tuple[str, ...]
    is_whole: bool
    """Whether it is begun at its beginning: an item, or steps."""


def answer(question: str, found: Sequence[Found], language: str, today: date | None = None) -> str:
    """Return what to say to a question that these passages answer; "" if there is none.

    At most two sentences after their source, in an item of a list or a series of steps as many as there is room for.
    A question of the household's own is answered as it is written there. Of dated lines that fit as well as others the
    first one that is not before `today` is meant. `language` is BCP 47; Chinese and English are spoken.
    """
    if not found:
        return ""
    best = _best(question, found)
    told = plain(_told(question, best, found, today))
    return told if best.passage.question else f"{source(best, language)}{told}"


def source(found: Found, language: str) -> str:
    """Return how an answer begins, such as "According to the dishwasher manual, page 12: "."""
    page, name = found.passage.page, title_of(found.document)
    under = next((plain(each) for each in reversed(found.passage.headings) if title_of_text(each) != name), "")
    if language.casefold().startswith("zh"):
        where = f"第{page}页" if page is not None else f"“{under}”一节" if under else ""
        return f"根据{name}{where}："
    article = "" if name.split(" ")[0].casefold() in _NAMED_OTHERWISE or _HAN.search(name) else "the "
    where = f", page {page}" if page is not None else f", under {under}" if under else ""
    return f"According to {article}{name}{where}: "


def title_of(document: Document) -> str:
    """Return a document's title as it is spoken: no parentheses, no colon, a file's name as words."""
    return title_of_text(document.title or document.name.rpartition(".")[0] or document.name)


def title_of_text(title: str) -> str:
    """Return a title as it is spoken."""
    spoken = _PARENTHESIS.sub("", plain(title)).strip(" :：.")
    if " " not in spoken:
        spoken = re.sub(r"[-_]+", " ", spoken)
    return re.sub(r"\s*[:：]\s*", "，" if _HAN.search(spoken) else ", ", spoken) or plain(title)


def _best(question: str, found: Sequence[Found]) -> Found:
    """Return the passage that has most of what is said; of several the one that was found first."""
    asked = terms(question)
    return max(found[:CONSIDERED], key=lambda each: sum(term.covered_by(words_in(each)) for term in asked))


def _told(question: str, best: Found, found: Sequence[Found], today: date | None) -> str:
    asked = terms(question)
    if best.passage.question:
        return _within(sentences(best.passage.text.replace("\n", " ")) or [best.passage.text], 2)
    if (dated := _dated(best, found)) and today is not None:
        return _next(asked, dated, today)
    units = list(_units(best.passage))
    scores = _scores(asked, [" ".join(unit.parts) for unit in units])
    if _HOW.search(question.casefold()):
        scores = [
            score * (STEPS if len(unit.parts) > 1 and unit.is_whole else 1)
            for score, unit in zip(scores, units, strict=True)
        ]
    unit = units[max(range(len(units)), key=lambda place: (scores[place], -place))]
    return _within(unit.parts, len(unit.parts)) if unit.is_whole else _around(asked, unit.parts)


def _units(passage: Passage) -> Iterator[_Unit]:
    lines = [line for line in passage.text.split("\n") if line.strip()] or [""]
    steps: list[str] = []
    for line in [*lines, None]:
        if line is not None and _STEP.match(line):
            steps.append(line)
            continue
        if steps:
            yield _Unit(tuple(steps), is_whole=True)
            steps = []
        if line is not None:
            item = _ITEM.sub("", line, count=1)
            yield _Unit(tuple(sentences(item)) or (item,), is_whole=item != line)


def _scores(asked: Sequence[Term], texts: Sequence[str]) -> list[float]:
    """Return how much of what is said each text has: what all of them have tells nothing."""
    words = [words_in_text(text) for text in texts]
    weights = []
    for term in asked:
        count = sum(1 for each in words if term.covered_by(each))
        weights.append(math.log((len(texts) + 1) / (count + 0.5)))
    return [sum(weight * term.covered_by(each) for term, weight in zip(asked, weights, strict=True)) for each in words]


def _around(asked: Sequence[Term], parts: Sequence[str]) -> str:
    """Return the sentence that fits best and the one after it, or before it if it is the last one."""
    scores = _scores(asked, parts)
    place = max(range(len(parts)), key=lambda each: (scores[each], -each))
    begin = place - 1 if place and (place + 1 == len(parts) or scores[place - 1] > scores[place + 1]) else place
    return _within(parts[begin:], 2) if begin == place else _within(parts[begin : place + 1], 2)


def _within(parts: Sequence[str], most: int) -> str:
    """Return the first ones, the first in any case."""
    told = parts[0].strip()
    for part in parts[1:most]:
        longer = f"{told}{glue(told, part.strip())}{part.strip()}"
        if estimate_tokens(longer) > MOST_TOKENS:
            break
        told = longer
    return told


def _dated(best: Found, found: Sequence[Found]) -> list[tuple[date, str]]:
    """Return the lines with a date of what was found in the best passage's document, if that consists of such."""
    same = [each.passage.text for each in found if each.document.document_id == best.document.document_id]
    lines = [line for text in same for line in text.split("\n")]
    dated = [(day, line) for line in lines if (day := _date_of(line)) is not None]
    return dated if 2 * len(dated) > len(lines) else []


def _date_of(line: str) -> date | None:
    if not (written := _DATE.search(line)):
        return None
    try:
        return date(*map(int, written.groups()))
    except ValueError:
        return None


def _next(asked: Sequence[Term], dated: Sequence[tuple[date, str]], today: date) -> str:
    scores = _scores(asked, [line for _, line in dated])
    best = [each for each, score in zip(dated, scores, strict=True) if score >= max(scores) - 1e-9]
    return min(best, key=lambda each: (each[0] < today, each[0]))[1]
