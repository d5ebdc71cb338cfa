"""Words around a command that say nothing about it: please, could you, 请帮我, 好吗.

`home-assistant-intents` skips a few by itself, anywhere in a sentence. These are taken off the ends only, and
only where the sentence as it was said is no command, so that a name may contain them.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re

_BEFORE = {
    "en": (
        "please|kindly|hey|ok|okay|now|can you|could you|would you|will you|i want you to|i would like you to|"
        "i'd like you to|i need you to|go ahead and|just|quickly|then|and then|and|also"
    ),
    "zh": (
        "请你|请|麻烦你|麻烦|帮忙|帮我们|帮我|帮|给我们|给我|替我|你|能不能|可不可以|可以|能|"
        "我想要|我想|我要|现在|快|再|然后"
    ),
}
_AFTER = {
    "en": "please|for me|now|right now|thanks|thank you|will you|would you|too|as well",
    "zh": "吧|啊|呀|哦|啦|呗|好吗|好不好|可以吗|行吗|一下|谢谢你|谢谢|谢了",
}
_GAP = r"[\s,，.。!！?？;；、]*"


def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    end_of_word = r"\b" if language == "en" else ""
    return (
        re.compile(rf"^{_GAP}(?:(?:{_longest_first(_BEFORE[language])}){end_of_word}{_GAP})+", re.IGNORECASE),
        re.compile(rf"(?:{_GAP}{end_of_word}(?:{_longest_first(_AFTER[language])}))*{_GAP}$", re.IGNORECASE),
    )


def _longest_first(words: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words.split("|"), key=len, reverse=True))


_PATTERNS = {language: _patterns(language) for language in _BEFORE}


_WITHIN = {
    "en": re.compile(r"\b(?:uh|um|erm|er)\b", re.IGNORECASE),
    "zh": re.compile("一下|^(?:嗯|呃|那个)+|(?:帮我|给我|帮忙|给)(?=打开|开|关|调|拉|锁)"),
}
"""Taken out wherever it stands: 开一下灯, 客厅灯帮我关了."""

_REQUEST = re.compile("^(?:请问|请|你)*(?:能不能|可不可以|可以|能够|能)(?P<command>.+?)[吗嘛么]?[?？。]*$")
"""A command that has the form of a question: 你可以打开灯吗. Without such a beginning, 吗 asks: 灯开了吗."""


def without_politeness(text: str, language: str) -> str:
    """Return the text without polite words and punctuation at its ends; "" if there is nothing else."""
    base = language.partition("-")[0]
    if base not in _PATTERNS:
        return text.strip()
    if base == "zh" and (request := _REQUEST.match(text)):
        text = request["command"]
    before, after = _PATTERNS[base]
    return after.sub("", before.sub("", text)).strip()


def without_fillers(text: str, language: str) -> str:
    """Return the text without what people say in the middle of a sentence to no effect; "" if there is nothing else."""
    within = _WITHIN.get(language.partition("-")[0])
    return " ".join(within.sub("", text).split()) if within else text
