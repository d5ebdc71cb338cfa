"""Sotto's own part of a body: where something was said, and what the server writes a prompt from. Pure logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import voluptuous as vol

from ..home.model import HomeSnapshot
from .body import longer_text, mapping, optional, text, word

MOST_STATES = 10_000
TEXT_CHARS = 20_000
"""Some 6000 tokens: what is longer fits in no usual context beside a home."""


@dataclass(frozen=True)
class State:
    """How a thing is now."""

    state: str
    attributes: Mapping[str, Any] | None = None
    """None: as they were."""


@dataclass(frozen=True)
class PromptFields:
    """What the server is to write the prompt from, beside the home."""

    instructions: str = ""
    """What the household wants of this agent, always."""
    context: str = ""
    """What holds for this conversation only."""
    now: datetime | None = None
    """The client's clock, in its zone; None: the server's."""
    states: Mapping[str, State] = field(default_factory=dict)
    """By entity id."""
    conversation: str | None = None


@dataclass(frozen=True)
class HomeFields:
    """What Sotto's own part of the body says of where something was said."""

    home: str | None = None
    """The hash of a home that was sent; None: the server's own, or none where the server writes the prompt."""
    area: str | None = None
    device: str | None = None
    """The satellite, from which the area follows where `area` is not given."""
    language: str | None = None
    prompt: PromptFields | None = None
    """None: the client has written it."""


def sotto_fields(value: Any) -> HomeFields:
    """Check Sotto's part of a body."""
    return HomeFields(**_SOTTO(mapping(value)))


def with_states(home: HomeSnapshot, states: Mapping[str, State]) -> HomeSnapshot:
    """Return the home with these states in place of its own; what is not in it is passed over."""
    if not states:
        return home
    entities = (
        replace(each, state=now.state, attributes=each.attributes if now.attributes is None else now.attributes)
        if (now := states.get(each.entity_id))
        else each
        for each in home.entities
    )
    return replace(home, entities=tuple(entities))


def _prompt(value: Any) -> PromptFields:
    fields = _PROMPT(mapping(value))
    return PromptFields(**{name: given for name, given in fields.items() if given is not None})


def _now(value: Any) -> datetime:
    try:
        now = datetime.fromisoformat(text(value))
    except ValueError:
        now = None
    if now is None or now.tzinfo is None:
        raise vol.Invalid("it must be a time with its offset, such as 2026-11-29T20:15:00+08:00")
    return now


def _states(value: Any) -> dict[str, State]:
    states = mapping(value)
    if len(states) > MOST_STATES:
        raise vol.Invalid(f"it must have at most {MOST_STATES} entities")
    checked: dict[str, State] = vol.Schema({str: _state})(states)
    return checked


def _state(value: Any) -> State:
    if isinstance(value, str):
        return State(value)
    if not isinstance(value, dict):
        raise vol.Invalid("it must be text, or an object with state and attributes")
    return State(**_STATE(value))


_STATE = vol.Schema({vol.Required("state"): text, **optional("attributes", mapping)})
_PROMPT = vol.Schema(
    {
        **optional("instructions", longer_text(TEXT_CHARS)),
        **optional("context", longer_text(TEXT_CHARS)),
        **optional("now", _now),
        **optional("states", _states),
        **optional("conversation", word),
    }
)
_SOTTO = vol.Schema(
    {
        **optional("home", word),
        **optional("area", word),
        **optional("device", word),
        **optional("language", word),
        **optional("prompt", _prompt),
    }
)
