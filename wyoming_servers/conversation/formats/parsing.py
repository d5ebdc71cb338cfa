"""A reply is taken apart while it is written: speech, thinking, calls. Pure logic.

What might be the beginning of a mark is held back until it is one or is none, so that no part of a mark is spoken,
and what only looked like one is.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import BrokenCall, TextDelta, ToolCall
from .format import Parser, Part
from .turns import as_json


class Incomplete(Exception):  # noqa: N818 - no error: more text is needed
    """What was read so far may become something; nothing can be said yet."""


class MarkParser(Parser):
    """Knows speech and thinking; a family adds how its calls are read."""

    def __init__(self, *, calls: Iterable[str] = (), thinking: Mapping[str, str], silent: Iterable[str] = ()) -> None:
        """Create a parser.

        Args:
            calls: Marks with which a call begins.
            thinking: The mark that ends thinking, by the one that begins it.
            silent: Marks that mean nothing where they stand, and aren't spoken.
        """
        self._calls = frozenset(calls)
        self._thinking = thinking
        self._marks = (*self._calls, *thinking, *silent)
        self._left = ""
        self._within = ""
        self._space = ""
        self._spoke = False
        self._ended = False

    def feed(self, text: str) -> list[Part]:
        """Return what became certain with these characters."""
        self._left += text
        return self._read()

    def finish(self) -> list[Part]:
        """Return what is left when the reply has ended."""
        self._ended = True
        return self._read()

    @abstractmethod
    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        """Return the calls with which the text after a mark begins, and how many characters they took.

        Raises Incomplete while they may go on; never when the reply has ended.
        """

    def _read(self) -> list[Part]:
        parts: list[Part] = []
        try:
            while self._left or (self._ended and self._within in self._calls):
                parts += self._step()
        except Incomplete:
            pass
        return parts

    def _step(self) -> list[Part]:
        if not self._within:
            return self._speech()
        if self._within in self._calls:
            parts, used = self._call(self._within, self._left, ended=self._ended)
            self._left, self._within = self._left[used:], ""
            return parts
        self._think()
        return []

    def _think(self) -> None:
        """Skip to the end of thinking; what is left of it at the end of the reply is dropped, too."""
        end = self._thinking[self._within]
        at = self._left.find(end)
        if at >= 0:
            self._left, self._within = self._left[at + len(end) :], ""
            return
        keep = 0 if self._ended else held(self._left, (end,))
        self._left = self._left[len(self._left) - keep :]
        raise Incomplete

    def _speech(self) -> list[Part]:
        at, mark = first_mark(self._left, self._marks)
        if mark:
            said, self._left = self._left[:at], self._left[at + len(mark) :]
            self._within = mark if mark in self._calls or mark in self._thinking else ""
            return self._say(said)
        keep = 0 if self._ended else held(self._left, self._marks)
        cut = len(self._left) - keep
        said, self._left = self._left[:cut], self._left[cut:]
        if not said:
            raise Incomplete
        return self._say(said)

    def _say(self, text: str) -> list[Part]:
        """Speak, without the white space at both ends of what is spoken in all."""
        text = self._space + text
        if not self._spoke:
            text = text.lstrip()
        said = text.rstrip()
        self._space = text[len(said) :]
        self._spoke = self._spoke or bool(said)
        return [TextDelta(said)] if said else []


def first_mark(text: str, marks: Iterable[str]) -> tuple[int, str]:
    """Return where the first mark stands, and which it is: "" if there is none."""
    found = [(text.find(mark), -len(mark), mark) for mark in marks if mark in text]
    return (min(found)[0], min(found)[2]) if found else (-1, "")


def held(text: str, marks: Iterable[str]) -> int:
    """Return how many characters at the end of a text might be the beginning of a mark."""
    return max(
        (
            length
            for mark in marks
            for length in range(1, min(len(mark), len(text) + 1))
            if text.endswith(mark[:length])
        ),
        default=0,
    )


def object_end(text: str, start: int) -> int:
    """Return where the JSON object or array that begins here ends, or -1 if it doesn't."""
    depth, quoted, escaped = 0, False, False
    for index in range(start, len(text)):
        char = text[index]
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if depth == 0:
                return index + 1
    return -1


def call_from(found: Any, text: str) -> Part:
    """Return the call that a JSON value makes; the text is what it was read from."""
    if not isinstance(found, Mapping):
        return BrokenCall(text)
    arguments = found.get("arguments", found.get("parameters", {}))
    return named_call(found.get("name"), arguments, text)


def named_call(name: Any, arguments: Any, text: str) -> Part:
    """Return a call if name and arguments are what they should be; arguments may be JSON in a string."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except ValueError:
            return BrokenCall(text)
    if not isinstance(name, str) or not name or not isinstance(arguments or {}, Mapping):
        return BrokenCall(text)
    return ToolCall(name, dict(arguments or {}))


class SpeechParser(MarkParser):
    """For answers in which nothing is called: all is text but thinking."""

    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        raise AssertionError(mark, text, ended)


BARE = "{"
SEPARATORS = " \t\r\n;,"


class JsonCallParser(MarkParser):
    """Calls are JSON: an object, or a list of them.

    A reply that begins with a brace is read as a call without its mark, which small models forget.
    """

    def __init__(
        self, ends: Mapping[str, str], *, bare: bool = False, thinking: Mapping[str, str], silent: Iterable[str] = ()
    ) -> None:
        """Create a parser.

        Args:
            ends: The mark that ends a call, or "", by the one that begins it.
            bare: Whether a brace begins a call wherever it stands.
            thinking: The mark that ends thinking, by the one that begins it.
            silent: Marks that aren't spoken.
        """
        super().__init__(calls=(*ends, BARE), thinking=thinking, silent=silent)
        if not bare:
            self._marks = tuple(mark for mark in self._marks if mark != BARE)
        self._ends = ends
        self._after_call = False

    def _speech(self) -> list[Part]:
        if self._after_call:
            self._skip_separators()
        if not self._spoke and (begin := self._left.lstrip()).startswith(BARE):
            self._left, self._within = begin[len(BARE) :], BARE
            return []
        return super()._speech() if self._left else []

    def _skip_separators(self) -> None:
        """Drop what stands between two calls; of what stands between a call and speech a space is left."""
        rest = self._left.lstrip(SEPARATORS)
        if not rest and not self._ended:
            raise Incomplete
        self._left = " " * (len(rest) < len(self._left)) + rest
        self._after_call = False

    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        missing = BARE if mark == BARE else ""
        parts, used = self._json(missing + text, self._ends.get(mark, ""), ended=ended)
        self._after_call = True
        return parts, used - len(missing)

    @staticmethod
    def _json(text: str, end: str, *, ended: bool) -> tuple[list[Part], int]:
        start = len(text) - len(text.lstrip())
        if text[start : start + 1] in {"{", "["}:
            stop = object_end(text, start)
            if stop >= 0:
                return calls_of(text[start:stop]), closed(text, stop, end, ended=ended)
        elif start < len(text) and (at := text.find(end) if end else -1) >= 0:
            return [BrokenCall(text[:at].strip())], at + len(end)
        if not ended:
            raise Incomplete
        return [BrokenCall(text.strip())], len(text)


def closed(text: str, stop: int, end: str, *, ended: bool) -> int:
    """Return where the mark ends that may follow a call, or where the call does. Raises Incomplete if it may come."""
    rest = text[stop:].lstrip()
    if not end or (rest and not rest.startswith(end) and not (end.startswith(rest) and not ended)):
        return stop
    if rest.startswith(end):
        return len(text) - len(rest) + len(end)
    if ended:
        return stop
    raise Incomplete


def calls_of(text: str) -> list[Part]:
    """Return the calls that a JSON object or a list of them makes."""
    try:
        found = json.loads(text)
    except ValueError:
        return [BrokenCall(text)]
    if isinstance(found, list):
        return [call_from(each, as_json(each)) for each in found] or [BrokenCall(text)]
    return [call_from(found, text)]
