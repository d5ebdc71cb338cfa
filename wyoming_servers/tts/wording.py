"""Figures, units and signs in words, where a synthesiser reads them wrong: for English and Chinese.

What eSpeak NG 1.52 reads right, by itself and as Piper's phonemizer, is left to it: plain numbers, decimals,
percent in English. What it does not: `7:30` in Chinese is seven thirty, `-5` is five, `10000` ten thousand in a way
that nobody says, `50%` percent in English; in English `10:00` ends in "zero zero", `20 m` is twenty em.

Pure logic.
"""

# ruff: noqa: RUF001 - signs that look alike are what this is about

from __future__ import annotations

import re
from collections.abc import Callable

Rule = tuple[re.Pattern[str], "str | Callable[[re.Match[str]], str]"]

_NUMBER = r"\d+(?:[.,]\d+)*"
_NOT_IN_NUMBER = r"(?<![\w.,:/-])"

_UNITS = {
    "km/h": ("kilometre per hour", "kilometres per hour", "公里每小时"),
    "m/s": ("metre per second", "metres per second", "米每秒"),
    "mph": ("mile per hour", "miles per hour", "英里每小时"),
    "µg/m³": ("microgram per cubic metre", "micrograms per cubic metre", "微克每立方米"),
    "mg/m³": ("milligram per cubic metre", "milligrams per cubic metre", "毫克每立方米"),
    "km": ("kilometre", "kilometres", "公里"),
    "cm": ("centimetre", "centimetres", "厘米"),
    "mm": ("millimetre", "millimetres", "毫米"),
    "m²": ("square metre", "square metres", "平方米"),
    "m³": ("cubic metre", "cubic metres", "立方米"),
    "m": ("metre", "metres", "米"),
    "kg": ("kilogram", "kilograms", "千克"),
    "mg": ("milligram", "milligrams", "毫克"),
    "g": ("gram", "grams", "克"),
    "kWh": ("kilowatt hour", "kilowatt hours", "千瓦时"),
    "MWh": ("megawatt hour", "megawatt hours", "兆瓦时"),
    "Wh": ("watt hour", "watt hours", "瓦时"),
    "kW": ("kilowatt", "kilowatts", "千瓦"),
    "W": ("watt", "watts", "瓦"),
    "kV": ("kilovolt", "kilovolts", "千伏"),
    "mV": ("millivolt", "millivolts", "毫伏"),
    "V": ("volt", "volts", "伏"),
    "mA": ("milliampere", "milliamperes", "毫安"),
    "GHz": ("gigahertz", "gigahertz", "吉赫"),
    "MHz": ("megahertz", "megahertz", "兆赫"),
    "kHz": ("kilohertz", "kilohertz", "千赫"),
    "Hz": ("hertz", "hertz", "赫兹"),
    "Mbit/s": ("megabit per second", "megabits per second", "兆比特每秒"),
    "Mbps": ("megabit per second", "megabits per second", "兆比特每秒"),
    "GB": ("gigabyte", "gigabytes", "GB"),
    "MB": ("megabyte", "megabytes", "MB"),
    "ml": ("millilitre", "millilitres", "毫升"),
    "mL": ("millilitre", "millilitres", "毫升"),
    "L": ("litre", "litres", "升"),
    "l": ("litre", "litres", "升"),
    "hPa": ("hectopascal", "hectopascals", "百帕"),
    "kPa": ("kilopascal", "kilopascals", "千帕"),
    "mbar": ("millibar", "millibars", "毫巴"),
    "dB": ("decibel", "decibels", "分贝"),
    "lx": ("lux", "lux", "勒克斯"),
    "ppm": ("part per million", "parts per million", "ppm"),
    "ms": ("millisecond", "milliseconds", "毫秒"),
    "min": ("minute", "minutes", "分钟"),
    "h": ("hour", "hours", "小时"),
    "s": ("second", "seconds", "秒"),
    "°C": ("degree Celsius", "degrees Celsius", "摄氏度"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit", "华氏度"),
    "°": ("degree", "degrees", "度"),
}
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MEASURE = re.compile(rf"(?<![\w.,])({_NUMBER})\s?({_UNIT})(?![\w²³/°])", re.ASCII)

_CURRENCIES = {
    "€": ("euro", "euros", "欧元"),
    "$": ("dollar", "dollars", "美元"),
    "£": ("pound", "pounds", "英镑"),
    "¥": ("yuan", "yuan", "元"),
    "￥": ("yuan", "yuan", "元"),
}
_CURRENCY = "[" + "".join(_CURRENCIES) + "]"

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DATE = re.compile(r"(?<![\w-])(\d{4})[-/](0?[1-9]|1[0-2])[-/](0?[1-9]|[12]\d|3[01])(?![\w-])", re.ASCII)
_CLOCK = re.compile(r"(?<![\w:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\w:]|\.\d)", re.ASCII)

SAME_SIGNS = str.maketrans(
    {"℃": "°C", "℉": "°F", "㎡": "m²", "㎥": "m³", "㎞": "km", "㎏": "kg", "％": "%", "μ": "µ", "−": "-", "\u202f": " "}
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}
    | {"\xa0": " ", "º": "°", "’": "'"}
)
"""Signs that mean the same, as those that the rules know."""

# ---------------------------------------------------------------------------------------------------------- English


def _english_measure(match: re.Match[str]) -> str:
    number, (singular, plural, _) = match[1], _UNITS[match[2]]
    return f"{number} {singular if number == '1' else plural}"


def _english_money(match: re.Match[str]) -> str:
    singular, plural, _ = _CURRENCIES[match["before"] or match["after"]]
    whole, _, cents = match["amount"].partition(".")
    spoken = f"{whole} {singular if whole == '1' else plural}"
    return f"{spoken} {cents}" if cents.strip("0") else spoken


def _english_date(match: re.Match[str]) -> str:
    return f"{_MONTHS[int(match[2]) - 1]} {int(match[3])}, {match[1]}"


def _english_clock(match: re.Match[str]) -> str:
    hour, minute, seconds = match[1], match[2], match[3]
    if seconds:
        return match[0].replace(":", " ")
    if minute == "00":
        return hour if re.match(r"\s*[ap]\.?m\b", match.string[match.end() :], re.IGNORECASE) else f"{hour} o'clock"
    return f"{hour} oh {minute[1]}" if minute[0] == "0" else match[0]


def _rules(*rules: tuple[str, str | Callable[[re.Match[str]], str]]) -> tuple[Rule, ...]:
    return tuple((re.compile(pattern, re.ASCII), replacement) for pattern, replacement in rules)


_AMOUNT = r"(?P<amount>\d+(?:,\d{3})*(?:\.\d+)?)"
_MONEY = rf"(?<![\w.,])(?:(?P<before>{_CURRENCY})\s?)?{_AMOUNT}(?(before)|\s?(?P<after>{_CURRENCY}))"

_ENGLISH: tuple[Rule, ...] = (
    (_DATE, _english_date),
    (_CLOCK, _english_clock),
    *_rules(
        (rf"{_NOT_IN_NUMBER}(\d{{1,3}}(?:\.\d+)?)\s?[-–~]\s?(?=\d{{1,3}}(?![\w:/-]|\.\d*[-/]))", r"\1 to "),
        (r"(?<=\d)\s?–\s?(?=\d)", " to "),
        (r"[~≈]\s?(?=\d)", "about "),
        (r"(?<![\w.)])-(?=\d)", "minus "),
        (_MONEY, _english_money),
    ),
    (_MEASURE, _english_measure),
    *_rules(
        (r"\s*(?:→|⇒|->|=>)\s*", " to "),
        (r"(?<=\d)\s*×\s*(?=\d)", " times "),
        (r"(?<=\d)\s*÷\s*(?=\d)", " divided by "),
        (r"\s*±\s*", " plus or minus "),
        (r"\s*≤\s*", " at most "),
        (r"\s*≥\s*", " at least "),
        (r"(?<=[^\s<>=])\s*<\s*(?=[^\s<>=])", " less than "),
        (r"(?<=[^\s<>=])\s*>\s*(?=[^\s<>=])", " greater than "),
        (r"\s*=\s*(?=\w)", " equals "),
        (r"\s*&\s*", " and "),
        (r"#(?=\d)", "number "),
    ),
)

# ---------------------------------------------------------------------------------------------------------- Chinese

_DIGITS = "零一二三四五六七八九"
_LONGEST_NUMBER = 12
"""Longer ones are read digit by digit, as telephone numbers are."""


def chinese_number(number: int) -> str:
    """Return a number below 10**12 in Chinese: 10500 is 一万零五百."""
    if number == 0:
        return _DIGITS[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    spoken = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group:
            gap = "零" if spoken and (group < 1000 or not groups[place + 1]) else ""
            spoken += gap + _chinese_group(group) + ("", "万", "亿")[place]
    return spoken[1:] if spoken.startswith("一十") else spoken


def _chinese_group(group: int) -> str:
    spoken = ""
    for digit, unit in zip(f"{group:04d}", "千百十 ", strict=True):
        if digit != "0":
            spoken += _DIGITS[int(digit)] + unit.strip()
        elif spoken and not spoken.endswith("零"):
            spoken += "零"
    return spoken.rstrip("零")


def _digit_by_digit(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def _chinese_figure(match: re.Match[str]) -> str:
    whole, _, decimals = match[0].replace(",", "").partition(".")
    if len(whole) > _LONGEST_NUMBER - 2 or whole.startswith("0"):
        spoken = _digit_by_digit(whole)
    else:
        spoken = chinese_number(int(whole))
    return spoken + ("点" + _digit_by_digit(decimals) if decimals else "")


def _chinese_date(match: re.Match[str]) -> str:
    return f"{_digit_by_digit(match[1])}年{int(match[2])}月{int(match[3])}日"


def _chinese_clock(match: re.Match[str]) -> str:
    hour, minute, seconds = int(match[1]), int(match[2]), match[3]
    spoken = f"{'两' if hour == 2 else hour}点"
    if minute or seconds:
        spoken += f"零{minute}分" if 0 < minute < 10 else f"{minute}分"
    return spoken + (f"{int(seconds)}秒" if seconds else "")


def _chinese_money(match: re.Match[str]) -> str:
    return match["amount"] + _CURRENCIES[match["before"] or match["after"]][2]


_CHINESE: tuple[Rule, ...] = (
    (_DATE, _chinese_date),
    (_CLOCK, _chinese_clock),
    *_rules(
        (rf"(?<![\w.:/-])({_NUMBER})\s?%?\s?[-–~～]\s?({_NUMBER})\s?%", r"百分之\1到\2"),
        (r"(?<!\d)(\d{4})(?=年)", lambda match: _digit_by_digit(match[1])),
        (rf"(?<![\w.:/-])({_NUMBER}(?:%|°C|°|[点分])?)\s?[-–~～]\s?(?={_NUMBER}(?![\d:/-]))", r"\1到"),
        (r"(?<![\dA-Za-z.)])-(?=\d+(?:\.\d+)?\s?°)", "零下"),
        (r"(?<![\dA-Za-z.)])-(?=\d)", "负"),
        (rf"(?<![\d.])({_NUMBER})\s?%", r"百分之\1"),
        (_MONEY, _chinese_money),
        (r"约?\s?[~≈]\s?(?=\d)", "约"),
    ),
    (_MEASURE, lambda match: match[1] + _UNITS[match[2]][2]),
    *_rules(
        (r"(?<![\d.,A-Za-z])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])", _chinese_figure),
        (r"(?<![\d.,A-Za-z])\d{5,}(?:\.\d+)?(?![\d,A-Za-z])", _chinese_figure),
        (r"(?<![\d.,点])2(?=[个盏扇次台位间条张把只天周点]|小时|分钟)", "两"),
        (r"\s*(?:→|⇒|->|=>)\s*", "到"),
        (r"(?<=\d)\s*×\s*(?=\d)", "乘"),
        (r"(?<=\d)\s*÷\s*(?=\d)", "除以"),
        (r"\s*±\s*", "正负"),
        (r"\s*≤\s*", "小于等于"),
        (r"\s*≥\s*", "大于等于"),
        (r"(?<=[^\s<>=])\s*<\s*(?=[^\s<>=])", "小于"),
        (r"(?<=[^\s<>=])\s*>\s*(?=[^\s<>=])", "大于"),
        (r"\s*=\s*(?=\w)", "等于"),
        (r"(?<=\d)\s*\+\s*(?=\d)", "加"),
        (r"\s*&\s*", "和"),
        (r"#(?=\d)", "号码"),
    ),
)

_BY_LANGUAGE = {"en": _ENGLISH, "zh": _CHINESE, "yue": _CHINESE}


def in_words(text: str, base_language: str) -> str:
    """Return the text with signs and figures in the words of a language (`en`, `zh`, `yue`; others unchanged)."""
    for pattern, replacement in _BY_LANGUAGE.get(base_language, ()):
        text = pattern.sub(replacement, text)
    return text
