"""Asking before risky calls of a model are made, and making them only after a clear yes of the user.

Whether a call is asked about follows from what it would do to this home (`judging.py`), and whether the user agrees
from the user's own next sentence (`consent.py`). The model takes part in neither: it has no tool and no word for a yes,
and what it claims in a call or beside it is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from homeassistant.components.conversation import ChatLog
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm

from .consent import Consent, consent_in
from .const import Confirm
from .judging import risks_of
from .questions import declined, echoes_of, question_about

KEPT_S = 60.0
"""As long as somebody may think about it. Home Assistant goes on with a conversation for 5 minutes; no door is opened
for a yes that late."""
MOST_KEPT = 32
"""Of as many conversations the last question is kept."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The user agreed to these calls."""

    calls: list[llm.ToolInput]


@dataclass(frozen=True, slots=True)
class Declined:
    """The user did not agree. This is to be said."""

    text: str


type _Speaker = tuple[str | None, str | None]
"""A satellite's device, and a user: whoever of both is known."""


@dataclass(frozen=True, slots=True)
class _Asked:
    calls: list[llm.ToolInput]
    speaker: _Speaker
    echoes: frozenset[str]
    until: float


class Confirmations:
    """What an agent has asked and not yet been answered, by conversation."""

    def __init__(self, hass: HomeAssistant, level: Confirm, clock: Callable[[], float] = monotonic) -> None:
        """Ask about what `level` says; `clock` gives seconds that never run backwards."""
        self._hass = hass
        self._level = level
        self._clock = clock
        self._asked: dict[str, _Asked] = {}

    async def question_about(self, calls: list[llm.ToolInput], chat_log: ChatLog, language: str) -> str | None:
        """Return the question to ask before these calls are made, or None. Then all of them wait for the answer.

        It ends in a question mark: Home Assistant listens on.
        """
        api = chat_log.llm_api
        if self._level is Confirm.NEVER or api is None:
            return None
        risks = [risk for call in calls for risk in await risks_of(self._hass, api, call)]
        if self._level is Confirm.SECURITY:
            risks = [risk for risk in risks if risk.security]
        if not risks:
            return None
        until = self._clock() + KEPT_S
        self._keep(chat_log.conversation_id, _Asked(list(calls), _speaker(api), echoes_of(risks, language), until))
        return question_about(risks, language)

    def answered(self, chat_log: ChatLog, text: str, language: str) -> Confirmed | Declined | None:
        """Return what the user's next sentence means for what was asked; then nothing is asked any more.

        None: it is no answer, or there was no question, or it was too long ago, or somebody else was asked. On another
        satellite the same call could move something else: a thing of the same name in that room.
        """
        asked, api = self._asked.pop(chat_log.conversation_id, None), chat_log.llm_api
        if asked is None or api is None or self._clock() > asked.until or _speaker(api) != asked.speaker:
            return None
        match consent_in(text, language, asked.echoes):
            case Consent.YES:
                return Confirmed(asked.calls)
            case Consent.NO:
                return Declined(declined(language))
            case _:
                return None

    def _keep(self, conversation_id: str, asked: _Asked) -> None:
        self._asked.pop(conversation_id, None)
        self._asked[conversation_id] = asked
        while len(self._asked) > MOST_KEPT:
            del self._asked[next(iter(self._asked))]


def _speaker(api: llm.APIInstance) -> _Speaker:
    context = api.llm_context
    return context.device_id, context.context.user_id if context.context else None
