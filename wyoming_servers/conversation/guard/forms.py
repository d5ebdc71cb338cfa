"""Reads one call, with all that models wrap it in: fences, tags, labels, brackets or none. Pure logic."""

from __future__ import annotations

import re
from typing import Any

from .offered import Offered, is_telling
from .reader import Arguments, CutError, MalformedError, Reader, is_word, plain_value
from .shapes import Found, calls_in

MAX_TAG = 60
_TAG = re.compile(r"tool|function|call|invoke|parameter|arg_", re.IGNORECASE)
_TOOL_IN_TAG = re.compile(r"""(?:function|invoke|tool|name)\w*\s*[=:]\s*["']?([\w.]+)""")
_PARAMETER = re.compile(
    r"""<parameter\s*=?\s*(?:name\s*=\s*)?["']?([\w.]+)["']?\s*>(.*?)</parameter\s*>""", re.DOTALL | re.IGNORECASE
)
_MARKS = ("[TOOL_CALLS]", "[TOOL_CALL]")
_LABELS = frozenset({"action", "call", "tool_call", "function_call", "toolcall", "tool", "function", "tool_code"})
_INPUTS = ("action input", "action_input", "arguments", "parameters", "input", "args")
_MENTION = re.compile(
    r"(?:is|are|was|can|could|will|would|should|does|do|has|function|tool|command|intent|and|or|to|which|that|for|if)\b"
    r"|[是可会能函工用来和或将]"
)
"""How what is said about a tool goes on."""


class Forms:
    """The ways to write a call of the tools that were offered."""

    def __init__(self, offered: Offered) -> None:
        self._offered = offered

    def read(self, reader: Reader, *, starts: bool) -> Found | None:
        """Read what stands here if it belongs to a call; else return None, with the reader anywhere.

        Found is empty for a tag around a call. `starts` is whether a line or a sentence starts here.
        """
        char = reader.peek()
        if char == "<":
            return self._tag(reader)
        if char == "`":
            return self._fence(reader)
        if is_word(char) and (labelled := self._labelled(reader)) is not None:
            return labelled
        return self._core(reader, starts=starts)

    def _core(self, reader: Reader, *, starts: bool) -> Found | None:
        char = reader.peek()
        if char == "{":
            return self._json(reader)
        if char == "[":
            return self._list(reader)
        return self._named(reader, starts=starts) if is_word(char) else None

    def _fence(self, reader: Reader) -> Found | None:
        ticks = reader.blanks("`")
        start = reader.at
        reader.word()
        if len(ticks) < 3 or not reader.blanks():
            reader.at = start  # `HassTurnOn(...)`
            return self._core(reader, starts=False)
        if (found := self._labelled(reader)) is not None:
            return found
        return self._core(reader, starts=True)

    def _labelled(self, reader: Reader) -> Found | None:
        """Read `Action:`, `call:` or `print(` and the call after it."""
        start = reader.at
        word = reader.word().casefold()
        if (word in _LABELS and reader.takes(":")) or (word == "print" and reader.takes("(")):
            reader.blanks(" \t\r\n`")
            if (found := self._core(reader, starts=True)) is not None:
                return found
        reader.at = start
        return None

    def _tag(self, reader: Reader) -> Found | None:
        """Read a tag such as <tool_call>; or <function=...> with what is in it."""
        start = reader.at
        reader.at += 1
        while (char := reader.peek()) != ">":
            if not char or char in "<\n" or reader.at - start > MAX_TAG or (char == " " and reader.at == start + 1):
                return None
            reader.at += 1
        reader.at += 1
        tag = reader.text[start : reader.at]
        if not _TAG.search(tag):
            return None
        named = None if tag.startswith("</") else _TOOL_IN_TAG.search(tag)
        return Found() if named is None else self._in_tag(named[1], reader)

    def _in_tag(self, name: str, reader: Reader) -> Found:
        found = Found()
        reader.blanks()
        if reader.peek() == "{":
            try:
                found.add(self._offered, name, reader.arguments())
            except (MalformedError, CutError):
                return self._spoilt(name, reader)
            return found
        start = reader.at
        while reader.peek() and not any(map(reader.sees, ("</function", "</invoke", "</tool"))):
            reader.at += 1
        inside = reader.text[start : reader.at]
        found.add(self._offered, name, Arguments(_parameters(inside)))
        return found

    def _list(self, reader: Reader) -> Found | None:
        if any(map(reader.takes, _MARKS)):
            return Found()
        start = reader.at
        reader.at += 1
        reader.blanks()
        if reader.peek() != "{":
            found = self._named(reader, starts=False) if is_word(reader.peek()) else None
            return found or None
        reader.at = start
        return self._json(reader)

    def _json(self, reader: Reader) -> Found | None:
        start = reader.at
        try:
            value = reader.value()
        except (MalformedError, CutError) as error:
            written = reader.text[start : reader.at]
            names = [word for word in re.findall(r"\w+", written) if is_telling(word) and self._offered.find(word)]
            if names or (isinstance(error, CutError) and '"' in written):
                return self._spoilt(names[0] if names else "?", reader)
            return None
        return calls_in(value, self._offered) or None

    def _named(self, reader: Reader, *, starts: bool) -> Found | None:
        """Read a tool's name and its arguments; not the words of a sentence about it."""
        name = reader.word()
        tool = self._offered.find(name)
        reader.takes("[ARGS]")
        if reader.peek() in {"(", "{"}:
            return self._bracketed(name, tool, reader, starts=starts)
        return self._loose(name, tool, reader, starts=starts) if tool and is_telling(name) else None

    def _bracketed(self, name: str, tool: str | None, reader: Reader, *, starts: bool) -> Found | None:
        if tool is None and not is_telling(name):
            return None
        try:
            arguments = _unwrapped(reader.arguments())
        except (MalformedError, CutError):
            return self._spoilt(name, reader) if tool else None
        if tool is None:
            return Found(broken=[name]) if self._offered.knows_one_of(arguments.named) else None
        says_nothing = not arguments.named and not (arguments.bare and is_telling(name))
        if says_nothing and self._offered.properties(tool) and not starts:
            return None
        found = Found()
        found.add(self._offered, name, arguments)
        return found

    def _loose(self, name: str, tool: str, reader: Reader, *, starts: bool) -> Found | None:
        """Read arguments without brackets around them: the rest of the line, or an input on the next one."""
        reader.blanks(" \t:`*")
        end = reader.at
        reader.blanks()
        if label := next(filter(reader.takes, _INPUTS), None):
            reader.blanks(" \t:")
        if reader.peek() == "{":
            return self._bracketed(name, tool, reader, starts=starts)
        if not label:
            reader.at = end
        line = reader.line().strip()
        if not line:
            return self._alone(name, tool) if starts else None
        if not label and _MENTION.match(line.casefold()):
            return None
        arguments = self._offered.read(tool, line)
        if not (starts or label or arguments.named or self._offered.knows(tool, arguments.bare[:1])):
            return None
        found = Found()
        found.add(self._offered, name, arguments)
        return found

    def _alone(self, name: str, tool: str) -> Found:
        """Return a call without arguments, if there are none; else it would reach everything."""
        found = Found()
        if self._offered.properties(tool):
            found.broken.append(name)
        else:
            found.add(self._offered, name, Arguments())
        return found

    @staticmethod
    def _spoilt(name: str, reader: Reader) -> Found:
        """Read the rest of a line that began as a call and cannot be read as one."""
        while (char := reader.peek()) and char != "\n":
            reader.at += 1
        return Found(broken=[name])


def _parameters(inside: str) -> dict[str, Any]:
    return {name: plain_value(text.strip()) for name, text in _PARAMETER.findall(inside)}


def _unwrapped(arguments: Arguments) -> Arguments:
    """Open `HassTurnOn({"name": ...})`."""
    only = arguments.bare[0] if len(arguments.bare) == 1 and not arguments.named else None
    return Arguments(only) if isinstance(only, dict) else arguments
