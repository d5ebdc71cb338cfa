"""What is asked about a call, in a furnished house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.components.conversation import ChatLog
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import pytest

from custom_components.sotto.confirmation import Confirmations
from custom_components.sotto.const import Confirm
from tests.integration.household import House

type Ask = Callable[..., Awaitable[str | None]]

ON, OFF, POSITION, TIMER = (
    f"intent__{name}" for name in ("HassTurnOn", "HassTurnOff", "HassSetPosition", "HassStartTimer")
)
UNLOCK_IT = "Shall I unlock the Front door?"
OPEN_IT = "Shall I open the Garage door?"


@pytest.fixture
async def ask(hass: HomeAssistant, house: House) -> Ask:
    """Return the question about one call, or None."""
    for integration in ("intent", "conversation"):
        assert await async_setup_component(hass, integration, {})

    async def ask(
        tool: str,
        *,
        level: Confirm = Confirm.DESTRUCTIVE,
        at: str | None = None,
        language: str = "en",
        apis: tuple[str, ...] = ("assist",),
        **args: Any,
    ) -> str | None:
        chat_log = ChatLog(hass, "c1")
        chat_log.llm_api = await llm.async_get_api(hass, list(apis), house.context(at, language))
        assert tool in {each.name for each in chat_log.llm_api.tools}
        return await Confirmations(hass, level).question_about([llm.ToolInput(tool, args)], chat_log, language)

    return ask
