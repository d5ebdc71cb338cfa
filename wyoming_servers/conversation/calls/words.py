"""The words of English and Chinese by which a sentence says what kind of thing it means, and what to do. Pure logic.

Only words that are in any home's sentences are here. A word that is not is taken for part of a name, and then the
model, which may know it, is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

KINDS: Mapping[str, frozenset[str]] = {
    domain: frozenset(words.split())
    for domain, words in {
        "climate": "thermostat heating heater radiator ac aircon 空调 暖气 恒温器 温控器",
        "cover": "cover curtain blind shade shutter awning gate door window 窗帘 百叶窗 卷帘 窗户 窗 大门 门",
        "fan": "fan ventilator 风扇 电扇 吊扇",
        "humidifier": "humidifier dehumidifier 加湿器 除湿机",
        "lawn_mower": "mower lawnmower 割草机",
        "light": "light lamp bulb lighting 灯光 电灯 台灯 吊灯 灯",
        "lock": "lock door 门锁 锁 大门 门",
        "media_player": "music song track volume speaker tv television radio player 音乐 歌曲 歌 音量 音箱 音响 电视",
        "switch": "switch plug outlet socket 插座 开关 插头",
        "todo": "list todo 清单 列表 待办",
        "vacuum": "vacuum hoover robot 吸尘器 扫地机器人 扫地机",
        "valve": "valve tap faucet 阀门 阀 水龙头",
    }.items()
}
"""The nouns for what a domain holds, in the singular. A door may be a cover or have a lock."""


class Direction(StrEnum):
    """What a sentence wants done."""

    ON = "on"
    OFF = "off"
    OPEN = "open"
    CLOSE = "close"
    LOCK = "lock"
    UNLOCK = "unlock"
    NEXT = "next"
    PREVIOUS = "previous"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


_END = r"(?=\s*(?:$|[.,;!?]|and\b|then\b|please\b))"
_VERB = r"\b(?:turn|switch|power|shut|put)(?:s|ed|ing|ning|ching)?\b"
_SOMEBODY = "".join(
    rf"(?<!\b{words} )" for words in ["i'm", "i am", "we're", "we are", "day", "head", "be", "take", "set"]
)
"""Whoever is off, or sets off, wants nothing turned off."""
_NOT_OPENING = "会心车始玩饭学工店口放支销发朗怀业场头展枪花价战"
"""开会 is to hold a meeting, 开心 happy, 开车 to drive."""

DIRECTIONS: Mapping[Direction, re.Pattern[str]] = {
    direction: re.compile(pattern)
    for direction, pattern in {
        Direction.ON: rf"{_VERB}\s+on\b|\bon{_END}|打开|开启|(?<![离公分召展张散想])开(?![关锁着{_NOT_OPENING}])|启动",
        Direction.OFF: rf"{_VERB}\s+(?:\S+\s+){{0,8}}?off\b|{_SOMEBODY}\boff{_END}|^off\b"
        "|关闭|关掉|关上|(?<![开有无相海难机过])关(?![闭掉上着于心系注键怀照节卡])",
        Direction.OPEN: r"\bopen\b",
        Direction.CLOSE: r"\b(?:close|shut)\b(?!\s+(?:off|down))",
        Direction.LOCK: r"^(?:please\s+|now\s+)?lock\b|(?:and|then|you)\s+lock\b|(?<![解开门的])锁(?:上|好|住|门)",
        Direction.UNLOCK: r"\bunlock\b|解锁|开锁",
        Direction.NEXT: r"\b(?:next|skip)\b|下一[首曲个]",
        Direction.PREVIOUS: r"\bprevious\b|上一[首曲个]",
        Direction.PAUSE: r"\bpause\b|暂停",
        Direction.RESUME: r"\b(?:resume|unpause|continue)\b|继续",
        Direction.STOP: r"\b(?:stop|halt)\b|停止|停下|停(?![止下])",
    }.items()
}

STATED = re.compile(
    r"(?:\b(?:is|are|was|were|be|been|being|still|left|stays?|remains?)|'s|'re)\s+"
    r"(?:(?!(?:turn|switch|power|put|shut|make|open|close)\b)\w+\s+){0,5}?(?:on|off|open|closed?)\b"
)
"""How something is, not what is to be done: "the light is still on" wants it off, if anything."""

NEGATION = re.compile(r"\b(?:not|never|no|without|except|but)\b|n['\u2019]t\b|别|不要|不用|除了")

EVERY = re.compile(r"\b(?:all|every|everything|everywhere|both|each|whole|entire)\b|全部|所有|全都|都|每|整个")

AMOUNT = re.compile(
    r"\d|%|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred|half|halfway|quarter|full|fully|max|maximum|min|minimum|low|lower|lowest|medium|high|higher"
    r"|highest|bright|brighter|brightest|brighten|brightness|dim|dimmer|dimly|dark|darker|up|down|more|less|warm"
    r"|cool|fast|faster|slow|slower|speed|level|percent)\b|[零一二两三四五六七八九十百半]|最|亮|暗|高|低|大|小|快|慢|调"
)

_PLAIN = (
    "a an and at by can could do for hey i in is it just kindly me my now of ok okay on our please some that the "
    "then there these this those to want will with would you your "
    "add change close down dim get go halt lock lower make mute next off on open pause play power previous put "
    "raise resume set shut skip start stop switch turn unlock unmute unpause up"
)
PLAIN = frozenset(_PLAIN.split())
"""English words that name nothing."""

PLAIN_CHINESE = re.compile(
    r"打开|开启|关闭|关掉|关上|启动|暂停|继续|停止|解锁|开锁|锁上|锁好|下一|上一|播放|设置|添加|加到|加入|放到|一下|帮我|给我|麻烦"
    r"|请|把|将|的|了|吧|吗|呢|啊|我|你|它|这|那|个|首|曲|里|上|下|到|在|给|开|关|停|锁|再|先|和"
)
"""Chinese words that name nothing."""
