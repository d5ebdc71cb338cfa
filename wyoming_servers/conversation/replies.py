"""What is said when a command is not executed, in the user's language.

Home Assistant's own sentences wherever `home-assistant-intents` has one; where it has none, ours in English and
Chinese, and in the other languages the nearest of Home Assistant's.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import HomeError
from ..home.model import Area
from ..home.templates import render
from .languages import Language
from .recognizer import NearMiss
from .resolution import Refusal, name_in

MAX_UNKNOWN_WORDS = 4
MAX_UNKNOWN_CHARS = 40
MAX_UNKNOWN_CHINESE_CHARS = 8

_OWN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "which_area": "In which room?",
        "which_entity": "There are {{ count }} called {{ entity }}: {{ areas }}. Which one?",
        "empty": "Sorry, I didn't hear anything.",
        "too_long": "Sorry, that was too long for me. Please say it in fewer words.",
        "loading": "I'm still starting. Please try again in a moment.",
        "failed": "Sorry, something went wrong. Please try again.",
        "no_language": "Sorry, I don't speak that language yet.",
        "no_delay": "Sorry, the demo house cannot do things later.",
    },
    "zh": {
        "which_area": "请问是哪个房间？",
        "which_entity": "有{{ count }}个{{ entity }}：{{ areas }}。请问是哪一个？",
        "empty": "抱歉，我没有听到内容。",
        "too_long": "抱歉，这句话太长了，请说得简短一些。",
        "loading": "我还在启动，请稍后再试。",
        "failed": "抱歉，出了点问题，请再试一次。",
        "no_language": "抱歉，我还不会这种语言。",
        "no_delay": "抱歉，演示房屋不能延时执行命令。",
    },
    "zh-TW": {
        "which_area": "請問是哪個房間？",
        "which_entity": "有{{ count }}個{{ entity }}：{{ areas }}。請問是哪一個？",
        "empty": "抱歉，我沒有聽到內容。",
        "too_long": "抱歉，這句話太長了，請說得簡短一些。",
        "loading": "我還在啟動，請稍後再試。",
        "failed": "抱歉，出了點問題，請再試一次。",
        "no_language": "抱歉，我還不會這種語言。",
        "no_delay": "抱歉，示範房屋不能延時執行命令。",
    },
}
_SCRIPTS = {"zh-CN": "zh", "zh-HK": "zh-TW"}
_NEAREST = {
    "which_area": "duplicate_targets",
    "which_entity": "duplicate_entities",
    "failed": "handle_error",
    "no_timer_support": "no_intent",
}
"""Which of Home Assistant's sentences stands in for one of ours, in a language in which we have none."""

_DOMAINS: Mapping[str, Mapping[str, str]] = {
    "en": {"climate": "thermostat", "cover": "blinds", "media_player": "player", "todo": "list"},
    "zh": {
        "climate": "空调",
        "cover": "窗帘",
        "fan": "风扇",
        "humidifier": "加湿器",
        "lawn_mower": "割草机",
        "light": "灯",
        "lock": "门锁",
        "media_player": "播放器",
        "switch": "开关",
        "todo": "清单",
        "vacuum": "扫地机器人",
        "valve": "阀门",
        "weather": "天气",
    },
}
"""What people call a domain, where Home Assistant's own word would be put into the sentence."""

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


def say(refusal: Refusal, language: str, errors: Mapping[str, str]) -> str:
    """Return the sentence for a refusal; `errors` are Home Assistant's of that language."""
    own = _OWN.get(_SCRIPTS.get(language, language), {})
    template = own.get(refusal.key) or errors.get(refusal.key)
    template = template or errors.get(_NEAREST.get(refusal.key, "no_intent")) or errors.get("no_intent")
    template = template or _OWN["en"].get(refusal.key) or _OWN["en"]["failed"]
    try:
        return render(template, **_speakable(refusal.args, language))
    except HomeError:
        return render(errors.get("no_intent", _OWN["en"]["failed"]))


def _speakable(args: Mapping[str, Any], language: str) -> dict[str, Any]:
    speakable = dict(args)
    if "areas" in args:
        speakable["areas"] = _places(args["areas"], language)
    if "domain" in args:
        speakable["domain"] = _DOMAINS.get(_SCRIPTS.get(language, language), {}).get(
            args["domain"], args["domain"].replace("_", " ")
        )
    if "count" in args and not language.startswith("zh"):
        speakable["count"] = _NUMBERS.get(args["count"], args["count"])
    return speakable


def _places(areas: Sequence[Area], language: str) -> str:
    """List rooms as people do: "in the kitchen and in the office"."""
    names = list(dict.fromkeys(name_in(area, language) for area in areas))
    if language.startswith("zh"):
        return "和".join(names) if len(names) < 3 else "、".join(names)
    parts = [f"in the {name}" for name in names]
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)


def explain(miss: NearMiss | None, language: Language) -> Refusal:
    """Return why a sentence was not understood: a name that is unknown here, or nothing in particular."""
    if miss is None or len(miss.unknown) != 1:
        return Refusal("no_intent")
    slot, words = next(iter(miss.unknown.items()))
    words = words.removesuffix("的") if language.code.startswith("zh") else words
    if not _could_be_a_name(words):
        return Refusal("no_intent")
    if slot in {"area", "floor"}:
        return Refusal(f"no_{slot}", {slot: words})
    if slot not in {"name", "device_class"}:
        return Refusal("no_intent")
    for where in ("area", "floor"):
        if (known := miss.known.get(where)) and known.isprintable() and known.strip("\N{ROUND PUSHPIN}"):
            return Refusal(f"no_entity_in_{where}", {"entity": words, where: known})
    return Refusal("no_entity", {"entity": words})


_NO_NAME = re.compile(
    r"\b(?:is|are|am|was|it|its|what|whats|how|who|when|where|why|the|any\w*|some\w*|all|every\w*|up|down|on|off|to|for|at|"
    r"in|and|or|but|except|don't|not|me|my|you)\b|what's|[把将给吗呢都全了不别开关调这那谁哪]|所有|东西|设备|一下|后$|[打拉]$|什么|小时|分钟|秒",
    re.IGNORECASE,
)
"""Words with which the name of a thing is not made; where they are, the sentence was not understood."""


def _could_be_a_name(words: str) -> bool:
    """Whether words are short and plain enough to be said back as the name of a thing."""
    if not words or re.search(r"[,.;:!?，。；：！？、]", words) or len(words) > MAX_UNKNOWN_CHARS:
        return False
    if _NO_NAME.search(words):
        return False
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in words)
    return chinese <= MAX_UNKNOWN_CHINESE_CHARS and len(words.split()) <= MAX_UNKNOWN_WORDS
