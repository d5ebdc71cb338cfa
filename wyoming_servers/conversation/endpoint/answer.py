"""An answer out of the chunks of OpenAI's protocol, which no two servers write in the same way. Pure logic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..engine import ChatEvent, Finished, FinishReason, TextDelta, ToolCall
from .calls import CallAssembler
from .thinking import ThinkingFilter

_NOT_WRITTEN = frozenset({"role", "refusal"})
"""Fields of a delta that no token stands behind."""

MayCall = Callable[[str], bool]
"""Whether a tool may be called in this answer."""


class Answer:
    """One answer, chunk by chunk."""

    def __init__(self, may_call: MayCall) -> None:
        self._may_call = may_call
        self._thinking = ThinkingFilter()
        self._calls = CallAssembler()
        self._reason = ""
        self._spoke = False
        self._called = False
        self._not_callable = False
        self._usage: Mapping[str, Any] = {}
        self._timings: Mapping[str, Any] = {}

    @property
    def finished(self) -> bool:
        """Whether the server said that the answer is complete."""
        return bool(self._reason)

    @property
    def useless(self) -> bool:
        """Whether the model did nothing but call in vain: without arguments that can be read, or what it may not."""
        return not (self._spoke or self._called) and (self._calls.broken or self._not_callable)

    def read(self, chunk: Mapping[str, Any]) -> Iterator[ChatEvent]:
        """Yield what a chunk adds."""
        self._usage = _mapping(chunk.get("usage")) or self._usage
        self._timings = _mapping(chunk.get("timings")) or self._timings
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                yield from self._read(choice)

    def _read(self, choice: Mapping[str, Any]) -> Iterator[ChatEvent]:
        delta = _mapping(choice.get("delta")) or _mapping(choice.get("message"))
        yield from self._say(self._thinking.feed(_content(delta.get("content"))))
        calls = delta.get("tool_calls")
        if isinstance(calls, list) and calls:
            yield from self._say(self._thinking.end())
            yield from self._call(self._calls.feed([call for call in calls if isinstance(call, dict)]))
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            self._reason = reason

    def end(self, *, cut: bool = False, dropped_messages: int = 0) -> Iterator[ChatEvent]:
        """Yield what is left and `Finished`; `cut` where the answer was longer than it may be."""
        yield from self._say(self._thinking.end())
        yield from self._call(self._calls.end())
        reason = FinishReason.CALLS if self._called else FinishReason.STOP
        yield Finished(
            FinishReason.LENGTH if cut or self._reason == "length" else reason,
            prompt_tokens=_count(self._usage, "prompt_tokens"),
            reused_tokens=self._reused(),
            completion_tokens=_count(self._usage, "completion_tokens"),
            dropped_messages=dropped_messages,
        )

    def _reused(self) -> int:
        details = _mapping(self._usage.get("prompt_tokens_details"))
        return _count(details, "cached_tokens") or _count(self._timings, "cache_n")  # the second is llama-server's

    def _say(self, text: str) -> Iterator[ChatEvent]:
        words = text if self._spoke else text.lstrip()
        if words:
            self._spoke = True
            yield TextDelta(words)

    def _call(self, calls: Iterator[ToolCall]) -> Iterator[ChatEvent]:
        for call in calls:
            if self._may_call(call.name):
                self._called = True
                yield call
            else:
                self._not_callable = True


def bears_tokens(chunk: Mapping[str, Any]) -> bool:
    """Whether a model wrote something in this chunk: words, thinking, or a piece of a call."""
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else []:
        delta = _mapping(_mapping(choice).get("delta")) or _mapping(_mapping(choice).get("message"))
        if any(value for name, value in delta.items() if name not in _NOT_WRITTEN):
            return True
    return False


def _content(value: Any) -> str:
    """Return the words of a content, which may be a list of parts; half characters are replaced."""
    if isinstance(value, list):
        value = "".join(_content(_mapping(part).get("text")) for part in value)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) and value > 0 else 0
