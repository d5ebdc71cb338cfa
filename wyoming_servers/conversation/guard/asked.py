"""What a user's sentence is: a question about how things are, small talk, or something to be done. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from functools import lru_cache

_REQUEST = re.compile(
    r"^(?:(?:please|hey|ok(?:ay)?|so|and|now|then|also)\b[\s,]*)*(?:(?:can|could|would|will|won't|can't)\s+(?:you|we)\b"
    r"|would you mind\b|is it possible (?:for you )?to\b|(?:what|how) about\b|why (?:don't|not)\b|how about\b"
    r"|do me a fav|may i have\b|can i (?:have|get)\b|what if you\b)"
)
_TELL = re.compile(r"\b(?:tell me|let me know|say|check|find out|see)\b|\bdo you know\b")
_QUESTION = re.compile(
    r"^(?:(?:please|hey|ok(?:ay)?|so|and|but|now|then|well|um|uh)\b[\s,]*)*"
    r"(?:(?:is|are|was|were|am|do|does|did|has|have|had|isn't|aren't|wasn't|weren't|don't you|doesn't|didn't|hasn't"
    r"|haven't|should|shall|what|whats|which|who|whose|when|where|why|how)\b|what's|who's|where's|how's|(?:tell me|"
    r"do you know|i wonder|any idea)\s+(?:if|whether|what|which|who|when|where|why|how)\b)"
)
_FOLLOW_UP = re.compile(r"^(?:and|also|what about|how about|then)\b")

_REQUEST_ZH = re.compile(
    r"^(?:请问|请|你|您|麻烦|喂|嘿)*(?:能不能|可不可以|可以|能够|能|可否|帮|给我|替我|把|将)"
    r"|(?:好吗|好不好|行吗|行不行|可以吗)[？?。]*$"
)
_TELL_ZH = re.compile("告诉|说说|查|看看|知道")
_QUESTION_ZH = re.compile(
    "吗|什么|多少|几[点度个盏台号]|哪|怎么|怎样|为何|是否|有没有|是不是|谁|开着没|关着没|了没|还是|多[大高长久远亮]"
)

_CLOSING = re.compile(
    r"^(?:(?:ok(?:ay)?|no|oh|hey|hi|well|great|good|nice|cool)\b[\s,.!]*)*"
    r"(?:thanks?(?: you)?\b.*|thx|cheers|never ?mind.*"
    r"|forget (?:it|about it)|that's (?:all|it|fine)|hello|hi|hey|good (?:morning|evening|afternoon)|bye|goodbye|sorry"
    r"|good job|well done|you're welcome|nothing|no|ok|okay|cool|great|nice)?[\s.!]*$"
)
_CLOSING_ZH = re.compile(
    "^(?:好的?|哦|嗯|不|没事)?[，,\\s]*(?:谢谢.*|多谢|算了.*|没事.*|不用了.*|你好|您好|嗨|早上?好|晚上好|再见|拜拜|辛苦了?)[。！!～~]*$"
)


@lru_cache(maxsize=512)
def is_question(asked: str) -> bool:
    """Whether a sentence asks how things are; "can you turn it off?" asks for something to be done."""
    text = plain(asked)
    if not text:
        return False
    if _ideographs(text):
        return bool(_QUESTION_ZH.search(text)) and not (_REQUEST_ZH.search(text) and not _TELL_ZH.search(text))
    if _REQUEST.search(text):
        return bool(_TELL.search(text))
    if _QUESTION.search(text):
        return True
    return text.endswith(("?", "\u061f", "\u037e")) and not _FOLLOW_UP.search(text)


def is_small_talk(asked: str) -> bool:
    """Whether a sentence only greets, thanks or takes something back."""
    text = plain(asked)
    return bool(text) and bool((_CLOSING_ZH if _ideographs(text) else _CLOSING).search(text))


def plain(text: str) -> str:
    """Return text as it is looked at here: lower case, plain apostrophes, simplified characters, no emphasis."""
    return re.sub(r"[*_#`>]", "", text).replace("\u2019", "'").translate(_SIMPLIFIED).casefold().strip()


def _ideographs(text: str) -> bool:
    return re.search("[\u3400-\u9fff]", text) is not None


_TRADITIONAL = (
    "開關設調鎖啟動閉為幫馬會後將給來這個說無沒對請問燈簾門嗎還時鐘點經辦處執現應該從樂響風電視溫記錄"
    "儲終結暫繼續臥廳裡麼誰幾樣當並們別條確認訴場單購項寫盞間邊換體讓東樓層陽臺氣機過進遠較強減聲靜掃選標錯誤發"
)
_SIMPLE = (
    "开关设调锁启动闭为帮马会后将给来这个说无没对请问灯帘门吗还时钟点经办处执现应该从乐响风电视温记录"
    "储终结暂继续卧厅里么谁几样当并们别条确认诉场单购项写盏间边换体让东楼层阳台气机过进远较强减声静扫选标错误发"
)
_SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLE)
"""Only the characters of the words that are looked for."""
