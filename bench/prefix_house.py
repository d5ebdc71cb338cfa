"""The home of 100 entities in which `script/bench prefix` speaks, in English and Chinese, and what is said there.

Pure logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot

from .assist_prompt import SATELLITES, inventory

CHINESE: Mapping[str, str] = {
    "Ground": "一楼",
    "Upper": "二楼",
    "Attic": "阁楼",
    "Bathroom": "浴室",
    "Bedroom": "主卧",
    "Conservatory": "阳光房",
    "Garage": "车库",
    "Garden": "花园",
    "Hallway": "走廊",
    "Kitchen": "厨房",
    "Nursery": "儿童房",
    "Study": "书房",
    "Ceiling Light": "吸顶灯",
    "Reading Lamp": "阅读灯",
    "Blinds": "百叶窗",
    "Fan": "风扇",
    "Radiator": "暖气",
    "Speaker": "音箱",
    "Outlet": "插座",
    "Window": "窗户",
    "Temperature": "温度",
    "Humidity": "湿度",
}


@dataclass(frozen=True)
class Turn:
    """One sentence that a language model has to answer, and what is different from the turn before."""

    name: str
    words: str
    device: str = "satellite"
    timers: bool = False
    """Whether the device shows timers."""
    follows: bool = False
    """Whether it goes on with the conversation of the turn before."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Entities that have another state since the turn before."""


TURNS = (
    Turn("first turn after a start", "It is too dark to read in here."),
    Turn("second turn", "Hm, my eyes still get tired with that.", follows=True),
    Turn("another room", "The air is terribly stale here, do something.", device="satellite_2"),
    Turn(
        "after a state change",
        "Did somebody leave the study window open again?",
        device="satellite_2",
        changes={"binary_sensor.study_window": "on", "light.study_reading_lamp": "off"},
    ),
    Turn("a timer-capable satellite", "My eggs need eight minutes from now.", timers=True),
)

CHINESE_TURNS = tuple(
    replace(turn, words=words)
    for turn, words in zip(
        TURNS,
        (
            "这里太暗了,看不清书上的字。",
            "嗯,我的眼睛还是很累。",
            "这里的空气太闷了,想想办法。",
            "是不是又有人忘了关书房的窗户?",
            "我的鸡蛋还要煮八分钟。",
        ),
        strict=True,
    )
)
TURNS_IN = {"en": TURNS, "zh-CN": CHINESE_TURNS}


def home(language: str = "en") -> HomeSnapshot:
    """Return the home as Sotto has it from Home Assistant."""
    told = inventory()
    floors = {area["floor"] for area in told["areas"]}
    english = HomeSnapshot(
        floors=tuple(Floor(name.lower(), name) for name in sorted(floors)),
        areas=tuple(Area(area["id"], area["name"], (), area["floor"].lower()) for area in told["areas"]),
        entities=tuple(map(_entity, told["entities"])),
        device_areas=dict(SATELLITES),
    )
    return english if language == "en" else _in_chinese(english)


def _entity(told: Mapping[str, Any]) -> Entity:
    attributes = {**told["attributes"]}
    device_class = str(attributes.pop("device_class", "")).rpartition(".")[2].lower() or None
    attributes.pop("supported_features", None)
    return Entity(told["id"], told["name"], (), told["area"], device_class, told["state"], attributes)


def _in_chinese(english: HomeSnapshot) -> HomeSnapshot:
    rooms = {area.area_id: area.name for area in english.areas}
    return replace(
        english,
        floors=tuple(replace(floor, name=CHINESE[floor.name]) for floor in english.floors),
        areas=tuple(replace(area, name=CHINESE[area.name]) for area in english.areas),
        entities=tuple(
            replace(each, name=CHINESE[room] + CHINESE[each.name.removeprefix(f"{room} ")])
            for each in english.entities
            for room in (rooms[each.area_id or ""],)
        ),
    )


def changed(before: HomeSnapshot, states: Mapping[str, str]) -> HomeSnapshot:
    """Return the home with other states."""
    return replace(before, entities=tuple(_with_state(before.entities, states)))


def _with_state(entities: Iterable[Entity], states: Mapping[str, str]) -> Iterable[Entity]:
    return (replace(each, state=states.get(each.entity_id, each.state)) for each in entities)
