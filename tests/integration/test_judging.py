"""What is asked about: whatever a call would really move in this home, by which words it may be called."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from typing import Any

from homeassistant.components.conversation import ChatLog
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    intent,
    llm,
)
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.sotto.confirmation import Confirmations
from custom_components.sotto.const import Confirm
from tests.integration.household import House
from tests.integration.judged import OFF, ON, OPEN_IT, POSITION, TIMER, UNLOCK_IT, Ask
from tests.integration.package import ROOT

BEDROOM = "assist_satellite.bedroom_satellite"
KITCHEN = "assist_satellite.kitchen_satellite"


@pytest.mark.parametrize(
    ("tool", "args", "question"),
    [
        (OFF, {"name": "Front door"}, UNLOCK_IT),
        (OFF, {"name": " FRONT DOOR "}, UNLOCK_IT),
        (OFF, {"name": "lock.front_door"}, UNLOCK_IT),
        (OFF, {"area": "Hall"}, "Shall I disarm the Alarm and unlock the Front door?"),
        (OFF, {"area": "Hall", "domain": "lock"}, UNLOCK_IT),
        (OFF, {"floor": "downstairs", "domain": ["lock", "light"]}, UNLOCK_IT),
        (OFF, {"domain": ["lock"]}, UNLOCK_IT),
        (OFF, {"name": "all", "domain": "lock"}, UNLOCK_IT),
        (OFF, {"name": "", "area": " ", "domain": "lock"}, UNLOCK_IT),
        (OFF, {"name": "Alarm"}, "Shall I disarm the Alarm?"),
        (ON, {"name": "Garage door"}, OPEN_IT),
        (ON, {"device_class": "garage"}, OPEN_IT),
        (ON, {"device_class": ["garage", "blind"]}, OPEN_IT),
        (ON, {"domain": "cover"}, OPEN_IT),
        (ON, {"area": "Garage"}, OPEN_IT),
        (POSITION, {"name": "Garage door", "position": 1}, OPEN_IT),
        (POSITION, {"domain": "cover", "position": "100"}, OPEN_IT),
    ],
)
async def test_what_lets_somebody_in_is_asked_about(ask: Ask, tool: str, args: dict[str, Any], question: str) -> None:
    assert await ask(tool, **args) == question
    assert await ask(tool, level=Confirm.SECURITY, **args) == question
    assert await ask(tool, level=Confirm.NEVER, **args) is None


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        (ON, {"name": "Front door"}),
        (ON, {"name": "Bed lamp"}),
        (ON, {"name": "Kettle"}),
        (ON, {"name": "Blinds"}),
        (ON, {"device_class": "blind"}),
        (ON, {"area": "Kitchen"}),
        (OFF, {"name": "Garage door"}),
        (OFF, {"domain": "light"}),
        (OFF, {"area": "Living room"}),
        (POSITION, {"name": "Garage door", "position": 0}),
        (POSITION, {"name": "Blinds", "position": 50}),
        ("intent__HassCancelAllTimers", {}),
        ("climate__HassClimateSetTemperature", {"temperature": 20}),
        ("homeassistant__GetLiveContext", {"domain": "lock"}),
        ("llm__GetDateTime", {}),
    ],
)
async def test_lights_blinds_locking_and_looking_are_not(ask: Ask, tool: str, args: dict[str, Any]) -> None:
    assert await ask(tool, **args) is None


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        (OFF, {"name": "Cellar door"}),
        (OFF, {"area": "Attic", "domain": "lock"}),
        (OFF, {"name": {"is": "Front door"}}),
        (OFF, {"domain": {"a": 1}}),
        (OFF, {}),
        (POSITION, {"name": "Garage door", "position": "wide"}),
        (POSITION, {"name": "Garage door"}),
    ],
)
async def test_what_home_assistant_will_refuse_is_not_asked_about(
    hass: HomeAssistant, ask: Ask, house: House, tool: str, args: dict[str, Any]
) -> None:
    assert await ask(tool, **args) is None
    api = await llm.async_get_api(hass, "assist", house.context())
    with pytest.raises(intent.IntentError):
        await api.async_call_tool(llm.ToolInput(tool, args))
    assert house.state("lock.front_door") == "locked"


async def test_a_tool_that_is_not_there_is_not_asked_about(hass: HomeAssistant, house: House) -> None:
    chat_log = ChatLog(hass, "c1")
    call = llm.ToolInput("HassTurnOff", {"name": "Front door"})
    confirmations = Confirmations(hass, Confirm.DESTRUCTIVE)
    assert await confirmations.question_about([call], chat_log, "en") is None
    chat_log.llm_api = await llm.async_get_api(hass, "assist", house.context())
    assert await confirmations.question_about([call], chat_log, "en") is None


async def test_a_door_is_found_by_another_name_and_called_by_it(hass: HomeAssistant, ask: Ask) -> None:
    er.async_get(hass).async_update_entity("lock.front_door", aliases=[er.COMPUTED_NAME, "main entrance", "前门"])
    assert await ask(OFF, name="main entrance") == UNLOCK_IT
    assert await ask(OFF, name="前门", language="zh-CN") == "要我打开前门的锁吗？"


async def test_what_is_not_exposed_is_out_of_reach(ask: Ask, house: House) -> None:
    house.expose("lock.front_door", exposed=False)
    assert await ask(OFF, name="Front door") is None
    assert await ask(OFF, area="Hall") == "Shall I disarm the Alarm?"


async def test_of_two_things_of_one_name_the_one_here_is_meant(hass: HomeAssistant, ask: Ask, house: House) -> None:
    for entity_id in ("cover.blinds", "cover.garage_door"):
        er.async_get(hass).async_update_entity(entity_id, aliases=[er.COMPUTED_NAME, "Big one"])
    await hass.async_block_till_done()
    areas = {name: ar.async_get(hass).async_get_area_by_name(name) for name in ("Living room", "Garage")}
    assert await ask(ON, name="Big one") is None, "Home Assistant cannot tell which"
    assert await ask(ON, name="Big one", area="Garage") == OPEN_IT
    for name, question in (("Living room", None), ("Garage", OPEN_IT)):
        area = areas[name]
        assert area is not None
        dr.async_get(hass).async_update_device(house.device(KITCHEN), area_id=area.id)
        assert await ask(ON, at=KITCHEN, name="Big one") == question


async def test_a_model_cannot_move_the_room_to_one_where_there_is_only_a_blind(
    hass: HomeAssistant, ask: Ask, house: House
) -> None:
    for entity_id in ("cover.blinds", "cover.garage_door"):
        er.async_get(hass).async_update_entity(entity_id, aliases=[er.COMPUTED_NAME, "Big one"])
    garage = ar.async_get(hass).async_get_area_by_name("Garage")
    living_room = ar.async_get(hass).async_get_area_by_name("Living room")
    assert garage is not None
    assert living_room is not None
    dr.async_get(hass).async_update_device(house.device(KITCHEN), area_id=garage.id)
    await hass.async_block_till_done()
    asked = await ask(ON, at=KITCHEN, name="Big one", preferred_area_id=living_room.id)
    assert asked == OPEN_IT


async def test_many_things_are_counted(hass: HomeAssistant, ask: Ask, house: House) -> None:
    for number in range(7):
        hass.states.async_set(f"lock.locker_{number}", "locked", {"friendly_name": f"Locker {number}"})
        house.expose(f"lock.locker_{number}")
    question = await ask(OFF, domain="lock")
    assert question == "Shall I unlock the Front door, the Locker 0, the Locker 1, the Locker 2 and 4 more?"
    assert await ask(OFF, domain="lock", language="zh-CN") == (
        "要我打开Front door的锁、Locker 0的锁、Locker 1的锁、Locker 2的锁等8项吗？"
    )


async def test_a_group_is_what_is_in_it(hass: HomeAssistant, ask: Ask, house: House) -> None:
    for name, members in (("covers", ["cover.blinds", "cover.garage_door"]), ("shades", ["cover.blinds"])):
        hass.states.async_set(f"cover.{name}", "closed", {"friendly_name": f"All {name}", "entity_id": members})
        house.expose(f"cover.{name}")
    assert await ask(ON, name="All covers") == OPEN_IT
    assert await ask(ON, name="All shades") is None


async def test_a_scene_is_what_is_in_it(hass: HomeAssistant, ask: Ask, house: House) -> None:
    scenes = [
        {"name": "Party", "entities": {"light.bed_lamp": "on"}},
        {"name": "Home again", "entities": {"light.bed_lamp": "on", "lock.front_door": "unlocked"}},
    ]
    assert await async_setup_component(hass, "scene", {"scene": scenes})
    await hass.async_block_till_done()
    for each in ("scene.party", "scene.home_again"):
        house.expose(each)
    assert await ask(ON, name="Party") is None
    assert await ask(ON, name="Home again") == "Shall I activate Home again?"
    assert await ask(ON, domain="scene", level=Confirm.SECURITY, language="zh-CN") == "要我启用“Home again”吗？"


@pytest.mark.parametrize(
    ("language", "command", "question"),
    [
        ("en", "unlock the front door", "Shall I unlock the Front door in 1 hour and 5 minutes?"),
        ("en", "open the garage door", "Shall I open the Garage door in 1 hour and 5 minutes?"),
        ("en", "open all the covers", "Shall I carry out “open all the covers” in 1 hour and 5 minutes?"),
        ("en", "in 5 minutes unlock the front door", "Shall I unlock the Front door in 1 hour and 5 minutes?"),
        ("en", "turn off the bed lamp", None),
        ("en", "lock the front door", None),
        ("en", "turn on the banana", "Shall I carry out “turn on the banana” in 1 hour and 5 minutes?"),
        ("en", "abracadabra", None),
        ("en", " ", None),
        ("zh-CN", "打开Garage door", "要我在1小时5分钟后打开Garage door吗？"),
        ("zh-CN", "打开Bed lamp", None),
    ],
)
async def test_what_is_wanted_later_is_asked_about_now(
    ask: Ask, language: str, command: str, question: str | None
) -> None:
    asked = await ask(TIMER, at=BEDROOM, language=language, hours=1, minutes=5, conversation_command=command)
    assert asked == question


async def test_a_timer_alone_is_not_asked_about(ask: Ask) -> None:
    assert await ask(TIMER, at=BEDROOM, minutes=5, name="door") is None


async def test_an_automation_that_waits_for_a_sentence_is_asked_about(hass: HomeAssistant, ask: Ask) -> None:
    trigger = {"trigger": "conversation", "command": "open sesame"}
    automation = {"alias": "Cave", "triggers": [trigger], "actions": [{"action": "lock.unlock"}]}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    asked = await ask(TIMER, at=BEDROOM, level=Confirm.SECURITY, minutes=1, conversation_command="open sesame")
    assert asked == "Shall I carry out “open sesame” in 1 minute?"


async def test_what_is_taken_off_a_list_is_lost(hass: HomeAssistant, ask: Ask, house: House) -> None:
    hass.states.async_set("todo.shopping", "2", {"friendly_name": "Shopping list"})
    house.expose("todo.shopping")
    assert await async_setup_component(hass, "todo", {})
    remove = {"item": "milk", "name": "Shopping list"}
    assert await ask("todo__HassListRemoveItem", **remove) == "Shall I remove milk from the Shopping list?"
    assert await ask("todo__HassListRemoveItem", language="zh-CN", **remove) == "要我把“milk”从Shopping list里删掉吗？"
    assert await ask("todo__HassListRemoveItem", level=Confirm.SECURITY, **remove) is None
    assert await ask("todo__HassListRemoveItem", item="milk", name="No list") is None
    assert await ask("todo__HassListAddItem", **remove) is None
    assert await ask("todo__HassListCompleteItem", **remove) is None


async def test_an_alarm_that_is_an_automation_is_not_switched_off_unasked(
    hass: HomeAssistant, ask: Ask, house: House
) -> None:
    for name, title in (("burglar", "Burglar alarm"), ("vacation", "Vacation")):
        hass.states.async_set(f"automation.{name}", "on", {"friendly_name": title})
        house.expose(f"automation.{name}")
    assert await ask(OFF, name="Burglar alarm", level=Confirm.SECURITY) == "Shall I operate the Burglar alarm?"
    assert await ask(ON, name="Burglar alarm") is None
    assert await ask(OFF, name="Vacation") is None


RECORDED = ROOT.parent / "shared" / "data" / "intents"
_OPENED = {"Sliding Door", "garage"}
"""What of the recorded sentences opens a door; of the scripts nobody knows what they do."""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_of_the_recorded_sentences_only_doors_and_scripts_are_asked_about(
    hass: HomeAssistant, ask: Ask, house: House, language: str
) -> None:
    files = sorted((RECORDED / language).glob("Hass*/*.yaml"))
    if not files:
        pytest.skip(f"no recorded sentences in {RECORDED}")
    judged = 0
    for file in files:
        recorded = await hass.async_add_executor_job(load_yaml_dict, str(file))
        built = _build(hass, house, recorded)
        prefix = "light" if file.parent.name == "HassLightSet" else "intent"
        for slots in (test.get("slots", {}) for test in recorded["tests"]):
            question = await ask(f"{prefix}__{file.parent.name}", language=language, **slots)
            opens = {slots.get("name"), slots.get("device_class")} & _OPENED
            scripts = "script" in file.stem
            assert (question is not None) == bool(opens or scripts), (file.name, slots, question)
            judged += 1
        for entity_id in built:
            er.async_get(hass).async_remove(entity_id)
            hass.states.async_remove(entity_id)
    assert judged > 20


def _build(hass: HomeAssistant, house: House, recorded: dict[str, Any]) -> list[str]:
    """Make what the sentences of a file speak of; return its entities."""
    built = []
    floors, areas, entities = fr.async_get(hass), ar.async_get(hass), er.async_get(hass)
    for each in recorded.get("floors", ()):
        floor = floors.async_get_floor_by_name(each["name"]) or floors.async_create(each["name"])
        areas.async_update(areas.async_get_or_create(f"Room on {each['name']}").id, floor_id=floor.floor_id)
    for each in recorded.get("areas", ()):
        above = floors.async_get_floor_by_name(each.get("floor", ""))
        area = areas.async_get_or_create(each["name"])
        areas.async_update(area.id, floor_id=above.floor_id if above else None)
    somewhere = next((f"Room on {each['name']}" for each in recorded.get("floors", ())), "")
    for number, each in enumerate(recorded.get("entities", ())):
        attributes = each.get("attributes") or {}
        entry = entities.async_get_or_create(
            each["domain"],
            "recorded",
            f"{each['name']}-{number}",
            original_name=each["name"],
            original_device_class=attributes.get("device_class"),
        )
        if room := areas.async_get_area_by_name(each.get("area", somewhere)):
            entities.async_update_entity(entry.entity_id, area_id=room.id)
        hass.states.async_set(entry.entity_id, "off", {"friendly_name": each["name"], **attributes})
        house.expose(entry.entity_id)
        built.append(entry.entity_id)
    return built
