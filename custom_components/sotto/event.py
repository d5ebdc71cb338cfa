"""An event for each turn of an agent: how it ended and what it took, without a word of it.

An automation can so tell that the assistant fails, or how long people wait for it.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, override

from homeassistant.components.conversation import DOMAIN as CONVERSATION_DOMAIN
from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .client import Figures
from .const import DOMAIN, SUBENTRY_CONVERSATION
from .coordinator import SottoConfigEntry
from .entity import agent_device
from .turn import Outcome, Turn, turn_signal

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: SottoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Make an event entity of each conversation agent."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_CONVERSATION):
        async_add_entities([SottoTurnEvent(entry, subentry)], config_subentry_id=subentry.subentry_id)


class SottoTurnEvent(EventEntity):
    """The turns of one agent. Available also while the server is not: those turns fail, and that is worth telling."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = "turn"

    def __init__(self, entry: SottoConfigEntry, subentry: ConfigSubentry) -> None:
        """Stand beside the agent, on its device."""
        self._entry = entry
        self._subentry = subentry
        self._attr_event_types = [outcome.value for outcome in Outcome]
        self._attr_unique_id = f"{subentry.subentry_id}-turn"
        self._attr_device_info = agent_device(subentry)

    @override
    async def async_added_to_hass(self) -> None:
        """Begin to hear of turns."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, turn_signal(self._entry), self._on_turn))

    @callback
    def _on_turn(self, turn: Turn) -> None:
        if turn.agent == self._agent:
            self._trigger_event(turn.outcome.value, attributes_of(turn))
            self.async_write_ha_state()

    @property
    def _agent(self) -> str | None:
        """The entity id of the agent, which users may change at any time."""
        registry = er.async_get(self.hass)
        return registry.async_get_entity_id(CONVERSATION_DOMAIN, DOMAIN, self._subentry.subentry_id)


def attributes_of(turn: Turn) -> dict[str, Any]:
    """Return what an event tells of a turn: always the same keys, None where there is nothing to tell."""
    told = asdict(turn)
    figures = told.pop("figures") or dict.fromkeys(field.name for field in fields(Figures))
    del told["agent"], told["outcome"]
    return {**told, **figures}
