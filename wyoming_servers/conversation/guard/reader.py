"""Reads values and arguments as small models write them: JSON, Python, Gemma's quotes, bare words. Pure logic.

Text may still be coming. What is read decides only by characters that are there: at the end of what has come a reader
raises `MoreNeededError`, so that no split of a text changes what is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 12
_QUOTES = {'<|"|>': '<|"|>', '"""': '"""', '"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_PLAIN_VALUES: Mapping[str, Any] = {"true": True, "false": False, "null": None, "none": None}
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SURROGATES = range(0xD800, 0xE000)


class MoreNeededError(Exception):
    """More text may still come, and it decides."""


class CutError(Exception):
    """The text ended before what had begun in it."""


class MalformedError(Exception):
    """What stands here is not what was looked for."""


@dataclass(frozen=True)
class Arguments:
    """What stands between a tool's brackets."""

    named: Mapping[str, Any] = field(default_factory=dict)
    bare: tuple[Any, ...] = ()
    """Values without a name, in their order."""


def is_word(char: str) -> bool:
    """Whether a tool's name may have this character."""
    return char.isascii() and (char.isalnum() or char == "_")


class Reader:
    """A place in a text that may still be growing."""

    def __init__(self, text: str, at: int, *, final: bool) -> None:
        self.text = text
        self.at = at
        self.final = final

    def peek(self, ahead: int = 0) -> str:
        """Return a character, or "" after the last of all."""
        place = self.at + ahead
        if place < len(self.text):
            return self.text[place]
        if self.final:
            return ""
        raise MoreNeededError

    def word(self) -> str:
        """Read letters, digits and underscores; words joined by dots or hyphens are one."""
        start = self.at
        while is_word(self.peek()) or (self.at > start and self.peek() in {".", "-"} and is_word(self.peek(1))):
            self.at += 1
        return self.text[start : self.at]

    def blanks(self, blanks: str = " \t\r\n") -> str:
        """Read white space."""
        start = self.at
        while self.peek() and self.peek() in blanks:
            self.at += 1
        return self.text[start : self.at]

    def sees(self, literal: str) -> bool:
        """Whether this stands here, in any case."""
        return all(self.peek(ahead).casefold() == char for ahead, char in enumerate(literal.casefold()))

    def takes(self, literal: str) -> bool:
        """Read this if it stands here."""
        if not self.sees(literal):
            return False
        self.at += len(literal)
        return True

    def line(self) -> str:
        """Read up to the end of a line or of a sentence, which is read too."""
        start = self.at
        while (char := self.peek()) and char != "\n":
            self.at += 1
            if char in ".!?;" and self.peek() in {"", " ", "\n"}:
                return self.text[start : self.at - 1]
            if char in "\u3002\uff01\uff1f\uff1b":
                return self.text[start : self.at - 1]
        return self.text[start : self.at]

    def value(self, depth: int = 0) -> Any:
        """Read one value: text in any quotes, a number, a list, an object, or bare words."""
        self.blanks()
        if depth > MAX_DEPTH:
            raise MalformedError
        if (quote := next((quote for quote in _QUOTES if self.sees(quote)), None)) is not None:
            return self._quoted(quote)
        char = self.peek()
        if char in {"[", "("}:
            return self._list(depth)
        if char == "{":
            return self.object(depth)
        return self._bare()

    def object(self, depth: int = 0) -> dict[str, Any]:
        """Read names and values in braces."""
        arguments = self.arguments(depth)
        if arguments.bare:
            raise MalformedError
        return dict(arguments.named)

    def arguments(self, depth: int = 0) -> Arguments:
        """Read what stands in brackets: `name=value`, `name: value`, and values without a name."""
        closing = _CLOSING.get(self.peek())
        if closing is None:
            raise MalformedError if self.peek() else CutError
        self.at += 1
        named: dict[str, Any] = {}
        bare: list[Any] = []
        while not self._closes(closing):
            name = self._name()
            value = self.value(depth + 1)
            if name is None:
                bare.append(value)
            else:
                named[name] = value
            self._separates(closing)
        return Arguments(named, tuple(bare))

    def _closes(self, closing: str) -> bool:
        self.blanks()
        return self.takes(closing)

    def _separates(self, closing: str) -> None:
        self.blanks()
        if not self.takes(",") and self.peek() != closing:
            raise MalformedError if self.peek() else CutError

    def _name(self) -> str | None:
        """Read a name and the sign after it, if there is one; nothing else."""
        start = self.at
        quote = next((quote for quote in _QUOTES if self.sees(quote)), None)
        name = self.word() if quote is None else self._quoted(quote)
        self.blanks(" \t")
        if name and self.peek() in {":", "="}:
            self.at += 1
            return name
        self.at = start
        return None

    def _list(self, depth: int) -> list[Any]:
        closing = _CLOSING[self.peek()]
        self.at += 1
        values = []
        while not self._closes(closing):
            values.append(self.value(depth + 1))
            self._separates(closing)
        return values

    def _quoted(self, quote: str) -> str:
        self.at += len(quote)
        closing = _QUOTES[quote]
        text = ""
        while not (self.sees(closing) and not self.peek(len(closing)).isalpha()):  # Bob's lamp goes on
            char = self.peek()
            if not char:
                raise CutError
            self.at += 1
            text += self._escaped() if char == "\\" else char
        self.at += len(closing)
        return text

    def _escaped(self) -> str:
        char = self.peek()
        if not char:
            raise CutError
        self.at += 1
        return self._by_number() if char == "u" else _ESCAPES.get(char, char)

    def _by_number(self) -> str:
        """Read the four digits of an escape, and those of its other half where it is half a character."""
        code = self._digits()
        if code in _SURROGATES and self.takes("\\u"):
            pair = code.to_bytes(2, "big") + self._digits().to_bytes(2, "big")
            return pair.decode("utf-16-be", "replace")
        return chr(code) if code not in _SURROGATES else "\N{REPLACEMENT CHARACTER}"

    def _digits(self) -> int:
        digits = "".join(self.peek(ahead) for ahead in range(4))
        self.at += 4
        try:
            return int(digits, 16)
        except ValueError:
            raise MalformedError from None

    def _bare(self) -> Any:
        start = self.at
        while (char := self.peek()) and char not in ",]})\n{[(<":
            self.at += 1
        text = self.text[start : self.at].strip()
        if not text:
            raise MalformedError if self.peek() else CutError
        return plain_value(text)


def plain_value(text: str) -> Any:
    """Return what words without quotes say: a number, true, false, nothing, or themselves."""
    if text.casefold() in _PLAIN_VALUES:
        return _PLAIN_VALUES[text.casefold()]
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
