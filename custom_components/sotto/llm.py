"""What Sotto can do for the language model of every agent, its own or another: a platform of Home Assistant's `llm`."""

from __future__ import annotations

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm

from .announce_tool import announce_tool
from .search_tool import search_tool

_OFFERS = (announce_tool, search_tool)
"""Each returns its tool, or None where it could do nothing. A new tool is one more entry."""


@callback
def async_get_tools(hass: HomeAssistant, llm_context: llm.LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools that are of use here, in a fixed order; only Assist has them."""
    if api_id != llm.LLM_API_ASSIST:
        return None
    tools = [tool for offer in _OFFERS if (tool := offer(hass, llm_context)) is not None]
    return LLMTools(tools=tools) if tools else None
