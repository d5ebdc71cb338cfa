"""The houses that the tests of calls speak of: an English and a Chinese one, with namesakes and neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wyoming_servers.conversation.calls.call import Call, Question, Situation
from wyoming_servers.conversation.calls.resolver import resolve
from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

HOUSE = HomeSnapshot(
    floors=(Floor("ground", "Ground floor"), Floor("top", "Attic floor", ("loft",))),
    areas=(
        Area("kitchen", "Kitchen", ("galley",), "ground"),
        Area("hall", "Hall", floor_id="ground"),
        Area("study", "Study", floor_id="top"),
        Area("shed", "Shed"),
    ),
    entities=(
        Entity("light.counter", "Counter Spots", ("worktop lamp",), "kitchen", state="on"),
        Entity("light.kitchen", "Kitchen Ceiling", (), "kitchen", state="off"),
        Entity("light.hall_1", "Hall Lamp 1", (), "hall", state="on"),
        Entity("light.hall_2", "Hall Lamp 2", (), "hall", state="on"),
        Entity("light.study", "Study Lamp", (), "study", state="on"),
        Entity("cover.gate", "Shed Gate", (), "shed", "gate", "closed"),
        Entity("light.gate", "Shed Gate", (), "shed", state="off"),
        Entity("lock.front", "Front Bolt", (), "hall", state="unlocked"),
        Entity("binary_sensor.front", "Front Bolt", (), "hall", "lock", "on"),
        Entity("lock.back", "Back Bolt", (), "kitchen", state="unlocked"),
        Entity("vacuum.dusty", "Dusty", (), "hall", state="docked"),
        Entity("media_player.radio", "Kitchen Radio", (), "kitchen", "speaker", "playing"),
        Entity("switch.kettle", "Kettle", (), "kitchen", "outlet", "off"),
        Entity("fan.study", "Desk Fan", (), "study", state="off"),
        Entity("valve.pond", "Pond Feed", (), "shed", state="closed"),
        Entity("todo.errands", "Errands", ("weekend jobs",), None, state="0"),
        Entity("todo.market", "Market", (), None, state="0"),
        Entity("sensor.hall", "Hall Temperature", (), "hall", "temperature", "21"),
    ),
    device_areas={"satellite": "study"},
)

CHINESE_HOUSE = HomeSnapshot(
    floors=(Floor("er_lou", "二楼"),),
    areas=(Area("ke_ting", "客厅"), Area("shu_fang", "书房", floor_id="er_lou"), Area("wo_shi", "卧室")),
    entities=(
        Entity("light.ke_ting", "客厅吊灯", ("大灯",), "ke_ting", state="on"),
        Entity("light.shu_fang", "书房台灯", (), "shu_fang", state="on"),
        Entity("fan.wo_shi", "卧室风扇", (), "wo_shi", state="off"),
        Entity("cover.ke_ting", "客厅窗帘", (), "ke_ting", "curtain", "open"),
        Entity("lock.da_men", "大门锁", (), "ke_ting", state="unlocked"),
    ),
)


def resolved(
    utterance: str, tool: str, args: Mapping[str, Any], here: str | None = None, home: HomeSnapshot = HOUSE
) -> Call | Question:
    """Resolve one call."""
    return resolve(Call(tool, args), Situation(home, utterance, home.area(here)))


def asked(resolution: Call | Question) -> tuple[str, ...]:
    """Return the names of what is asked about."""
    assert isinstance(resolution, Question), f"{resolution} is no question"
    return tuple(entity.entity_id for entity in resolution.candidates)


def with_state(home: HomeSnapshot, **states: str) -> HomeSnapshot:
    """Return the home with things in other states; names with two underscores for the dot."""
    by_id = {name.replace("__", ".", 1): state for name, state in states.items()}
    entities = (replace(entity, state=by_id.get(entity.entity_id, entity.state)) for entity in home.entities)
    return replace(home, entities=tuple(entities))
