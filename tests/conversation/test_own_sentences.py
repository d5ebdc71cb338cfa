# ruff: noqa: RUF001 - Chinese punctuation is meant

"""Everyday wordings that home-assistant-intents lacks, and what must not be taken for a command."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from home_assistant_intents import get_intents

from wyoming_servers.conversation.languages import load_language
from wyoming_servers.conversation.own_sentences import FOLDER, merge
from wyoming_servers.conversation.recognizer import HERE, Recognizer
from wyoming_servers.conversation.understanding import Understanding, Utterance
from wyoming_servers.home.demo import DemoHome, Order
from wyoming_servers.home.intents.handlers import HANDLERS

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ON = ["on", "playing", "paused", "idle", "buffering"]

ENGLISH: list[tuple[str, str, dict[str, Any]]] = [
    ("turn on all the lights", "HassTurnOn", {"domain": "light"}),
    ("turn on every light in the house", "HassTurnOn", {"domain": "light"}),
    ("close all the blinds", "HassTurnOff", {"domain": "cover", "device_class": "blind"}),
    (
        "close all the curtains upstairs",
        "HassTurnOff",
        {"domain": "cover", "device_class": "curtain", "floor": "Upstairs"},
    ),
    ("open the garage", "HassTurnOn", {"domain": "cover", "device_class": "garage", "area": HERE}),
    ("lock the door", "HassTurnOn", {"domain": "lock", "area": HERE}),
    ("lock all the doors", "HassTurnOn", {"domain": "lock"}),
    ("put the kitchen light on", "HassTurnOn", {"name": "Kitchen Light"}),
    ("turn of the kitchen light", "HassTurnOff", {"name": "Kitchen Light"}),
    ("shut off the kitchen lights", "HassTurnOff", {"area": "Kitchen", "domain": "light"}),
    ("start movie night", "HassTurnOn", {"name": "Movie Night"}),
    ("start the coffee maker", "HassTurnOn", {"name": "Coffee Maker"}),
    ("turn off the sprinkler", "HassTurnOff", {"name": "Sprinkler"}),
    ("turn on the humidifier", "HassTurnOn", {"name": "Humidifier"}),
    ("dim the bedroom light to 20 percent", "HassLightSet", {"name": "Bedroom Light", "brightness": 20}),
    ("set bed light brightness to half", "HassLightSet", {"name": "Bed Light", "brightness": 50}),
    ("set the bed light to warm white", "HassLightSet", {"name": "Bed Light", "temperature": 2700}),
    ("open the living room curtain halfway", "HassSetPosition", {"name": "Living Room Curtain", "position": 50}),
    ("is the TV on", "HassGetState", {"name": "TV", "state": ON}),
    ("is the garage open", "HassGetState", {"domain": "cover", "device_class": "garage", "state": "open"}),
    ("are the lights on in the kitchen", "HassGetState", {"domain": "light", "area": "Kitchen", "state": "on"}),
    (
        "what's the humidity in the bathroom",
        "HassGetState",
        {"domain": "sensor", "device_class": "humidity", "area": "Bathroom"},
    ),
    ("how cold is it outside", "HassGetWeather", {}),
    ("what day is it", "HassGetCurrentDate", {}),
    ("timer 10 minutes", "HassStartTimer", {"minutes": 10}),
    ("remind me in 5 minutes to call mom", "HassStartTimer", {"minutes": 5, "name": "call mom"}),
    ("turn up the kitchen speaker", "HassSetVolumeRelative", {"name": "Kitchen Speaker", "volume_step": "up"}),
    ("turn it down", "HassSetVolumeRelative", {"volume_step": "down", "area": HERE}),
    ("start the vacuum", "HassVacuumStart", {"area": HERE}),
    ("thank you", "HassRespond", {}),
    (
        "are the windows closed",
        "HassGetState",
        {"domain": "binary_sensor", "device_class": "window", "state": "off"},
    ),
    ("turn on uh the kitchen light", "HassTurnOn", {"name": "Kitchen Light"}),
    ("kitchen lights 50 percent", "HassLightSet", {"area": "Kitchen", "brightness": 50}),
    ("set a pizza timer for ten minutes", "HassStartTimer", {"minutes": 10, "name": "pizza"}),
]
CHINESE: list[tuple[str, str, dict[str, Any]]] = [
    ("把所有的灯都关了", "HassTurnOff", {"domain": "light"}),
    ("全部关灯", "HassTurnOff", {"domain": "light"}),
    ("客厅关灯", "HassTurnOff", {"area": "客厅", "domain": "light"}),
    ("把这里的灯关了", "HassTurnOff", {"area": HERE, "domain": "light"}),
    ("把厨房灯都关了", "HassTurnOff", {"name": "厨房灯"}),
    ("把床头灯调到50%", "HassLightSet", {"name": "床头灯", "brightness": 50}),
    ("床头灯调到百分之五十", "HassLightSet", {"name": "床头灯", "brightness": 50}),
    ("把床头灯调到最亮", "HassLightSet", {"name": "床头灯", "brightness": 100}),
    ("把床头灯调成红色", "HassLightSet", {"name": "床头灯", "color": "red"}),
    ("客厅灯调成暖光", "HassLightSet", {"name": "客厅灯", "temperature": 2700}),
    ("拉上客厅窗帘", "HassTurnOff", {"name": "客厅窗帘"}),
    ("把窗帘拉开", "HassTurnOn", {"domain": "cover", "device_class": "curtain", "area": HERE}),
    ("关上所有窗帘", "HassTurnOff", {"domain": "cover", "device_class": "curtain"}),
    ("把所有窗帘都拉上", "HassTurnOff", {"domain": "cover", "device_class": "curtain"}),
    ("客厅窗帘打开一半", "HassSetPosition", {"name": "客厅窗帘", "position": 50}),
    ("音量三十", "HassSetVolume", {"volume_level": 30, "area": HERE}),
    ("窗帘拉开一半", "HassSetPosition", {"domain": "cover", "device_class": "curtain", "area": HERE, "position": 50}),
    (
        "把卧室的窗帘拉开一半",
        "HassSetPosition",
        {"domain": "cover", "device_class": "curtain", "area": "卧室", "position": 50},
    ),
    ("关上车库门", "HassTurnOff", {"name": "车库门"}),
    ("把大门锁了", "HassTurnOn", {"name": "大门"}),
    ("锁门", "HassTurnOn", {"domain": "lock", "area": HERE}),
    ("前门锁好了吗", "HassGetState", {"name": "前门", "state": "locked"}),
    ("大门锁了没有", "HassGetState", {"name": "大门", "state": "locked"}),
    ("车库门关了吗", "HassGetState", {"name": "车库门", "state": "closed"}),
    ("后门关了吗", "HassGetState", {"name": "后门", "state": "off"}),
    ("厨房的灯关了没", "HassGetState", {"name": "厨房的灯", "state": "off"}),
    ("电视开着吗", "HassGetState", {"name": "电视", "state": ON}),
    ("有哪些灯开着", "HassGetState", {"domain": "light", "state": "on"}),
    ("有哪些窗户开着", "HassGetState", {"domain": "binary_sensor", "device_class": "window", "state": "on"}),
    ("阿乐在家吗", "HassGetState", {"name": "阿乐", "state": "home"}),
    ("浴室的湿度是多少", "HassGetState", {"area": "浴室", "domain": "sensor", "device_class": "humidity"}),
    ("打开空调", "HassTurnOn", {"domain": "climate", "area": HERE}),
    ("把空调温度调到二十六度", "HassClimateSetTemperature", {"temperature": 26, "area": HERE}),
    ("今天天气怎么样", "HassGetWeather", {}),
    ("今天星期几", "HassGetCurrentDate", {}),
    ("定个5分钟的闹钟", "HassStartTimer", {"minutes": 5}),
    ("倒计时十分钟", "HassStartTimer", {"minutes": 10}),
    ("五分钟后提醒我", "HassStartTimer", {"minutes": 5}),
    ("声音小一点", "HassSetVolumeRelative", {"volume_step": "down", "area": HERE}),
    ("大一点声", "HassSetVolumeRelative", {"volume_step": "up", "area": HERE}),
    ("下一首歌", "HassMediaNext", {"area": HERE}),
    ("开始扫地", "HassVacuumStart", {"area": HERE}),
    ("谢谢", "HassRespond", {}),
    ("把咖啡加到购物清单里", "HassListAddItem", {"item": "咖啡", "name": "购物清单"}),
    ("洗衣机还开着吗", "HassGetState", {"name": "洗衣机", "state": "on"}),
    ("楼上有哪些灯开着", "HassGetState", {"domain": "light", "floor": "楼上", "state": "on"}),
    ("关上水阀", "HassTurnOff", {"name": "水阀"}),
    ("我要睡觉了", "HassTurnOn", {"name": "睡觉"}),
    ("开一下客厅的灯", "HassTurnOn", {"name": "客厅的灯"}),
    ("你可以打开门厅灯吗", "HassTurnOn", {"name": "门厅灯"}),
    ("客厅灯帮我关了", "HassTurnOff", {"name": "客厅灯"}),
    ("嗯打开客厅灯", "HassTurnOn", {"name": "客厅灯"}),
    ("楼下的灯都打开", "HassTurnOn", {"floor": "楼下", "domain": "light"}),
    ("所有灯调到50%", "HassLightSet", {"brightness": 50}),
    ("打扫一下客厅", "HassVacuumCleanArea", {"area": "客厅"}),
]


@pytest.mark.parametrize(("text", "intent", "slots"), ENGLISH)
def test_everyday_english(english: Recognizer, text: str, intent: str, slots: dict[str, Any]) -> None:
    command = english.recognize(text)
    assert command is not None
    assert (command.intent, dict(command.slots)) == (intent, slots)


@pytest.mark.parametrize(("text", "intent", "slots"), CHINESE)
def test_everyday_chinese(chinese: Recognizer, text: str, intent: str, slots: dict[str, Any]) -> None:
    command = chinese.recognize(text)
    assert command is not None
    assert (command.intent, dict(command.slots)) == (intent, slots)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("阿乐在家吗", "是的，阿乐在家"),
        ("客厅灯开着吗", "不是，客厅灯现在关着"),
        ("卧室窗户关好了吗", "不是，卧室窗户现在开着"),
        ("浴室的湿度是多少", "61%"),
        ("加湿器调到50%", "好的，湿度已设为50%"),
        ("is alex home", "Yes"),
        ("what's the humidity in the bathroom", "61 %"),
    ],
)
def test_questions_are_answered_with_what_is_true(text: str, answer: str) -> None:
    home = DemoHome()
    language = "en" if text.isascii() else "zh-CN"
    understood = Understanding(home, language, 200).understand(Utterance(text, language))
    orders = [Order(command.intent, command.slots, template) for command, template in understood.commands]
    assert home.execute(orders).text == answer


@pytest.mark.parametrize(
    "text",
    [
        "don't turn on the kitchen light",
        "please do not turn off the kitchen light",
        "turn off the kitchen light at 10 pm",
        "turn off all the lights except the bedroom",
        "turn on all lights but the kitchen",
        "why is the kitchen light on",
        "if it rains close the kitchen blinds",
        "did you turn off the kitchen light",
        "never unlock the front door",
        "leave the kitchen light on",
        "turn on the kitchen light unless it is day",
    ],
)
def test_what_only_resembles_a_command_is_none(english: Recognizer, text: str) -> None:
    assert english.recognize(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "前门开了",
        "车库门开了吧",
        "别帮我关灯",
        "不要开灯",
        "别关灯",
        "不要关厨房灯",
        "先别打开厨房灯",
        "十点关灯",
        "除了厨房其他灯都关了",
        "关灯除了卧室",
    ],
)
def test_what_only_resembles_a_chinese_command_is_none(chinese: Recognizer, text: str) -> None:
    assert chinese.recognize(text) is None


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("turn everything off", "en", "Sorry, I couldn't understand that"),
        ("turn the heat up", "en", "Sorry, I couldn't understand that"),
        ("is there any motion in the hallway", "en", "Sorry, I couldn't understand that"),
        ("what's the temperature in the kitchen", "en", "Sorry, I am not aware of any thermostat in the Kitchen area"),
        ("别关灯", "zh-CN", "抱歉，我无法理解您的意思，你可以尝试换个说法"),
        ("所有东西都关了", "zh-CN", "抱歉，我无法理解您的意思，你可以尝试换个说法"),
        ("厨房温度是多少", "zh-CN", "抱歉，在 厨房 区域没有找到 空调 设备"),
        ("关上厨房的窗帘", "zh-CN", "抱歉，在 厨房 区域没有找到 窗帘 设备"),
    ],
)
def test_a_refusal_names_things_as_people_do(
    understanding: Understanding, text: str, language: str, answer: str
) -> None:
    assert understanding.understand(Utterance(text, language)).text == answer


def test_without_a_room_volume_is_that_of_what_plays(understanding: Understanding) -> None:
    ((command, _),) = understanding.understand(Utterance("turn it up", "en")).commands
    assert command.slots == {"volume_step": "up", "area": "Kitchen"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_has_an_answer_and_an_intent_that_exists(code: str) -> None:
    own = yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    language = load_language(code)
    for name, intent in own["intents"].items():
        assert name in HANDLERS
        assert name == "HassNevermind" or all(language.response(name, block["response"]) for block in intent["data"])
        answers = {*(get_intents(code) or {})["responses"]["intents"].get(name, {}), "default"}
        answers.update(own["responses"]["intents"].get(name, {}))
        assert {block["response"] for block in intent["data"]} <= answers


@pytest.mark.parametrize("code", LANGUAGES)
def test_our_rules_and_lists_leave_home_assistants_alone(code: str) -> None:
    own = yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    assert all(name.startswith("sotto_") for key in ("lists", "expansion_rules") for name in own[key])


def test_merging_changes_neither_side() -> None:
    data: dict[str, Any] = {"intents": {"A": {"data": [1]}}, "responses": {"intents": {"A": {"x": "1"}}, "errors": {}}}
    own: dict[str, Any] = {"intents": {"A": {"data": [2]}}, "responses": {"intents": {"A": {"y": "2"}}}}
    merged = merge(data, own)
    assert merged["intents"]["A"]["data"] == [1, 2]
    assert merged["responses"] == {"intents": {"A": {"x": "1", "y": "2"}}, "errors": {}}
    assert data["intents"]["A"] == {"data": [1]}
    assert own["intents"]["A"] == {"data": [2]}
