"""What somebody wants of an utterance, as far as its words alone tell. Pure logic.

It decides whether the household's documents are asked. They are not where something is to be done, nor where the home
itself knows the answer: a command waits for nothing, and "is the dishwasher on" is not answered from its manual.
"""

from __future__ import annotations

import re

from .calls.sentence import Sentence
from .guard.asked import is_question, is_small_talk, plain

LONGEST_CHARS = 400
"""Of what may be a question to documents; what is longer was not said to an assistant."""


def may_be_in_documents(utterance: str) -> bool:
    """Whether documents may answer: it is no order, no courtesy, and not read out from somewhere."""
    is_short = len(utterance) <= LONGEST_CHARS and any(char.isalnum() for char in utterance)
    return is_short and not (is_small_talk(utterance) or is_order(utterance))


def is_order(utterance: str) -> bool:
    """Whether something is to be done; "how do I turn off the water" asks."""
    text = plain(utterance)
    if is_question(utterance) or _MAY_I.search(text):
        return False
    if Sentence(utterance).directions or _BIDDEN.search(text):
        return True
    return has_command_words(text) or is_polite_command(text)


def has_command_words(text: str) -> bool:
    """Whether a text in lower case has a word of a command that says nothing of on or off: "set", "add", "remind"."""
    return _COMMANDS.search(text) is not None


def is_polite_command(text: str) -> bool:
    """Whether a text in lower case asks for something to be done: "can you turn on the light"."""
    return _POLITE.search(text) is not None


def asks_how_it_is(utterance: str) -> bool:
    """Whether a sentence asks how something is right now, and not how it works, what it means, or what to do."""
    text = plain(utterance)
    return _STATE.search(text) is not None and _HOW_TO.search(text) is None


_COMMANDS = re.compile(
    r"\b(?:set|dim|brighten|play|add|put|start|begin|run|clean|vacuum|mow|announce|broadcast|cancel|remove|activate|mute"
    r"|unmute|remind|timer|dock|return|make)\b|设|调到|调成|播放|添加|加到|加入|取消|提醒|定时|计时|运行|激活|广播|静音|清扫|打扫"
)
_POLITE = re.compile(r"\b(?:can|could|would|will)\s+you\b.*\b(?:turn|switch|open|close|set|start|stop|lock|unlock)\b")
_MAY_I = re.compile(r"^(?:can|could|may|might) (?:i|we|one|you put|it|this|that|the)\b")
_BIDDEN = re.compile(
    r"^(?:please\s+|now\s+)*(?:turn|switch|charge|call|wake|heat|warm|cool|water|feed|send|bring)\b"
    r"|^(?:请|麻烦你?)?(?:把|将|让|叫|开始|给我|帮我(?!查|看|找|问|想))"
)
_IS = (
    "on|off|open|opened|closed?|shut|locked|unlocked|running|done|finished|ready|playing|charging|charged|full|empty"
    "|home|online|away|docked|cleaning|heating|armed|left|dark|warm|cold|hot"
)
_MEASURED = "temperature|humidity|state|status|battery|brightness|volume|level"
_STATE = re.compile(
    r"^(?:(?:and|so|hey|ok(?:ay)?|now|please)\b[\s,]*)*(?:"
    rf"(?:is|are|isn't|aren't|was|were|has|have|did|does)\b.*\b(?:{_IS})\b"
    r"|how (?:warm|cold|hot|full|bright|dark|humid|loud) (?:is|are|was)\b|how (?:much longer|long until)\b"
    r"|(?:which|any|anything)\b.*\b(?:on|open)\b"
    rf"|(?:tell me |check )?(?:what's|what is|whats)\s+(?:the\s+)?(?:\w+\s+)?(?:{_MEASURED})\b)"
    r"|[开关亮锁]着|[锁关]好|[洗扫充烘煮放]完|在线|在家|[关开锁好]了(?:吗|没)|还在|(?:现在|还剩|还有|还要).*(?:几|多[少久])"
    r"|(?:现在|今天|当前).*(?:温度|湿度|电量|状态)|[里内厅室房外面]的?(?:几度|多少度|温度|湿度)"
)
_HOW_TO = re.compile(
    r"\b(?:should|must|may|can|allowed|supposed|need|needs|mean|means|meant|why|safe|normal|happens?|recommended)\b"
    r"|\bhow (?:do|does|to|often|should)\b|\bwhat (?:does|do|if)\b"
    r"|怎么|为什么|什么意思|应该|该不该|可以|能不能|能用|需要|才能|适合|正常|推荐|建议|如何"
)
