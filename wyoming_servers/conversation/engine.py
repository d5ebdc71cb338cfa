"""What a language model is to a conversation: messages and tools in, words and calls out as they are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """Who wrote a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    """The result of a call."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants executed."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    call_id: str = ""


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    """What the assistant called."""
    call_id: str = ""
    """The call of which a tool's message is the result."""
    images: tuple[str, ...] = ()
    """Data URLs of what a user shows, only where `ModelStatus.vision`."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """A JSON schema of an object."""


class ToolChoice(StrEnum):
    """Whether the model calls tools in this answer."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    """It calls at least one, and says nothing."""


@dataclass(frozen=True)
class ChatRequest:
    """What an answer is wanted to."""

    messages: tuple[Message, ...]
    """A system message first, if there is one; then the history in whole exchanges; the user's words last, or the
    results of the calls that they led to. Everything up to the last user message is a prefix that should not change
    from turn to turn."""
    stable: int = 0
    """How many of the messages, from the first, all turns share: a system message and examples. They are kept on disk
    where an engine can, and are not dropped with the history. A leading system message always counts."""
    tools: tuple[Tool, ...] = ()
    """All that the prompt describes, sorted by name."""
    callable: frozenset[str] | None = None
    """Names of the tools that may be called in this answer; None: all. The prompt is the same either way."""
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters by tool that are narrower than those in the prompt: with the home's real names."""
    choice: ToolChoice = ToolChoice.AUTO
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the answer's text must satisfy; no tool is called then."""
    max_tokens: int = 512
    temperature: float = 0.0


@dataclass(frozen=True)
class TextDelta:
    """A piece of what the assistant says. Thinking is never in it."""

    text: str


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    CALLS = "tool_calls"
    LENGTH = "length"


@dataclass(frozen=True)
class Finished:
    """The end of an answer, and what it cost."""

    reason: FinishReason
    prompt_tokens: int = 0
    reused_tokens: int = 0
    """Of the prompt, those that were evaluated before."""
    completion_tokens: int = 0
    dropped_messages: int = 0
    """Oldest messages of the history that did not fit."""
    first_token_s: float | None = field(default=None, compare=False)
    """From when the engine was asked to the first token, of words, a call or thinking; None: there was none, or the
    answer is not the model's. Waiting for other answers, or for the model to wake, is in it."""
    tokens_per_s: float | None = field(default=None, compare=False)
    """From the first token to the last; None for fewer than two, or where nobody counted them."""


@dataclass(frozen=True)
class BrokenCall:
    """What began as a call and is none: no JSON, no name, or cut off."""

    text: str


ChatEvent = TextDelta | ToolCall | Finished
"""Words and calls in the order in which they were written; `Finished` comes last, once."""

ModelEvent = ChatEvent | BrokenCall
"""What a model itself may write."""


class ModelState(StrEnum):
    """Where a language model is."""

    ABSENT = "absent"
    """There is none yet; one that comes is used."""
    LOADING = "loading"
    READY = "ready"
    ASLEEP = "asleep"
    """Its memory was given back; the next request loads it again."""
    FAILED = "failed"


@dataclass(frozen=True)
class ModelStatus:
    """What `sotto doctor`, `/api/status` and Info tell of a language model."""

    engine: str
    model: str
    state: ModelState
    detail: str = ""
    """Where it computes, such as `cpu` or `CUDA, 29 of 29 layers`; or why it failed, with the remedy."""
    context_tokens: int = 0
    """0 where the engine does not know."""
    restarts: int = 0
    vision: bool = False
    """Whether it takes images."""


class LanguageModel(ABC):
    """A language model, here or elsewhere. Its methods run on the event loop and never block it."""

    @property
    @abstractmethod
    def status(self) -> ModelStatus:
        """How it is, from memory."""

    @property
    def waiting(self) -> int:
        """How many answers wait until the engine begins with them."""
        return 0

    async def reload(self) -> None:
        """Take up what is new on disk; returns when it is in use. For engines that look at none, nothing."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to load; returns at once, also when it will fail."""

    @abstractmethod
    async def stop(self) -> None:
        """End everything that was started."""

    @abstractmethod
    def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield an answer as it is written; closing the generator stops the model within 100 ms.

        Raises EngineLoadingError, EngineUnavailableError, EngineError, OverloadedError, RemoteError, or
        LimitExceededError for a prompt that does not fit even without history. Nothing is raised before the first
        `anext`.
        """

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate the prompt, with what is known of the last user's message, and return how many tokens that took.

        For engines that cannot, 0 at once. Gives way to `chat`.
        """
        del request
        return 0
