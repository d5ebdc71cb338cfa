"""Homes of package synthetic-home in Home Assistant, for script/bench replay: load one, and run tool calls in it.

Runs inside Home Assistant, on its Python; bench/replay.py copies it into a configuration.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeassistant.components import intent
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry,
    config_validation,
    device_registry,
    entity_registry,
    floor_registry,
    llm,
)
from probatio import Invalid, to_openapi
from synthetic_home.inventory import Inventory, load_inventory

DOMAIN = "replay_home"
CONFIG_SCHEMA = config_validation.empty_config_schema(DOMAIN)
PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.CLIMATE,
    Platform.COVER,
    Platform.FAN,
    Platform.LIGHT,
    Platform.LOCK,
    Platform.MEDIA_PLAYER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TODO,
    Platform.VACUUM,
    Platform.VALVE,
]


@dataclass
class Home:
    """What is loaded: the inventory, and its entities by id."""

    inventory: Inventory
    entities: dict[str, Any] = field(default_factory=dict)


async def async_setup(hass: HomeAssistant, config: dict[str, Any]) -> bool:
    """Offer the actions."""

    async def load(call: ServiceCall) -> None:
        await _load(hass, call.data["path"])

    async def run(call: ServiceCall) -> dict[str, Any]:
        return await _run(hass, call.data["before"], call.data.get("device"), call.data["calls"])

    async def prompt(call: ServiceCall) -> dict[str, Any]:
        return await _prompt(hass, call.data["device"], timers=call.data["timers"])

    hass.services.async_register(DOMAIN, "load", load)
    hass.services.async_register(DOMAIN, "prompt", prompt, supports_response=SupportsResponse.ONLY)
    hass.services.async_register(DOMAIN, "run", run, supports_response=SupportsResponse.ONLY)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Make the rooms and the entities of a home."""
    inventory = await hass.async_add_executor_job(load_inventory, Path(entry.data["path"]))
    entry.runtime_data = Home(inventory)
    _make_rooms(hass, entry, inventory)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entities = entity_registry.async_get(hass)
    for each in inventory.entities:
        entities.async_update_entity(each.id, area_id=each.area)
        async_expose_entity(hass, "conversation", each.id, should_expose=True)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Take the entities away."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


def _make_rooms(hass: HomeAssistant, entry: ConfigEntry, inventory: Inventory) -> None:
    areas, floors = area_registry.async_get(hass), floor_registry.async_get(hass)
    for old in list(areas.async_list_areas()):
        areas.async_delete(old.id)
    for floor in list(floors.async_list_floors()):
        floors.async_delete(floor.floor_id)
    ids = {name: floors.async_create(name).floor_id for name in sorted(inventory.floors)}
    for area in inventory.areas:
        made = areas.async_create(area.name, floor_id=ids.get(area.floor or ""))
        assert made.id == area.id, f"{area.id} became {made.id}"
    devices = device_registry.async_get(hass)
    for device in inventory.devices:
        made = devices.async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={(DOMAIN, str(device.id))}, name=f"Device {device.name}"
        )
        devices.async_update_device(made.id, area_id=device.area)


async def _load(hass: HomeAssistant, path: str) -> None:
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.config_entries.flow.async_init(DOMAIN, context={"source": "import"}, data={"path": path})
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    if entry.state is not ConfigEntryState.LOADED:
        raise HomeAssistantError(f"{path} could not be loaded; the log says why")


async def _run(
    hass: HomeAssistant, before: dict[str, Any], device: str | None, calls: list[dict[str, Any]]
) -> dict[str, Any]:
    """Put the home as it was, make the calls as a language model's, and return the states before and after."""
    home: Home = hass.config_entries.async_entries(DOMAIN)[0].runtime_data
    for entity_id, entity in home.entities.items():
        entity.restore(before.get(entity_id, {}))
    states = _states(hass, home)
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, _context(hass, device))
    results = [await _call(api, call["tool"], call["args"]) for call in calls]
    await hass.async_block_till_done()
    return {"before": states, "after": _states(hass, home), "results": results}


async def _prompt(hass: HomeAssistant, device: str, *, timers: bool) -> dict[str, Any]:
    """Return what Home Assistant tells a language model that is spoken to at a device: its prompt and its tools."""
    context = _context(hass, device)
    if timers:
        intent.async_register_timer_handler(hass, context.device_id or "", lambda *_: None)
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)
    tools = [
        {
            "name": tool.name,
            "description": tool.description or "",
            "parameters": to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0"),
        }
        for tool in api.tools
    ]
    return {"prompt": f"{llm.DEFAULT_INSTRUCTIONS_PROMPT}\n{api.api_prompt}", "tools": tools}


def _context(hass: HomeAssistant, device: str | None) -> llm.LLMContext:
    entry = device_registry.async_get(hass).async_get_device(identifiers={(DOMAIN, device)}) if device else None
    return llm.LLMContext(
        platform=DOMAIN,
        context=Context(),
        language="en",
        assistant="conversation",
        device_id=entry.id if entry else None,
    )


async def _call(api: llm.APIInstance, name: str, args: dict[str, Any]) -> str:
    """Make one call; tools are found by the end of their names, which once had no prefix."""
    tool = next((tool.name for tool in api.tools if tool.name.rpartition("__")[2] == name), name)
    try:
        result = await api.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=args))
    except (HomeAssistantError, Invalid) as err:
        return f"{type(err).__name__}: {err}"
    return "error" if result.error else "done"


def _states(hass: HomeAssistant, home: Home) -> dict[str, Any]:
    found = {entity_id: hass.states.get(entity_id) for entity_id in home.entities}
    return {
        entity_id: {**state.attributes, "state": state.state} for entity_id, state in found.items() if state is not None
    }
