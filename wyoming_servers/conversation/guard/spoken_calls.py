"""Finds the calls that a model writes as plain text, and keeps them from being spoken. Pure logic.

A third of what one small model of the recorded runs got wrong were calls in its speech: `HassTurnOff light Kitchen
Light`. What is a call, or begins like one, is held back while it is written; an ordinary word waits for its end only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine import Tool, ToolCall
from .forms import Forms
from .offered import Offered
from .reader import MoreNeededError, Reader, is_word
from .shapes import Found

LONG = 64
"""From how many characters on what is held back is not read anew with each piece, but when it may be complete."""

_DECIDING = frozenset(")}]>\n")
_BEFORE_A_CALL = "\n.!?:;,\u3002\uff01\uff1f\uff1a\uff1b\uff0c"
_AFTER_A_CALL = ")]},;.`"


@dataclass(frozen=True)
class Spoken:
    """What a text is made of."""

    speech: str
    """What may be spoken: nothing of a call is in it."""
    calls: tuple[ToolCall, ...] = ()
    broken: tuple[str, ...] = ()
    """Names of what was called and is no tool that was offered, or whose arguments make no sense."""


def find_calls(
    text: str, tools: Collection[Tool], constraints: Mapping[str, Mapping[str, Any]] | None = None
) -> Spoken:
    """Return the calls in a text and what is left to speak; `constraints` as in a `ChatRequest`."""
    speech = Speech(tools, constraints)
    spoken = speech.feed(text) + speech.finish()
    return Spoken(spoken.strip(), speech.calls, speech.broken)


class Speech:
    """The filter of one answer: words go through, calls are kept. However a text is split, the same comes of it."""

    def __init__(self, tools: Collection[Tool], constraints: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._forms = Forms(Offered(tools, constraints))
        self._found = Found()
        self._text = ""
        self._at = 0
        self._after_call = False
        self._last = "\n"
        self._look_again_at = 0

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls that were found so far."""
        return tuple(self._found.calls)

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of calls so far that cannot be executed."""
        return tuple(self._found.broken)

    def feed(self, delta: str) -> str:
        """Take a piece of the answer; return what may be spoken now."""
        self._text += delta
        if len(self._text) < self._look_again_at and not _DECIDING.intersection(delta):
            return ""
        return self._released(final=False)

    def finish(self) -> str:
        """Return what was held back and is no call, once the answer has ended."""
        return self._released(final=True)

    def _released(self, *, final: bool) -> str:
        released = ""
        while self._at < len(self._text):
            reader = Reader(self._text, self._at, final=final)
            try:
                spoken = self._step(reader)
            except MoreNeededError:
                held = len(self._text) - self._at
                self._look_again_at = len(self._text) + (held // 8 if held > LONG else 0)
                break
            self._at = reader.at
            self._last = spoken[-1:] or self._last
            released += spoken
        return released

    def _step(self, reader: Reader) -> str:
        """Read what stands next, and return what of it is spoken."""
        char = reader.peek()
        if self._after_call and (char in _AFTER_A_CALL or (char.isspace() and self._last.isspace())):
            reader.at += 1
            return ""
        start = reader.at
        found = self._forms.read(reader, starts=self._after_call or self._starts())
        if found is None:
            reader.at = start
            spoken = self._token(reader)
            self._after_call = self._after_call and spoken.isspace()
            return spoken
        self._found.calls += found.calls
        self._found.broken += found.broken
        self._after_call = True
        return ""

    def _starts(self) -> bool:
        """Whether a line, a sentence or a clause starts here."""
        before = self._text[: self._at].rstrip(" \t`*_\"'")
        return not before or before[-1] in _BEFORE_A_CALL

    @staticmethod
    def _token(reader: Reader) -> str:
        start = reader.at
        if not (reader.word() if is_word(reader.peek()) else reader.blanks("`")):
            reader.at += 1
        return reader.text[start : reader.at]
