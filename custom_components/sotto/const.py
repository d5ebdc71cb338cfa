"""Names, options and their defaults, once."""

from __future__ import annotations

from enum import StrEnum
import logging
from typing import Final

DOMAIN: Final = "sotto"
LOGGER: Final = logging.getLogger(__package__)

API_VERSION: Final = 1
"""The contract with the server that this integration speaks: docs/http.md."""

DEFAULT_PORT: Final = 10601

SUBENTRY_CONVERSATION: Final = "conversation"
SUBENTRY_AI_TASK: Final = "ai_task_data"
SUBENTRY_DOCUMENTS: Final = "documents"
"""By its flow a server is given documents; there are no subentries of this kind."""

CONF_CONFIRM: Final = "confirm"
CONF_MAX_TOKENS: Final = "max_tokens"
CONF_TEMPERATURE: Final = "temperature"
CONF_PREFILL: Final = "prefill"
CONF_RECOMMENDED: Final = "recommended"
CONF_QUIET_START: Final = "quiet_start"
CONF_QUIET_END: Final = "quiet_end"

DEFAULT_CONVERSATION_NAME: Final = "Sotto"
DEFAULT_AI_TASK_NAME: Final = "Sotto AI task"
DEFAULT_MAX_TOKENS: Final = 400
DEFAULT_TEMPERATURE: Final = 0.2
DEFAULT_AI_TASK_TOKENS: Final = 2000
DEFAULT_PREFILL: Final = True

LEAST_TOKENS: Final = 16
MOST_TOKENS: Final = 16_384
"""What the server itself takes as --llm-max-tokens."""

MAX_ROUNDS: Final = 10
"""So often a turn, or a task with tools, asks the model, as Home Assistant's own agents do."""


class Confirm(StrEnum):
    """Which calls of a model are asked about before Home Assistant executes them."""

    NEVER = "never"
    SECURITY = "security"
    """What unlocks, opens a door, a gate or a garage, or disarms."""
    DESTRUCTIVE = "destructive"
    """These, and every tool beyond Assist's own that may destroy something: scripts, tools of other integrations."""


DEFAULT_CONFIRM: Final = Confirm.DESTRUCTIVE
