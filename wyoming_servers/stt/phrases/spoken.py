"""How a written sentence is said: numbers, abbreviations and symbols become words, in lower case."""

from __future__ import annotations

import re
import unicodedata

_ONES = (  # noqa: SIM905 - one per line otherwise
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905 - as above
_SYMBOLS = {"%": " percent ", "°": " degrees ", "&": " and ", "+": " plus ", "@": " at "}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[0-9]+(?:\.[0-9]+)?")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MAX_NUMBER = 9999
"""Longer ones are read digit by digit."""


def spoken_words(text: str) -> tuple[str, ...]:
    """Return the words in which an English sentence is said: `50%` becomes `fifty`, `percent`."""
    for symbol, word in _SYMBOLS.items():
        text = text.replace(symbol, word)
    text = _CAMEL.sub(" ", _ascii(text)).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return tuple(word for token in _WORD.findall(text) for word in _token(token))


def number_words(number: int) -> list[str]:
    """Return a whole number from 0 to 9999 in words, the American way (without an "and")."""
    words: list[str] = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            words += [*number_words(number // size), name]
            number %= size
    if number >= len(_ONES):
        words.append(_TENS[number // 10])
        number %= 10
    if number or not words:
        words.append(_ONES[number])
    return words


def _token(token: str) -> list[str]:
    if token[0] not in "0123456789":
        return [token.lower()]
    whole, _, fraction = token.partition(".")
    digits = [_ONES[int(digit)] for digit in fraction]
    if int(whole) > _MAX_NUMBER:
        return [_ONES[int(digit)] for digit in whole + fraction]
    return [*number_words(int(whole)), *(["point", *digits] if digits else [])]


def _ascii(text: str) -> str:
    """Drop accents: `Café` is looked up as `Cafe`."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
