"""What is told of a turn when it is over: figures and outcome, never words or names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry

from .client import Figures
from .const import DOMAIN


class Outcome(StrEnum):
    """How a turn ended."""

    ANSWERED = "answered"
    """With words alone."""
    ACTED = "acted"
    """With at least one tool that was called."""
    ASKED = "asked"
    """With a question that must be confirmed before anything is done."""
    IGNORED = "ignored"
    """With nothing: it was not meant for us."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One sentence of a user and what became of it."""

    agent: str
    """Entity id."""
    outcome: Outcome
    language: str
    error: str | None
    """Code of what went wrong."""
    tools: int
    """How many were called."""
    rounds: int
    """How often the model was asked."""
    first_text_s: float | None
    """From the sentence to the first word of the answer; None without one."""
    total_s: float
    figures: Figures | None
    """Of the last answer of the model."""


def turn_signal(entry: ConfigEntry) -> str:
    """Return the dispatcher signal that is sent with each Turn of an entry's agents."""
    return f"{DOMAIN}_turn_{entry.entry_id}"
