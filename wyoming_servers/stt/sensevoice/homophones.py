"""The names of this home where Chinese characters of the same sound were heard: 打开输房灯 is 打开书房灯. Pure logic.

A recogniser that takes no prompt cannot know how a name is written, only how it sounds. Mandarin has 400 syllables but
for tones, and thousands of characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pypinyin import lazy_pinyin

SHORTEST = 2
"""A single character sounds like dozens of others."""

_IDEOGRAPHS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


class Homophones:
    """Names by their sound, without tones."""

    def __init__(self, names: Iterable[str]) -> None:
        """Of `names` those count that are written in Chinese characters alone; of two that sound the same, neither."""
        self._names = {name for name in names if len(name) >= SHORTEST and _IDEOGRAPHS.fullmatch(name)}
        sounds = {name: _sound(name) for name in self._names}
        count = Counter(sounds.values())
        self._by_sound = {sound: name for name, sound in sounds.items() if count[sound] == 1}
        self._lengths = sorted({len(name) for name in self._names}, reverse=True)

    def corrected(self, text: str) -> str:
        """Return the text with the names that it has by sound; a name that is written as it should be is left alone."""
        sound = _sound(text) if self._by_sound else ()
        if len(sound) != len(text):
            return text
        pieces, start = [], 0
        while start < len(text):
            piece = self._name_at(text, sound, start) or text[start]
            pieces.append(piece)
            start += len(piece)
        return "".join(pieces)

    def _name_at(self, text: str, sound: tuple[str, ...], start: int) -> str | None:
        """Return the longest name that is at this place, as it is written or by its sound."""
        for length in self._lengths:
            written = text[start : start + length]
            if written in self._names:
                return written
            if _IDEOGRAPHS.fullmatch(written) and (name := self._by_sound.get(sound[start : start + length])):
                return name
        return None


def _sound(text: str) -> tuple[str, ...]:
    """Return the syllable of each character; what is no Chinese character stands for itself."""
    return tuple(lazy_pinyin(text, errors=list))  # type: ignore[arg-type] # a list is taken, too
