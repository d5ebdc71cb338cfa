"""Whatever a model may write into a call: where a door opens by it, there was something to ask about before.

Calls are put together at random out of what is said right, wrong and not at all, judged, and then really executed.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, llm
from homeassistant.setup import async_setup_component
import probatio
import pytest

from custom_components.sotto.judging import risks_of
from tests.integration.household import House

CALLS = 500
SHUT = {
    "lock.front_door": "locked",
    "cover.garage_door": "closed",
    "alarm_control_panel.alarm": "armed_away",
    "input_boolean.gate": "off",
}
AGAIN = {"lock": "lock", "cover": "close_cover", "alarm_control_panel": "alarm_arm_away", "input_boolean": "turn_off"}
TOOLS = (
    *("intent__HassTurnOn", "intent__HassTurnOff", "intent__HassSetPosition", "intent__HassStopMoving"),
    *("light__HassLightSet", "climate__HassClimateSetTemperature", "script__welcome", "script__drive_in"),
)
SAID: dict[str, tuple[float, tuple[Any, ...]]] = {
    "name": (
        0.6,
        (
            *("Front door", " FRONT DOOR ", "lock.front_door", "LOCK.FRONT_DOOR", "main entrance", "前门", "Big one"),
            *("Bed lamp", "Garage door", "cover.garage_door", "garage", "all", "Alarm", "Gate opener", "Home again"),
            *(
                "Welcome",
                "script.welcome",
                "Drive in",
                "Everything",
                "Blinds",
                "Kettle",
                "lock",
                "",
                " ",
                None,
                5,
                True,
            ),
            *(["Front door"], {"is": "Front door"}),
        ),
    ),
    "area": (0.35, ("Hall", "hall ", "Garage", "galley", "客厅", "Bedroom", "nowhere", "", None, 3, ["Hall"])),
    "floor": (0.25, ("downstairs", "ground_floor", "Upstairs", "楼上", "cellar", "", None)),
    "domain": (
        0.4,
        (
            *("lock", "Lock", ["lock"], ["lock", "light"], "cover", "light", "scene", "script", "group", [], "", None),
            *(["alarm_control_panel"], "input_boolean", [None], {"a": 1}, "all"),
        ),
    ),
    "device_class": (0.25, ("garage", ["garage", "blind"], "door", "gate", "blind", "GARAGE", [], "", None)),
    "position": (0.5, (0, 1, 100, "0", "100", 0.0, "0.0", 0.4, 0.9, "wide", None, True, -1, 101)),
    "preferred_area_id": (0.1, ("garage", "hall", "living_room")),
    "preferred_floor_id": (0.05, ("ground_floor",)),
    "temperature": (0.1, (20,)),
    "brightness": (0.1, (50,)),
}


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant, house: House) -> None:
    """Add what contains a lock without being one, and things of one name in several rooms."""
    garage = ar.async_get(hass).async_get_area_by_name("Garage")
    assert garage is not None
    unlock = {"action": "lock.unlock", "target": {"entity_id": "lock.front_door"}}
    drive_in = {"action": "cover.open_cover", "target": {"area_id": garage.id}}
    scripts = {
        "welcome": {"alias": "Welcome", "sequence": [unlock]},
        "drive_in": {"alias": "Drive in", "sequence": [drive_in]},
    }
    scene = {"name": "Home again", "entities": {"light.bed_lamp": "on", "lock.front_door": "unlocked"}}
    everything = {"name": "Everything", "entities": ["lock.front_door", "cover.garage_door", "light.bed_lamp"]}
    configured: dict[str, Any] = {
        "intent": {},
        "conversation": {},
        "script": scripts,
        "scene": [scene],
        "group": {"everything": everything},
        "input_boolean": {"gate": {"name": "Gate opener"}},
    }
    for integration, config in configured.items():
        assert await async_setup_component(hass, integration, {integration: config})
    await hass.async_block_till_done()
    for entity_id in ("scene.home_again", "script.welcome", "script.drive_in", "group.everything", *SHUT):
        house.expose(entity_id)
    aliases = {
        "lock.front_door": ["main entrance", "前门", "Big one"],
        "light.ceiling_light": ["Big one"],
        "cover.garage_door": ["Bed lamp", "Big one"],
    }
    for entity_id, names in aliases.items():
        er.async_get(hass).async_update_entity(entity_id, aliases=[er.COMPUTED_NAME, *names])
    await hass.async_block_till_done()


# Home Assistant leaves coroutines behind where one of several things cannot be moved in this way.
@pytest.mark.filterwarnings("ignore:coroutine 'DynamicServiceIntentHandler:RuntimeWarning")
@pytest.mark.parametrize("seed", range(3))
async def test_what_opens_was_asked_about(hass: HomeAssistant, house: House, seed: int) -> None:
    random, opened = Random(seed), 0
    rooms = [area.id for area in ar.async_get(hass).async_list_areas()]
    for _ in range(CALLS):
        at = random.choice([None, "assist_satellite.kitchen_satellite", "assist_satellite.bedroom_satellite"])
        if at is not None:
            dr.async_get(hass).async_update_device(house.device(at), area_id=random.choice(rooms))
        args = {key: random.choice(values) for key, (share, values) in SAID.items() if random.random() < share}
        call = llm.ToolInput(random.choice(TOOLS), args)
        api = await llm.async_get_api(hass, "assist", house.context(at))
        risks = await risks_of(hass, api, llm.ToolInput(call.tool_name, dict(args)))
        with suppress(HomeAssistantError, probatio.Invalid):
            await api.async_call_tool(call)
        await hass.async_block_till_done()
        if not await shut_again(hass, house):
            opened += 1
            assert any(risk.security for risk in risks), (at, call)
    assert opened > CALLS / 10


async def shut_again(hass: HomeAssistant, house: House) -> bool:
    """Shut everything; return whether it was shut already."""
    changed = [entity_id for entity_id, state in SHUT.items() if house.state(entity_id) != state]
    for entity_id in changed:
        domain = entity_id.partition(".")[0]
        await hass.services.async_call(domain, AGAIN[domain], {"entity_id": entity_id}, blocking=True)
    return not changed
