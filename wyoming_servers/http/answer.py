"""An answer in OpenAI's words: whole, or as the chunks of a stream. Pure logic."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..conversation.engine import ChatEvent, Finished, TextDelta, ToolCall
from ..conversation.knowledge.quoting import Source
from ..errors import EngineError


def _call_object(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {
        "id": call.call_id or f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


SourcesOf = Callable[[str], Sequence[Source]]
"""Where an answer is from."""


def _no_sources(_: str) -> Sequence[Source]:
    return ()


def _own(finished: Finished, sources: Sequence[Source]) -> dict[str, Any]:
    """Return what stands beside OpenAI's usage: how fast the model was, and which documents the answer is from."""
    pace: dict[str, Any] = {
        "first_token_s": rounded(finished.first_token_s, 3),
        "tokens_per_s": rounded(finished.tokens_per_s, 1),
    }
    told = [{"document": each.document_id, "title": each.title, "page": each.page} for each in sources]
    return {**pace, "sources": told} if told else pace


def rounded(value: float | None, digits: int) -> float | None:
    """Round a figure that may not be known."""
    return None if value is None else round(value, digits)


def _usage(finished: Finished) -> dict[str, Any]:
    return {
        "prompt_tokens": finished.prompt_tokens,
        "completion_tokens": finished.completion_tokens,
        "total_tokens": finished.prompt_tokens + finished.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": finished.reused_tokens},
    }


def _frame(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": model}


class Completion:
    """Gathers a whole answer."""

    def __init__(self, model: str, sources_of: SourcesOf = _no_sources) -> None:
        self._frame = _frame("chat.completion", model)
        self._sources_of = sources_of
        self._text: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._finished: Finished | None = None

    def add(self, event: ChatEvent) -> None:
        """Take the next event."""
        if isinstance(event, TextDelta):
            self._text.append(event.text)
        elif isinstance(event, ToolCall):
            self._calls.append(_call_object(event))
        else:
            self._finished = event

    def object(self) -> dict[str, Any]:
        """Return the completion; raises EngineError if the answer has no end."""
        if self._finished is None:
            raise EngineError("The language model broke off in mid-sentence.", remedy="Try again.")
        text = "".join(self._text)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": text if text or not self._calls else None,
            "refusal": None,
        }
        if self._calls:
            message["tool_calls"] = self._calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finished.reason.value}
        own = _own(self._finished, self._sources_of(text))
        return {**self._frame, "choices": [choice], "usage": _usage(self._finished), "sotto": own}


class Chunks:
    """Makes the chunks of one stream."""

    def __init__(self, model: str, *, include_usage: bool, sources_of: SourcesOf = _no_sources) -> None:
        self._frame = _frame("chat.completion.chunk", model)
        self._sources_of = sources_of
        self._text: list[str] = []
        if include_usage:
            self._frame["usage"] = None
        self._include_usage = include_usage
        self._calls = 0
        self._finished = False
        self._role = {"role": "assistant", "content": ""}
        """Goes out with the first chunk."""

    def of(self, event: ChatEvent) -> Iterator[dict[str, Any]]:
        """Yield the chunks that this event becomes."""
        if isinstance(event, TextDelta):
            self._text.append(event.text)
            yield self._chunk({"content": event.text})
        elif isinstance(event, ToolCall):
            yield self._chunk({"tool_calls": [{"index": self._calls, **_call_object(event)}]})
            self._calls += 1
        else:
            self._finished = True
            yield self._chunk({}, event.reason.value)
            if self._include_usage:
                own = _own(event, self._sources_of("".join(self._text)))
                yield {**self._frame, "choices": [], "usage": _usage(event), "sotto": own}

    def end(self) -> None:
        """Raise EngineError if the answer has no end."""
        if not self._finished:
            raise EngineError("The language model broke off in mid-sentence.", remedy="Try again.")

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        delta, self._role = {**self._role, **delta}, {}
        return {
            **self._frame,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
        }
