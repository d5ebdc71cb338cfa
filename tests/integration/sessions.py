"""A conversation that is begun or gone on with, as each release of Home Assistant has it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from inspect import signature
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.chat_session import ChatSession, async_get_chat_session

_FOR_NOBODY: dict[str, Any] = {"context": None} if "context" in signature(async_get_chat_session).parameters else {}
"""From 2026.11 on a session has an owner, and it must be said if it has none."""


def open_session(hass: HomeAssistant, conversation_id: str | None) -> AbstractContextManager[ChatSession]:
    """Open the session of a conversation, a new one for None; nobody owns it."""
    return async_get_chat_session(hass, conversation_id, **_FOR_NOBODY)
