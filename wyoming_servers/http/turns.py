"""The turns of the HTTP door, made away from the event loop, and what is remembered from one to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import monotonic

from ..conversation.consulting import NO_EVIDENCE, Consulting, Evidence
from ..conversation.languages import FALLBACK, resolve_language
from ..conversation.prompt.history import SentMessages
from ..home.model import HomeSnapshot
from ..settings import Settings
from .completion import Asked
from .evidence import asked_of_documents
from .homes import Homes, KnownHome
from .prompted import Around, prompted_turn, words_of
from .sotto_fields import HomeFields, PromptFields
from .turn import Turn, make_turn


def _now() -> datetime:
    return datetime.now().astimezone()


class Turns:
    """Makes turns of what bodies ask for."""

    def __init__(
        self,
        settings: Settings,
        homes: Homes,
        consulting: Consulting,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._homes = homes
        self._consulting = consulting
        self._now = now
        self._nowhere = KnownHome(HomeSnapshot())
        self._sent = SentMessages(clock)
        self._making = asyncio.Lock()
        """What was learnt of a home is not for two threads at once."""

    async def make(self, asked: Asked, *, ahead: bool = False) -> Turn:
        """Return the turn; raises UnknownHomeError and FieldError. `ahead`: no answer to it is wanted yet."""
        fields = asked.sotto
        language = self._settings.server.language
        evidence = NO_EVIDENCE if ahead else await self._evidence(asked)
        async with self._making:
            if fields is None or fields.prompt is None:
                return make_turn(asked, self._homes, language)
            is_taken_back = not ahead and await self._is_taken_back(asked, fields, fields.prompt)
            around = replace(self._around(asked, fields, fields.prompt), evidence=evidence, is_taken_back=is_taken_back)
            return await asyncio.to_thread(prompted_turn, asked, around)

    def remember(self, asked: Asked, turn: Turn) -> None:
        """Keep how the user's messages are sent, so that they are sent so again."""
        if asked.sotto is not None and asked.sotto.prompt is not None:
            self._sent.keep(asked.sotto.prompt.conversation, turn.contents)

    async def _is_taken_back(self, asked: Asked, fields: HomeFields, wanted: PromptFields) -> bool:
        """Whether what was said before was not meant for us."""
        words = asked_of_documents(asked)
        return bool(words) and await self._consulting.dismissed(words, wanted.conversation, fields.device)

    async def _evidence(self, asked: Asked) -> Evidence:
        words = asked_of_documents(asked)
        language = asked.sotto.language if asked.sotto is not None else None
        code = resolve_language(language or self._settings.server.language) or FALLBACK
        prompt = asked.sotto.prompt if asked.sotto is not None else None
        conversation = prompt.conversation if prompt is not None else None
        return await self._consulting.ask(words, code, conversation) if words else NO_EVIDENCE

    def _around(self, asked: Asked, fields: HomeFields, wanted: PromptFields) -> Around:
        home = self._nowhere if fields.home is None else self._homes.find(fields.home)
        return Around(
            home=home,
            seen=home.with_seen(asked.request.tools),
            recalled=self._sent.recall(wanted.conversation, words_of(asked.request)),
            now=self._now(),
            context_tokens=self._settings.llm.context,
            language=self._settings.server.language,
            ignores_chatter=self._settings.conversation.chatter == "ignore",
        )
