"""Lengths of time as people say them: "an hour and a half", 一个半小时. Pure logic.

Each language has a pattern of one length, and a function that reads what the pattern found.
"""

# ruff: noqa: RUF001 - a Chinese zero is meant
from __future__ import annotations

import re

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {
    **{word: value for value, word in enumerate(_ONES)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    "a": 1,
    "an": 1,
    "couple": 2,
}
_WORD = "|".join(sorted({*_ONES, *_TENS}, key=len, reverse=True))
ENGLISH_NUMBER = (
    rf"(?:\d+(?:\.\d+)?|a couple(?: of)?|(?:(?:an?|{_WORD}) hundred(?:(?: and)? (?:{_WORD})(?:[ -](?:{_WORD}))?)?)"
    rf"|(?:{_WORD})(?:[ -](?:{_WORD}))?|an?)"
)
_ENGLISH_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ENGLISH_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smh])"
_ENGLISH_PART = (
    rf"(?:(?:three[- ]quarters of an|(?:a )?quarter of an|half an|a half(?: an)?|half a) {_ENGLISH_UNIT}"
    rf"|{ENGLISH_NUMBER} and a half[ -]{_ENGLISH_UNIT}"
    rf"|{ENGLISH_NUMBER}[ -]?{_ENGLISH_UNIT}(?: and a (?:half|quarter))?)"
)
ENGLISH_LENGTH = rf"(?:{_ENGLISH_PART}(?:(?:,| and|, and)? {_ENGLISH_PART}){{0,2}}\b)"

_DIGITS = {**{char: value for value, char in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2, "兩": 2}
CHINESE_NUMBER = r"(?:\d+(?:\.\d+)?|[零〇一二两兩三四五六七八九十百]+)"
_CHINESE_UNITS = {"秒": 1, "分": 60, "刻": 900, "小": 3600, "钟": 3600, "鐘": 3600, "天": 86_400, "周": 604_800}
_CHINESE_UNITS |= {"星": 604_800, "礼": 604_800, "週": 604_800}
_HOUR = r"(?:小时|小時|钟头|鐘頭)"
_CHINESE_UNIT = rf"(?:个|個)?(?:{_HOUR}|星期|礼拜)|分(?:钟|鐘|(?!之[^后後前]|百))|秒(?:钟|鐘)?|刻(?:钟|鐘)|天|周|週"
_CHINESE_PART = (
    rf"(?:{CHINESE_NUMBER}(?:个|個)半{_HOUR}|半(?:个|個)?(?:{_HOUR}|分(?:钟|鐘)|天)"
    rf"|{CHINESE_NUMBER}(?:{_CHINESE_UNIT})(?:半(?:钟|鐘)?)?)"
)
CHINESE_LENGTH = rf"(?:{_CHINESE_PART}(?:[零又和]?{_CHINESE_PART}){{0,2}})"


def english_number(text: str) -> float:
    """Return the number that ENGLISH_NUMBER matched."""
    if text[0].isdigit():
        return float(text)
    value = 0
    for word in re.findall("[a-z]+", text.lower()):
        value = value * 100 if word == "hundred" else value + _WORDS.get(word, 0)
    return value - 1 if "couple" in text.lower() else value  # the article counted for one


def english_seconds(text: str) -> int:
    """Return how many seconds a length is that ENGLISH_LENGTH matched."""
    return round(sum(map(_english_part, re.findall(_ENGLISH_PART, text, re.IGNORECASE))))


def _english_part(part: str) -> float:
    words = re.sub(r"-", " ", part.lower())
    unit = re.findall(rf"(?<![a-z]){_ENGLISH_UNIT}(?![a-z])", words)[-1]
    seconds = _ENGLISH_UNITS[unit[0]]
    fraction = next((value for name, value in _FRACTIONS.items() if words.startswith(name)), None)
    if fraction is not None:
        return fraction * seconds
    more = 0.5 if "and a half" in words else 0.25 if "and a quarter" in words else 0.0
    found = re.match(ENGLISH_NUMBER, words)
    return (english_number(found[0]) + more) * seconds if found else 0.0


_FRACTIONS = {"three quarters": 0.75, "a quarter": 0.25, "quarter": 0.25, "a half": 0.5, "half": 0.5}


def chinese_number(text: str) -> float:
    """Return the number that CHINESE_NUMBER matched."""
    if text[0].isdigit():
        return float(text)
    total, digit = 0, -1
    for char in text:
        if char in "十百":
            total += (1 if digit < 0 else digit) * (10 if char == "十" else 100)
            digit = -1
        else:
            digit = _DIGITS[char]
    return total + max(digit, 0) * (10 if text[-2:-1] == "百" else 1)  # 一百二 is 120


def chinese_seconds(text: str) -> int:
    """Return how many seconds a length is that CHINESE_LENGTH matched."""
    return round(sum(map(_chinese_part, re.findall(_CHINESE_PART, text))))


def _chinese_part(part: str) -> float:
    found = re.match(CHINESE_NUMBER, part)
    number = chinese_number(found[0]) if found else 0.0
    unit = re.sub("^[个個半]+", "", part[found.end() if found else 0 :])
    return (number + (0.5 if "半" in part else 0.0)) * _CHINESE_UNITS[unit[0]]
