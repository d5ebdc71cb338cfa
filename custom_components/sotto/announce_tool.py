"""A tool of language models: to have something announced, by the same code as the action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.assist_satellite import DOMAIN as SATELLITE_DOMAIN, AssistSatelliteEntityFeature
from homeassistant.const import ATTR_AREA_ID, ATTR_FLOOR_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, entity_registry as er, floor_registry as fr, intent, llm
import probatio

from .announcing import DATA_ANNOUNCER, Priority
from .const import DOMAIN
from .held import Announcement
from .satellites import async_permitted, async_satellites, can, name_of
from .speaking import Outcome, Result


@callback
def announce_tool(hass: HomeAssistant, _: llm.LLMContext) -> llm.Tool | None:
    """Return the tool where there is a satellite that can announce."""
    satellites = hass.states.async_entity_ids(SATELLITE_DOMAIN)
    able = any(can(hass, each, AssistSatelliteEntityFeature.ANNOUNCE) for each in satellites)
    return AnnounceTool() if able else None


class AnnounceTool(llm.Tool):
    """Announces in a room, on a floor, or everywhere but where it was asked for."""

    name = f"{DOMAIN}__Announce"
    title = "Announce"
    description = (
        "Say something aloud to the people in another room, on a floor, or in the whole home if neither is given, "
        "such as that dinner is ready. Not for answering whoever speaks to you."
    )
    parameters = probatio.Schema(
        {
            probatio.Required("message", description="What is said, worded for those who hear it"): str,
            probatio.Optional("area", description="Name of the room"): str,
            probatio.Optional("floor", description="Name of the floor"): str,
            probatio.Optional(
                "priority",
                description="In quiet hours low is not said at all and normal when they end; urgent is always said",
            ): probatio.In([priority.value for priority in Priority]),
        }
    )
    # It says something every time it is called, takes nothing away, and reaches nobody outside.
    annotations = llm.ToolAnnotations(destructive=False, open_world=False)
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext
    ) -> llm.ToolResult:
        """Announce; tell of each satellite what became of it."""
        given = {name: value for name, value in tool_input.tool_args.items() if not intent.is_blank_slot_value(value)}
        args = self.parameters(given)
        context = llm_context.context or Context()
        try:
            satellites = _others(hass, _target(hass, args), llm_context.device_id)
            await async_permitted(hass, context, satellites)
        except HomeAssistantError as err:
            return llm.ToolResult(data={"error": str(err)}, error=True)
        announcement = Announcement(message=args["message"].strip())
        priority = Priority(args.get("priority", Priority.NORMAL))
        outcomes = await hass.data[DATA_ANNOUNCER].announce(announcement, satellites, priority, context)
        failed = all(outcome.result is Result.FAILED for outcome in outcomes.values())
        return llm.ToolResult(data={"satellites": _told(hass, outcomes)}, error=failed)


def _target(hass: HomeAssistant, args: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the place that is named, the room if both are; raises HomeAssistantError if there is no such place."""
    if name := args.get("area"):
        areas = ar.async_get(hass)
        found = [area.id for area in intent.find_areas(name, areas)]
        _check(name, found, [area.name for area in areas.async_list_areas()])
        return {ATTR_AREA_ID: found}
    if name := args.get("floor"):
        floors = fr.async_get(hass)
        found = [floor.floor_id for floor in intent.find_floors(name, floors)]
        _check(name, found, [floor.name for floor in floors.async_list_floors()])
        return {ATTR_FLOOR_ID: found}
    return {}


def _check(name: str, found: list[str], known: list[str]) -> None:
    if not found:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_such_place",
            translation_placeholders={"name": name, "known": ", ".join(sorted(known)) or "-"},
        )


def _others(hass: HomeAssistant, target: Mapping[str, Any], device_id: str | None) -> list[str]:
    """Return the satellites but for the one that is spoken to: announcing there would end the conversation."""
    entities = er.async_get(hass)
    found = [
        each
        for each in async_satellites(hass, target, AssistSatelliteEntityFeature.ANNOUNCE)
        if device_id is None or (entry := entities.async_get(each)) is None or entry.device_id != device_id
    ]
    if not found:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="only_this_satellite")
    return found


def _told(hass: HomeAssistant, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    return {name_of(hass, entity_id): outcome.as_response() for entity_id, outcome in outcomes.items()}
