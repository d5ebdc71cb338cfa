"""Several commands in one sentence: where it can be cut, and what a part leaves out because the other says it.

Pure: what a part means is asked of the function that is passed in.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .recognizer import TARGETS, Command

Recognize = Callable[[str], Command | None]
"""The command that a text is on its own."""

Mentions = Callable[[str], bool]
"""Whether a text contains the name of anything in this home."""

MAX_SHORT_CHARS = 12
"""A part as short as this may be a target without a name: "the fan", "the lights"."""

MAX_PARTS = 8
"""A sentence with more conjunctions than this is no list of commands."""

MAX_TAIL = 2
"""How many words at the end of the last part the others may leave out: "the kitchen and living room *lights*"."""

_SEPARATORS = {
    "en": ("and then", "and also", "and", "then", "also", "plus", "as well as"),
    "de": ("und dann", "und", "dann", "sowie"),
    "fr": ("et puis", "et", "puis", "ensuite"),
    "es": ("y luego", "y", "e", "luego", "después"),
    "it": ("e poi", "e", "ed", "poi"),
    "pt": ("e depois", "e", "depois"),
    "nl": ("en dan", "en", "dan"),
    "da": ("og", "så"),
    "nb": ("og", "så"),
    "sv": ("och", "sedan"),
    "fi": ("ja", "sitten"),
    "pl": ("i", "oraz", "potem"),
    "cs": ("a", "pak"),
    "ru": ("и", "затем", "потом"),
    "uk": ("і", "та", "й", "потім"),
    "tr": ("ve", "sonra"),
    "hu": ("és", "majd"),
    "ro": ("și", "apoi"),
}
_CHINESE = "然后再|然后|并且|而且|接着|同时|以及|还有|另外|顺便|再|并|和|跟|与|及"
_MARKS = r"[,，、;；。]|[.!?！？](?=\s)"
"""Punctuation that can part two commands; a full stop inside 21.5 cannot."""

_ARTICLES = {
    "en": "the|a|an|my|our|all the|all of the|all",
    "de": "der|die|das|den|dem|alle",
    "fr": "le|la|les|l'|tous les|toutes les",
    "es": "el|la|los|las|todas las|todos los",
    "it": "il|la|lo|i|gli|le|l'|tutte le|tutti i",
    "nl": "de|het|alle",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence between two places where it can be cut."""

    text: str
    start: int
    end: int


def split(text: str, language: str) -> list[Part]:
    """Return the pieces between conjunctions and commas; one piece if there are none, or too many to be commands."""
    pattern = _pattern(language)
    parts, start = [], 0
    for found in pattern.finditer(text):
        if piece := text[start : found.start()].strip():
            parts.append(Part(piece, start, found.start()))
        start = found.end()
    if piece := text[start:].strip(" .!?。！？"):
        parts.append(Part(piece, start, len(text)))
    return parts if len(parts) <= MAX_PARTS else []


def _pattern(language: str) -> re.Pattern[str]:
    base = language.partition("-")[0]
    if base == "zh":
        return re.compile(rf"\s*(?:{_MARKS})?\s*(?:{_CHINESE})\s*|\s*(?:{_MARKS})\s*")
    words = "|".join(re.escape(word) for word in _SEPARATORS.get(base, ()))
    conjunction = rf"\s*(?:{_MARKS})?\s+(?:{words})\s+|" if words else ""
    return re.compile(rf"{conjunction}\s*(?:{_MARKS})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as commands, in its order; or the part of it that is none."""

    commands: tuple[Command, ...] = ()
    not_understood: str = ""


def read(text: str, language: str, recognize: Recognize, mentions: Mentions) -> Reading:
    """Return the commands that a sentence consists of, if every part of it is one.

    The whole sentence is tried first, so that a name or a shopping item may contain "and".
    """
    if whole := recognize(text):
        return Reading((whole,))
    parts = split(text, language)
    if len(parts) < 2:
        return Reading(not_understood=text)
    return _Reader(text, language, recognize, mentions).read(parts)


class _Reader:
    """One attempt to read a sentence as several commands.

    Every look at a text costs milliseconds, so that only those are looked at that can be something.
    """

    def __init__(self, text: str, language: str, recognize: Recognize, mentions: Mentions) -> None:
        self._text = text
        self._language = language
        self._recognize = recognize
        self._mentions = mentions

    def read(self, parts: Sequence[Part]) -> Reading:
        found: list[Command] = []
        index = 0
        while index < len(parts):
            before = found[-1] if found else None
            if command := self._read_part(parts[index].text, before):
                found.append(command)
                index += 1
            elif found and (longer := self._recognize(self._between(parts[index - 1], parts[index]))):
                found[-1] = longer
                index += 1
            elif pair := self._read_pair(parts[index : index + 2], before):
                found.extend(pair)
                index += 2
            else:
                return Reading(not_understood=parts[index].text if found else self._text)
        return Reading(_unique(found))

    def _between(self, first: Part, last: Part) -> str:
        return self._text[first.start : last.end].strip()

    def _read_part(self, text: str, before: Command | None) -> Command | None:
        """Read a part on its own, or as another target of the command before it.

        A mere name is a command too, which turns the thing on; after "turn off the kitchen light" it is not.
        """
        command = self._recognize(text)
        if before is None or (command is not None and not self._is_bare(command)):
            return command
        if command is None and len(text) > MAX_SHORT_CHARS and not self._mentions(text):
            return None
        return self._complete(text, before) or command

    def _is_bare(self, command: Command) -> bool:
        """Whether the command consists of nothing but its target."""
        target = without_article(command.text, self._language)
        return any(command.text[start:end] == target for start, end in command.spans.values())

    def _read_pair(self, pair: Sequence[Part], before: Command | None) -> tuple[Command, ...]:
        """Read two parts as one command, or as two of which each leaves something out."""
        if len(pair) < 2 or not self._mentions(pair[1].text):
            return ()
        if command := self._read_part(self._between(*pair), before):
            return (command,)
        return self._share_tail(pair[0].text, pair[1].text)

    def _complete(self, text: str, before: Command) -> Command | None:
        """Read "the fan" after "turn on the kitchen light" as "turn on the fan"."""
        target = without_article(text, self._language)
        for slot in TARGETS:
            if span := before.spans.get(slot):
                command = self._recognize(before.text[: span[0]] + target + before.text[span[1] :])
                if command is not None and command.intent == before.intent:
                    return command
        return None

    def _share_tail(self, first: str, second: str) -> tuple[Command, ...]:
        """Read "turn off the kitchen" and "living room lights" as two commands that share their last word."""
        if not self._mentions(first):
            return ()
        for tail in tails(second, self._language):
            command = self._recognize(f"{first}{tail}")
            if command is None:
                continue
            # "kitchen light" may be a name, and then "living room light" takes its place with the tail.
            in_target = any(end > len(first) for _, end in command.spans.values())
            other = self._complete(second if in_target else second.removesuffix(tail).strip(), command)
            if other is not None:
                return command, other
        return ()


def tails(text: str, language: str) -> Iterator[str]:
    """Yield the ends of a text that an earlier part may share, with the space before them."""
    if language.startswith(("zh", "ja")):
        yield from (text[-length:] for length in range(1, min(MAX_TAIL + 1, len(text))))
        return
    words = text.split()
    for length in range(1, min(MAX_TAIL + 1, len(words))):
        yield " " + " ".join(words[-length:])


def without_article(text: str, language: str) -> str:
    """Return a name without the article before it."""
    articles = _ARTICLES.get(language.partition("-")[0])
    return re.sub(rf"^(?:{articles})(?:\s+|(?<='))", "", text, flags=re.IGNORECASE) if articles else text


def _unique(commands: list[Command]) -> tuple[Command, ...]:
    """Return the commands without repetitions, which Home Assistant would execute side by side."""
    seen: list[tuple[str, object]] = []
    unique = []
    for command in commands:
        meaning = (command.intent, command.slots)
        if meaning not in seen:
            seen.append(meaning)
            unique.append(command)
    return tuple(unique)
