"""Evaluating the prompt ahead of time: when an agent comes, when names change, and while the user speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN, ChatLog
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    llm,
)
from homeassistant.helpers.chat_session import CONVERSATION_TIMEOUT
from homeassistant.helpers.debounce import Debouncer
from homeassistant.util import dt as dt_util
from homeassistant.util.event_type import EventType

from .asking import Asking, apis_of
from .client import SottoError
from .const import DOMAIN, LOGGER
from .coordinator import SottoConfigEntry
from .messages import functions_of, messages_of

NAMES_SETTLE_S = 10
"""After a change of a name, before the prompt is evaluated anew: they come in rows."""

_RENAMING: tuple[EventType[Any], ...] = (
    er.EVENT_ENTITY_REGISTRY_UPDATED,
    ar.EVENT_AREA_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
)


class Preparing:
    """Has the server evaluate what is known of an agent's next turn."""

    def __init__(self, hass: HomeAssistant, entry: SottoConfigEntry, subentry: ConfigSubentry, asking: Asking) -> None:
        """Nothing is prepared before `start` or `prepare`."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self._asking = asking
        self._coordinator = entry.runtime_data
        self._latest: ChatLog | None = None
        self._latest_at = dt_util.utcnow()
        self._running: asyncio.Task[None] | None = None
        self._was_ready = False

    @callback
    def start(self) -> Callable[[], None]:
        """Prepare now, whenever the server comes back, and when names have changed; return what ends that."""
        debouncer = Debouncer(
            self._hass, LOGGER, cooldown=NAMES_SETTLE_S, immediate=False, function=self._begin, background=True
        )

        @callback
        def renamed(_: object) -> None:
            debouncer.async_schedule_call()

        ends = [self._coordinator.async_add_listener(self._on_status)]
        ends += [self._hass.bus.async_listen(event, renamed) for event in _RENAMING]
        self._on_status()

        @callback
        def end() -> None:
            debouncer.async_shutdown()
            for each in ends:
                each()
            self._stop()

        return end

    @callback
    def remember(self, chat_log: ChatLog) -> None:
        """Keep the latest conversation: whoever speaks next will most likely go on with it."""
        self._latest, self._latest_at = chat_log, dt_util.utcnow()

    async def prepare(self, language: str | None) -> None:
        """Have the prompt evaluated up to the next sentence's words; a server that cannot do so now is left alone."""
        if not self._coordinator.last_update_success:
            return
        context = llm.LLMContext(DOMAIN, None, language or self._hass.config.language, CONVERSATION_DOMAIN, None)
        try:
            tokens = await self._asking.prefill(await self._body(context))
        except (SottoError, HomeAssistantError) as err:
            LOGGER.debug("Nothing was evaluated ahead: %s", err)
        else:
            LOGGER.debug("%d tokens were evaluated ahead", tokens)

    async def _body(self, context: llm.LLMContext) -> dict[str, Any]:
        apis = apis_of(self._subentry)
        api = await llm.async_get_api(self._hass, apis, context) if apis else None
        log = self._conversation()
        body = await self._asking.body(context, functions_of(api), conversation_id=log.conversation_id if log else None)
        return {**body, "messages": messages_of(log.content) if log else []}

    def _conversation(self) -> ChatLog | None:
        """Return the latest conversation if Home Assistant would go on with it."""
        age: timedelta = dt_util.utcnow() - self._latest_at
        return self._latest if age < CONVERSATION_TIMEOUT else None

    @callback
    def _on_status(self) -> None:
        """Prepare when the server and its model become ready."""
        model = self._coordinator.data.model
        ready = self._coordinator.last_update_success and model is not None and model.state == "ready"
        if ready and not self._was_ready:
            self._begin()
        self._was_ready = ready

    @callback
    def _begin(self) -> None:
        """Prepare what holds now; what was begun with other names, or by a server that went away, is of no use."""
        self._stop()
        self._running = self._entry.async_create_background_task(
            self._hass, self.prepare(None), f"sotto-prepare-{self._subentry.subentry_id}"
        )

    @callback
    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
