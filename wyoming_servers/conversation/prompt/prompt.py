"""The parts of a request to a model: a prefix that follows from naming and language alone, and the user's message.

Pure logic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...home.model import HomeSnapshot
from ..engine import ChatRequest, Message, Role, Tool, ToolChoice
from .home import Listing, listing
from .persona import Persona, examples
from .tail import Tail
from .text import plain_lines
from .tools import tools

HOME_TOKENS = 2000
"""So much a home's names may take by estimate: a quarter of the usual context. A larger home is told in the tail."""


@dataclass(frozen=True)
class Prompt:
    """What is the same in every turn of one home in one language."""

    persona: Persona
    tools: tuple[Tool, ...]
    prefix: tuple[Message, ...]
    """The system message, then the examples in whole exchanges."""
    names_all: bool
    """Whether the prefix names every entity; if not, the tail names those that matter."""

    @property
    def system(self) -> Message:
        """The system message."""
        return self.prefix[0]


def build(
    home: HomeSnapshot,
    persona: Persona,
    budget_tokens: int = HOME_TOKENS,
    described: tuple[Tool, ...] | None = None,
    instructions: str = "",
) -> Prompt:
    """Return the prompt of a home, from its naming alone: build it anew when that changes.

    `described` are the tools, sorted by name; None: what this home has a use for. `instructions` are the household's.
    """
    listed = listing(home, budget_tokens)
    described = tools(home) if described is None else described
    rules = persona.rules if described else persona.rules_without_tools
    system = system_message(listed, persona, rules, instructions)
    return Prompt(persona, described, (system, *examples(home, persona, described)), listed.complete)


def system_message(listed: Listing, persona: Persona, rules: str, instructions: str) -> Message:
    """Return the manners, what the household wants, then the home."""
    wanted = plain_lines(instructions)
    parts = (
        rules,
        f"{persona.wishes}\n{wanted}" if wanted else "",
        f"{persona.heading}\n{listed.text}" if listed.text else "",
    )
    return Message(Role.SYSTEM, "\n\n".join(filter(None, parts)))


def user_message(utterance: str, tail: Tail) -> Message:
    """Return the user's words with what is true now before them."""
    return Message(Role.USER, tail.before(utterance))


def opening_message(tail: Tail) -> Message:
    """Return what is known of the user's message before the words: for a prefill while they are spoken."""
    return Message(Role.USER, tail.opening)


def request(
    prompt: Prompt,
    history: tuple[Message, ...],
    *messages: Message,
    callable_names: frozenset[str] | None = None,
    constraints: Mapping[str, Mapping[str, Any]] | None = None,
    choice: ToolChoice = ToolChoice.AUTO,
    max_tokens: int = 512,
    temperature: float = 0.0,
) -> ChatRequest:
    """Return a turn's request: prefix, history, then the user's message and what calls in this turn came to."""
    return ChatRequest(
        messages=(*prompt.prefix, *history, *messages),
        stable=len(prompt.prefix),
        tools=prompt.tools,
        callable=callable_names,
        constraints=constraints or {},
        choice=choice,
        max_tokens=max_tokens,
        temperature=temperature,
    )


def calling_nothing(request: ChatRequest) -> ChatRequest:
    """Return a request in whose answer no tool can be called; the prompt is the same.

    So is every request in which documents are quoted: what is called there, a document may have asked for.
    """
    return replace(request, callable=frozenset(), choice=ToolChoice.NONE)
