"""Passages as a prompt quotes them, each after its source; and which of them an answer was made of. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..prompt.persona import Wording
from ..prompt.text import estimate_tokens, plain
from .document import Found

MOST_QUOTED = 3
QUOTED_TOKENS = 700
"""Of all that is quoted, by estimate: these are evaluated when the user has spoken. The first is quoted in any case."""
TITLE_CHARS = 80
HEADING_CHARS = 60
NAMED = 0.6
"""From which share of its title's words a document is named in an answer."""
SHARED = 0.6
"""Of two passages of which an answer has words, that with less than this part of the other's is not what it is from."""

_PIECES = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is written, as a client may show it."""

    document_id: str
    title: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Quotation:
    """A passage as it stands in a prompt."""

    source: Source
    note: str
    """The source in words, then the passage."""


def quotations(found: Sequence[Found], wording: Wording) -> tuple[Quotation, ...]:
    """Return what is quoted of what was found, best first: a few passages, of a few hundred tokens together."""
    quoted: list[Quotation] = []
    left = QUOTED_TOKENS
    for each in found[:MOST_QUOTED]:
        quotation = _quotation(each, wording)
        left -= estimate_tokens(quotation.note)
        if quoted and left < 0:
            break
        quoted.append(quotation)
    return tuple(quoted)


def _quotation(found: Found, wording: Wording) -> Quotation:
    passage = found.passage
    title = _short(found.document.title or found.document.name, TITLE_CHARS)
    where = wording.page.format(page=passage.page) if passage.page is not None else ""
    headings = [_short(heading, HEADING_CHARS) for heading in passage.headings]
    under = next((heading for heading in reversed(headings) if heading and heading != title), "")
    asked = plain(passage.question)
    text = f"{asked} {plain(passage.text)}" if asked and asked != under else plain(passage.text)
    source = f"{title}{where}{wording.under.format(heading=under) if under else ''}"
    return Quotation(
        Source(found.document.document_id, title, passage.page), wording.quoted.format(source=source, text=text)
    )


def _short(text: str, most: int) -> str:
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\u2026"


def sources_of(answer: str, quoted: Sequence[Quotation]) -> tuple[Source, ...]:
    """Return where an answer is from, best first, each once: what it names; if it names none, what it has words of."""
    named = [each for each in quoted if _names(answer, each)]
    return tuple(dict.fromkeys(each.source for each in _nearest(answer, named or quoted)))


def _names(answer: str, quotation: Quotation) -> bool:
    title = _pieces(quotation.source.title)
    return bool(title) and len(title & _pieces(answer)) >= NAMED * len(title)


def _nearest(answer: str, quoted: Sequence[Quotation]) -> Iterator[Quotation]:
    """Yield the passages that share most words with the answer; without any, the one that was found first."""
    said = _pieces(answer)
    shared = [len(said & _pieces(each.note)) for each in quoted]
    most = max(shared, default=0)
    for each, count in zip(quoted, shared, strict=True):
        if most and count >= SHARED * most:
            yield each
    if not most:
        yield from quoted[:1]


def _pieces(text: str) -> frozenset[str]:
    """Return what a text consists of: words, and of Chinese every two characters beside each other."""
    return frozenset(_pieces_in(_PIECES.findall(text.casefold())))


def _pieces_in(runs: Iterable[str]) -> Iterator[str]:
    for run in runs:
        if "\u3400" <= run[0] <= "\u9fff":
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        elif len(run) > 3 or run.isdigit():
            yield run
