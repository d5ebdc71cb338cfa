"""Gemma 4's notation of values: bare keys, and strings between two of a token instead of quotes. Pure logic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import BrokenCall, ToolCall
from .format import Part
from .gbnf import Rules, others
from .notation import CONTROLS, Notation
from .parsing import Incomplete, MarkParser


class GemmaNotation(Notation):
    """Keys are bare; strings stand between two of a token that takes the place of the quote, unescaped."""

    comma = ","
    quote = '<|"|>'

    def constant(self, value: Any) -> str:
        """Return the text of a value."""
        if isinstance(value, str):
            return f"{self.quote}{value}{self.quote}"
        if isinstance(value, Mapping):
            return "{" + ",".join(f"{key}:{self.constant(each)}" for key, each in value.items()) + "}"
        if isinstance(value, list | tuple):
            return "[" + ",".join(map(self.constant, value)) + "]"
        return json.dumps(value)

    def key(self, name: str) -> str:
        """Return the text before a member's value."""
        return f"{name}:"

    def name(self, rules: Rules) -> str:
        """Return the expression of the text before the value of some member."""
        del rules
        return '[a-zA-Z0-9_]{1,64} ":"'

    def words(self, rules: Rules, least: int, most: int) -> str:
        """Return the expression of a string; without `<`, with which its end begins."""
        char = rules.add(others(CONTROLS + "<"))
        return rules.add(self.text(f"{char}{{{least},{most}}}"))

    def text(self, expression: str) -> str:
        """Return the expression of a string with this content."""
        return f'"<|\\"|>" {expression} "<|\\"|>"'

    def writes(self, value: Any) -> bool:
        """Whether no string in the value has the quote in it."""
        if isinstance(value, str):
            return self.quote not in value
        if isinstance(value, Mapping):
            return all(map(self.writes, (*value, *value.values())))
        return all(map(self.writes, value)) if isinstance(value, list | tuple) else True


class CallParser(MarkParser):
    """Reads `call:name{…}` between two marks."""

    def __init__(self, mark: str, end: str, *, thinking: Mapping[str, str], silent: Iterable[str]) -> None:
        """Create a parser."""
        super().__init__(calls=(mark,), thinking=thinking, silent=silent)
        self._end = end

    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        del mark
        at = find_outside(text, self._end)
        if at < 0 and not ended:
            raise Incomplete
        body = text if at < 0 else text[:at]
        return [read_call(body.strip())], len(text) if at < 0 else at + len(self._end)


def find_outside(text: str, mark: str) -> int:
    """Return where a mark stands outside all strings, or -1."""
    at = 0
    for index, stretch in enumerate(text.split(GemmaNotation.quote)):
        if index % 2 == 0 and (found := stretch.find(mark)) >= 0:
            return at + found
        at += len(stretch) + len(GemmaNotation.quote)
    return -1


_HEAD = re.compile(r"(?:call:)?\s*([^\s{:]+)\s*(?=\{)")
_KEY = re.compile(r'\s*(?:<\|"\|>(.*?)<\|"\|>|"((?:[^"\\]|\\.)*)"|([^\s:,{}\[\]"<]+))\s*:', re.DOTALL)
_QUOTED = re.compile(r'<\|"\|>(.*?)<\|"\|>', re.DOTALL)
_SPACE = re.compile(r"\s*")


def read_call(text: str) -> Part:
    """Return the call that a text such as `call:name{key:value}` makes."""
    head = _HEAD.match(text)
    if head is None:
        return BrokenCall(text)
    try:
        arguments, end = _value(text, head.end())
    except ValueError:
        return BrokenCall(text)
    return ToolCall(head[1], arguments) if not text[end:].strip() else BrokenCall(text)


def _value(text: str, at: int) -> tuple[Any, int]:
    """Return the value that begins here, and where it ends. Raises ValueError."""
    at = _skip(text, at)
    if (quoted := _QUOTED.match(text, at)) is not None:
        return quoted[1], quoted.end()
    opening = text[at : at + 1]
    if opening == "{":
        return _object(text, at + 1)
    if opening == "[":
        return _array(text, at + 1)
    return json.JSONDecoder().raw_decode(text, at)


def _object(text: str, at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while (at := _skip(text, at)) < len(text) and text[at] != "}":
        key = _KEY.match(text, at)
        if key is None:
            raise ValueError(text)
        name = key[1] if key[1] is not None else key[3] or json.loads(f'"{key[2]}"')
        found[name], at = _value(text, key.end())
        at = _after(text, at, "}")
    return found, _closed(text, at)


def _array(text: str, at: int) -> tuple[list[Any], int]:
    found = []
    while (at := _skip(text, at)) < len(text) and text[at] != "]":
        each, at = _value(text, at)
        found.append(each)
        at = _after(text, at, "]")
    return found, _closed(text, at)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _after(text: str, at: int, end: str) -> int:
    """Return where the next member begins, or the end stands."""
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] != end:
        raise ValueError(text)
    return at


def _closed(text: str, at: int) -> int:
    if at >= len(text):
        raise ValueError(text)
    return at + 1
