"""Whether a reply says that something was done, is being done, or will be. Pure logic.

What was not done must not be said to have been. The words of a reply alone do not tell: "the light is on" answers a
question, and claims something where the light was to be turned on. So the user's sentence counts.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from types import ModuleType

from . import claims_chinese, claims_english
from .asked import is_question, is_small_talk, plain

SHORT = 3
"""So many words can be a confirmation in a language whose words we do not know."""

_SENTENCE = re.compile(r"[^.!?。！？;；\n]*(?:[.!?。！？;；\n]+(?=\s|$|[^\x00-\x7f])|[。！？；\n]+|[.!?;](?=\S)|$)")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-z]{2}")
_CLAUSE_ZH = re.compile("[，,、：:]|但是?|不过|可是|然后|并且?")
_CLAUSE_EN = re.compile(
    r",(?!\d)|\s(?:but|however|and|so|while|because|although|though|since|as)\s|\s[-\u2013\u2014]\s|:\s"
)


def claims_action(text: str, language: str, asked: str = "", *, commanded: bool | None = None) -> bool:
    """Whether a reply to `asked` says that something was done or will be.

    `commanded` is whether something in the house was to be done or is spoken of; by default, whether `asked` is no
    question and no small talk. In languages other than English and Chinese that alone decides about a statement.
    """
    is_open = not (is_question(asked) or is_small_talk(asked))
    commanded = is_open if commanded is None else commanded and is_open
    if any(_claims(sentence, is_open, commanded) for sentence in sentences(plain(text))) or (
        is_open and _is_only_okay(plain(text))
    ):
        return True
    return not language.casefold().startswith(("en", "zh")) and _may_claim(text, asked, commanded)


def claims_deed(text: str) -> bool:
    """Whether a reply says that the assistant itself did something or will; what it says of things is no claim."""
    for sentence in sentences(plain(text)):
        words = _words_of(sentence)
        offers = words.OFFERED.search(sentence) is not None
        for clause in _clauses(sentence, words):
            if words.CERTAIN.search(clause) or (words.OWN_PROMISE.search(clause) and not offers):
                return True
    return False


def promises(text: str) -> bool:
    """Whether a reply says that something will be done at another time, or when something has happened."""
    for sentence in sentences(plain(text)):
        words = _words_of(sentence)
        about_later = words.PROMISED.search(sentence) or words.PASSIVE.search(sentence) or words.STATED.search(sentence)
        will = re.search(r"\bwill\b|'ll\b|\bgoing to\b|[会将就]|自动|提醒", sentence)
        if about_later and will and words.LATER.search(sentence) and not words.OFFERED.search(sentence):
            return True
    return False


def claims_attempt(text: str) -> bool:
    """Whether a reply says that something was tried, which is untrue where nothing was called."""
    return any(_words_of(sentence).ATTEMPTED.search(sentence) for sentence in sentences(plain(text)))


def sentences(text: str) -> Iterator[str]:
    """Yield a text's sentences with their signs."""
    pending = ""
    for found in _SENTENCE.finditer(text):
        pending += found[0]
        if found[0][-1:] in ".!?;" and text[found.end() : found.end() + 1].strip():
            continue  # 22.5, e.g.
        if pending.strip(" \t\n-•0123456789."):
            yield pending.strip(" \t\n-•")
        pending = ""


def _words_of(sentence: str) -> ModuleType:
    return claims_chinese if _IDEOGRAPH.search(sentence) else claims_english


def _claims(sentence: str, is_open: bool, commanded: bool) -> bool:
    """Whether one sentence claims something, after a sentence that is open to it or that wanted something done."""
    words = _words_of(sentence)
    if words is claims_chinese:
        sentence = claims_chinese.NO_NEGATION.sub(" ", sentence)
    clauses = _clauses(sentence, words)
    if sentence.endswith(("?", "？")):
        clauses = list(takewhile(lambda clause: not words.ASKED_BACK.search(clause), clauses))
        commanded = False
    is_offer = words.OFFERED.search(sentence) is not None
    said = [_Said(clause, words, is_offer) for clause in clauses]
    if any(each.is_certain or (is_open and each.is_result) for each in said):
        return True
    return commanded and bool(said) and (said[0].is_begun or any(each.is_stated for each in said))


def _clauses(sentence: str, words: ModuleType) -> list[str]:
    """Return the clauses of a sentence, without those at its beginning that only agree."""
    split = (_CLAUSE_ZH if words is claims_chinese else _CLAUSE_EN).split(sentence)
    clauses = [clause.strip(" .!。！~～") for clause in split]
    return list(dropwhile(lambda clause: not clause or words.ONLY_OKAY.search(clause), clauses))


class _Said:
    """What one clause says."""

    def __init__(self, clause: str, words: ModuleType, is_offer: bool) -> None:
        self._clause = clause
        self._words = words
        self._is_offer = is_offer
        self._is_asked = words is claims_chinese and words.ASKED_BACK.search(clause) is not None
        self._is_denied = words.AS_BEFORE.search(clause) is not None

    def _is(self, way: str) -> bool:
        return not self._is_asked and getattr(self._words, way).search(self._clause) is not None

    @property
    def is_certain(self) -> bool:
        """Whether it is a claim whatever was asked."""
        return self._is("CERTAIN") or (self._is("PROMISED") and not self._is_offer)

    @property
    def is_result(self) -> bool:
        """Whether it is a claim where it does not answer a question."""
        if self._is_denied:
            return False
        return self._is("COMPLETED") or (self._is("PASSIVE") and not self._is_offer)

    @property
    def is_stated(self) -> bool:
        """Whether it is a claim where something was to be done."""
        return self._is("STATED") and not (self._is_denied or self._is_offer)

    @property
    def is_begun(self) -> bool:
        """Whether it is one at the beginning of a sentence."""
        return self._is("BEGUN") and not (self._is_denied or self._is_offer)


def _is_only_okay(text: str) -> bool:
    """Whether a reply only agrees, which is as good as "done" to one who wanted something done."""
    bare = re.sub(r"[\s,.!，。！~～、]+", " ", text).strip()
    return any(words.ONLY_OKAY.search(bare.replace(" ", gap)) for words, gap in _OKAYS)


_OKAYS = ((claims_english, " "), (claims_chinese, ""))


def _may_claim(text: str, asked: str, commanded: bool) -> bool:
    """Whether a statement must be taken for a claim, in a language of which we do not know the words."""
    if text.rstrip().endswith(("?", "？", "\u061f", "\u037e")) or not text.strip():
        return False
    is_short = len(text.split()) <= SHORT and len(asked.split()) > SHORT
    return commanded or (is_short and not is_question(asked))
