"""The tools that the tests of the guard speak of: Home Assistant's, with and without lists of what they take."""

from __future__ import annotations

from typing import Any

from wyoming_servers.conversation.engine import Tool

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "string"}}
PLACES = {"name": TEXT, "area": TEXT, "floor": TEXT}


def tool(tool_name: str, /, **parameters: Any) -> Tool:
    """Describe a tool."""
    return Tool(tool_name, parameters={"type": "object", "properties": parameters})


TOOLS = (
    tool("HassTurnOn", **PLACES, domain=LIST, device_class=LIST),
    tool("HassTurnOff", **PLACES, domain=LIST, device_class=LIST),
    tool("HassLightSet", **PLACES, brightness={"type": "integer"}, color=TEXT),
    tool("HassSetVolume", **PLACES, volume_level={"type": "integer"}),
    tool("HassVacuumReturnToBase", **PLACES, domain={"type": "array", "items": {"enum": ["vacuum"]}}),
    tool("HassListAddItem", item=TEXT, name=TEXT),
    tool("HassStartTimer", hours={"type": "integer"}, minutes={"type": "integer"}, name=TEXT),
    tool("GetLiveContext"),
    tool("search", query=TEXT),
)
