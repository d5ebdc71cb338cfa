"""Text of which there can be any amount and that is natural still: sentences of the tests' household, recombined.

The numbers in them are others each time, and so are the devices' names, so that the vocabulary grows as real ones do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from tests.knowledge.household_files import documents
from wyoming_servers.conversation.knowledge.document import Reading, Section
from wyoming_servers.conversation.knowledge.sentences import sentences
from wyoming_servers.conversation.prompt.text import estimate_tokens

CHINESE = 0.35
"""Part of the documents that are Chinese."""
PASSAGE_TOKENS = 180

_HAN = re.compile("[\u3400-\u9fff]")
_NUMBER = re.compile(r"\d+")
_SYLLABLES = ("ka", "lo", "ver", "mi", "tan", "dor", "sel", "fi", "gu", "ron", "bex", "hal", "no", "pri", "zu", "wen")


def household_sentences() -> tuple[list[str], list[str]]:
    """Return the sentences of the household's documents: English ones, and Chinese ones."""
    found = [
        each
        for path in documents()
        if path.suffix in {".md", ".txt"} and "gb18030" not in path.name
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("#", "-", "|"))
        for each in sentences(line)
        if 15 < len(each) < 400
    ]
    return [each for each in found if not _HAN.search(each)], [each for each in found if _HAN.search(each)]


class Writer:
    """Writes documents; the same ones for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._english, self._chinese = household_sentences()

    def document(self, passages: int) -> Reading:
        """Return a document that is cut into about so many passages."""
        chinese = self._chance.random() < CHINESE
        name = self._name()
        title = f"{name} 使用说明书" if chinese else f"{name}: user manual"
        return Reading(title, tuple(self._sections(passages, name, self._chinese if chinese else self._english)))

    def _sections(self, count: int, name: str, sentences_: list[str]) -> Iterator[Section]:
        for number in range(count):
            text, tokens = f"{name}. ", 4
            while tokens < PASSAGE_TOKENS - 30:
                sentence = _NUMBER.sub(lambda _: str(self._chance.randint(1, 9999)), self._chance.choice(sentences_))
                text, tokens = f"{text}{sentence} ", tokens + estimate_tokens(sentence)
            yield Section(text, (f"{number + 1}. {self._name()}",), number // 2 + 1)

    def _name(self) -> str:
        """Return what no other device is called."""
        chance = self._chance
        word = "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4)))
        return f"{word.title()} {chance.choice('ABCDEFGHKLMPRSTVWX')}{chance.randint(10, 9999)}"
