"""What an endpoint's refusals mean. Pure logic.

A server's own words never leave this module: they may hold the key, the prompt, or anything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import EngineLoadingError, OverloadedError, RemoteError, SottoError

_TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "maximum model length",
    "context length",
    "context size",
    "context window",
    "prompt is too long",
    "max_model_len",
    "too many tokens",
    "input is too large",
    "limit-exceeded",
)
"""In what OpenAI, vLLM, llama-server, Ollama, TensorRT-LLM and Sotto say of a prompt that does not fit; in small
letters."""
_NO_TOOLS = ("enable-auto-tool-choice", "does not support tools", "--jinja")
_TOOLS_REMEDY = (
    "vLLM wants --enable-auto-tool-choice and --tool-call-parser, llama-server --jinja, Ollama a model with tools."
)
_REFUSALS = frozenset({400, 413, 422})


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error."""

    status: int
    """0 where the error came in the middle of an answer that had begun well."""
    message: str = ""
    """In small letters; to be looked at, never to be shown."""
    param: str = ""
    """The field of the request that is wrong, where the server says so."""

    @property
    def too_long(self) -> bool:
        """Whether the prompt does not fit the context."""
        return self.status in {0, *_REFUSALS, 500} and any(words in self.message for words in _TOO_LONG)

    @property
    def of_request(self) -> bool:
        """Whether another request might be taken."""
        return self.status in _REFUSALS and not self.of_tools

    @property
    def of_tools(self) -> bool:
        """Whether the server was not started in a way that lets it call tools, or its model cannot."""
        return any(words in self.message for words in _NO_TOOLS)


def refusal_of(status: int, body: object) -> Refusal:
    """Read an error's body, whose form differs from server to server."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    param = error.get("param") if isinstance(error, Mapping) else None
    message = error if isinstance(error, str) else _dumped(error)
    return Refusal(status, message[:100_000].casefold(), param if isinstance(param, str) else "")


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


_SEE_LOG = "See its log."
_MEANINGS: tuple[tuple[frozenset[int], type[SottoError], str, str], ...] = (
    (frozenset({401, 403}), RemoteError, "does not accept the key", "See the key in the settings."),
    (
        frozenset({404, 405}),
        RemoteError,
        "does not know the model, or is no OpenAI-compatible endpoint",
        "See its URL, which mostly ends in /v1, and the model's name.",
    ),
    (frozenset({429}), OverloadedError, "has too much to do", "Ask again later."),
    (
        frozenset(range(300, 400)),
        RemoteError,
        "says that it has moved, and nobody follows with a key",
        "Set the URL that it has moved to.",
    ),
    (_REFUSALS, RemoteError, "does not take the request", _SEE_LOG),
)


def error_of(refusal: Refusal, host: str) -> SottoError:
    """Return what to tell of a refusal."""
    kind, what, remedy = _meaning(refusal)
    status = f" ({refusal.status})" if refusal.status else ""
    return kind(f"The endpoint {host} {what}{status}.", remedy=remedy)


def _meaning(refusal: Refusal) -> tuple[type[SottoError], str, str]:
    if refusal.status == 503 and "loading" in refusal.message:
        return EngineLoadingError, "is loading its model", "Ask again shortly."
    if refusal.of_tools:
        return RemoteError, "does not call tools", _TOOLS_REMEDY
    found = ((kind, what, remedy) for statuses, kind, what, remedy in _MEANINGS if refusal.status in statuses)
    return next(found, (RemoteError, "failed", _SEE_LOG))
