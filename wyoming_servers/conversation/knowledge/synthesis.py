"""Questions made of a household's own documents, so that its gate is calibrated before anybody asked. Pure logic.

A question takes a few of a passage's rarer words, at times a word of its heading or of the document's title, and the
way that people ask for what is there. People call some things otherwise than documents do: some words become others.
For a question that nothing answers the passage that it was made of is hidden; or something is asked for that it has
not, such as a price; or all but the topic becomes other words; or a code another.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .answer_types import asked_for, is_there
from .asked import terms
from .chinese import cut
from .document import Document, Found, Passage
from .starter import starter
from .weighing import words_in_text
from .words import query_words

QUESTIONS = 600
"""At most so many are made that should be answered."""
NEAR_MISSES = 0.4
"""That nothing answers, for each that should be."""
EACH = 20
"""Questions of one passage, on average, where there are few."""
OTHERWISE = 0.2
"""Of the words of a question, those that its passage does not have, nor others for them. Of the 90 questions for
calibration it is 0.27 by rarity, some of which are said in other words."""

_WORDS = (2, 5)
"""Of a sentence, so many are said."""
_HEADING = 0.5
_TITLE = 0.4
_QUESTION = 0.5
"""How many questions have a word of the heading, of the title; and are the one that the passage answers."""
_OTHER_TYPE, _HIDDEN, _FOREIGN = 0.3, 0.65, 0.895
"""Shares of what nothing answers: up to the first what is asked for is not there, up to the second the passage is
hidden, up to the third words are from elsewhere, then codes are others."""

_HAN = re.compile("[\u3400-\u9fff]+")
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\d_][\w'-]*|\d[\w.]*")
_CODE = re.compile(r"\b(?=[A-Za-z]{0,3}\d)[A-Za-z]{1,3} ?\d{1,3}\b", re.ASCII)
_SENTENCE = re.compile(r"\n|(?<=[.。!?！？;；])")  # noqa: RUF001 - Chinese punctuation is meant


class Origin(StrEnum):
    """Where a sentence is from."""

    ANSWERED = "answered"
    """Made of a passage, which answers it."""
    NEAR_MISS = "near miss"
    """Made of a document, and nothing answers it."""
    STARTER = "starter"
    """Said in any home; no document answers it."""
    OWN = "own"
    """Said in this household, and judged by it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A sentence to search for, and whether what is found should answer it."""

    text: str
    origin: Origin
    wanted: bool = False
    hidden: tuple[str, tuple[str, ...], str] | None = None
    """Document, headings and question of the passages that are to count as not there."""

    def sees(self, found: Found) -> bool:
        """Whether a passage counts as being there."""
        return (found.document.document_id, found.passage.headings, found.passage.question) != self.hidden


Ask = tuple[str, str]
"""What stands before and after the words of a question."""
_SOMETHING = ("x",)
Rarity = Callable[[str], float]
"""How rare a word of the index is among the passages, from 0 to 1."""


def made_of(passages: Sequence[tuple[Passage, Document]], rarity: Rarity) -> list[Trial]:
    """Return questions that these passages answer and near misses; the same ones for the same passages."""
    if not passages:
        return []
    maker = _Maker(passages, rarity)
    count = min(QUESTIONS, EACH * len(passages))
    return [*maker.trials(count, maker.answered), *maker.trials(round(NEAR_MISSES * count), maker.near_miss)]


@dataclass
class _Maker:
    passages: Sequence[tuple[Passage, Document]]
    rarity: Rarity
    chance: random.Random = field(default_factory=lambda: random.Random(20))  # noqa: S311 - the same for the same passages

    def __post_init__(self) -> None:
        said = starter().said
        self._foreign = {
            "en": [word for each in said if not _HAN.search(each) for word in _spoken_words(each)],
            "zh": [word for each in said if _HAN.search(each) for word in _spoken_words(each)],
        }
        some = [passage for passage, _ in self.chance.sample(list(self.passages), min(len(self.passages), 200))]
        own = [(_language(each.text), word) for each in some for word in _spoken_words(each.text)]
        self._other = {
            language: [*words, *(word for spoken, word in own if spoken == language)][: 2 * len(words)]
            for language, words in self._foreign.items()
        }

        self._own: dict[str, set[str]] = {}
        for passage, document in self.passages:
            self._own.setdefault(document.document_id, set()).update(words_in_text(passage.text))

    def trials(self, count: int, make: Callable[[Passage, Document], Trial | None]) -> list[Trial]:
        """Return up to so many; fewer where passages have too few words."""
        made = (make(*self.chance.choice(self.passages)) for _ in range(3 * count))
        return [trial for trial in made if trial is not None and terms(trial.text)][:count]

    def answered(self, passage: Passage, document: Document) -> Trial | None:
        """Return a question that this passage answers."""
        words = self._words(passage, document)
        said = [self._otherwise(word) for word in words]
        return Trial(self._asked(said, passage.text), Origin.ANSWERED, wanted=True) if words else None

    def near_miss(self, passage: Passage, document: Document) -> Trial | None:
        """Return a question that is about the document's topic, and that nothing answers."""
        kind = self.chance.random()
        if kind < _OTHER_TYPE:
            return self._other_type(passage, document)
        if kind < _HIDDEN:
            made = self.answered(passage, document)
            hidden = (document.document_id, passage.headings, passage.question)
            return made and Trial(made.text, Origin.NEAR_MISS, hidden=hidden)
        if kind < _FOREIGN:
            return self._foreign_words(document, _language(passage.text))
        return self._other_code(passage, document)

    def _words(self, passage: Passage, document: Document) -> list[str]:
        """Return the words of a question, in an order in which they may be said."""
        if passage.question and self.chance.random() < _QUESTION:
            return _spoken_words(passage.question)
        sentences = [part for part in _SENTENCE.split(passage.text) if part.strip()] or [""]
        kept = self._rarer(_spoken_words(self.chance.choice(sentences)), self.chance.randint(*_WORDS))
        heading = _spoken_words(" ".join(passage.headings[-1:]))
        if heading and self.chance.random() < _HEADING:
            kept = [*self.chance.sample(heading, min(len(heading), 2)), *kept]
        title = _spoken_words(document.title)
        if title and self.chance.random() < _TITLE:
            kept.insert(self.chance.choice((0, len(kept))), self.chance.choice(title))
        return list(dict.fromkeys(kept))

    def _rarer(self, words: Sequence[str], count: int) -> list[str]:
        weights = [self._rarity(word) ** 2 + 0.05 for word in words]
        picked = set(self.chance.choices(words, weights, k=count)) if words else set()
        return [word for word in words if word in picked]

    def _rarity(self, word: str) -> float:
        return max(map(self.rarity, query_words(word)), default=0.0)

    def _other_type(self, passage: Passage, document: Document) -> Trial | None:
        """Return a question for what a passage has not, in its own words."""
        words = self._words(passage, document)
        language = _language("".join(words))
        asks = [ask for ask in starter().asks[language] if _asks_for_what_is_absent(ask, passage.text)]
        return Trial(_joined(self.chance.choice(asks), words), Origin.NEAR_MISS) if words and asks else None

    def _foreign_words(self, document: Document, language: str) -> Trial | None:
        title = [word for word in _spoken_words(document.title) if _language(word) == language]
        strange = [
            word for word in self._foreign[language] if self._own[document.document_id].isdisjoint(query_words(word))
        ]
        foreign = self.chance.choices(strange or [""], k=self.chance.randint(1, 3))
        topic = self.chance.sample(title, min(len(title), self.chance.randint(1, 2)))
        return Trial(self._asked([*foreign, *topic]), Origin.NEAR_MISS) if topic else None

    def _other_code(self, passage: Passage, document: Document) -> Trial | None:
        codes = _CODE.findall(passage.text)
        if not codes:
            return None
        letters = re.sub(r"\d+", "", self.chance.choice(codes))
        others = [f"{letters}{number}" for number in self.chance.sample(range(1, 100), 9)]
        code = next((each for each in others if each.casefold() not in passage.text.casefold()), None)
        title = _spoken_words(document.title)
        topic = [self.chance.choice(title)] if title and self.chance.random() < 2 * _TITLE else []
        return Trial(self._asked([*topic, code]), Origin.NEAR_MISS) if code else None

    def _otherwise(self, word: str) -> str:
        """Return a word, or another in its place; a code is said as it is."""
        if any(character.isdigit() for character in word) or self.chance.random() >= OTHERWISE:
            return word
        return self.chance.choice(self._other[_language(word)] or [word])

    def _asked(self, words: Sequence[str], text: str = "") -> str:
        """Return a question of these words, for what a text has, if there is one."""
        asks = starter().asks[_language("".join(words))]
        fitting = [ask for ask in asks if not text or _may_ask(ask, text)]
        return _joined(self.chance.choice(fitting or asks), words)


def _may_ask(ask: Ask, text: str) -> bool:
    kind = asked_for(_joined(ask, _SOMETHING))
    return kind is None or is_there(kind, text)


def _asks_for_what_is_absent(ask: Ask, text: str) -> bool:
    kind = asked_for(_joined(ask, _SOMETHING))
    return kind is not None and kind.is_figure and not is_there(kind, text)


def _joined(ask: Ask, words: Sequence[str]) -> str:
    parts = [part for part in (ask[0], *words, ask[1]) if part]
    return "".join(parts) if _language("".join(parts)) == "zh" else " ".join(parts)


def _spoken_words(text: str) -> list[str]:
    """Return the words of a text that tell something, as they are spoken, each once."""
    return list(dict.fromkeys(word for word in _cut(text) if query_words(word)))


def _cut(text: str) -> Iterator[str]:
    for found in _WORD.findall(text):
        yield from cut(found) if _HAN.match(found) else (found.casefold(),)


def _language(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"
