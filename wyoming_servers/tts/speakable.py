"""Turns a piece of a reply into what can be spoken: no markup, no emoji, signs and figures in words.

Pure logic.
"""

# ruff: noqa: RUF001 - punctuation that looks alike is what this is about

from __future__ import annotations

import re

from .language import base_of
from .markup import plain_text
from .wording import SAME_SIGNS, in_words

_PASSES = 8
"""One pass may uncover what another must remove (`&amp;lt;b&amp;gt;`); ordinary text takes two."""

_LEFT_OVER = re.compile(r"[\[\]{}<>\\|^~#*_`§¶†‡•·«»‹›„“”\"→←↑↓⇒⇐]+")
_REPEATED = re.compile(r"([.,!?;:，。！？；、…-])\1+")
_BEFORE_MARKS = re.compile(r"\s+(?=[,.;:!?，。！？；、](?:\s|$))")
_SPACE = re.compile(r"\s+")


def speakable(text: str, language: str) -> str:
    """Return the text as it is given to a voice of this language (BCP 47); "" if there is nothing to say."""
    for _ in range(_PASSES):
        spoken = _pass(text, base_of(language))
        if spoken == text:
            break
        text = spoken
    return text if any(character.isalnum() for character in text) else ""


def _pass(text: str, base_language: str) -> str:
    text = in_words(plain_text(text.translate(SAME_SIGNS)), base_language)
    text = _LEFT_OVER.sub(" ", text)
    text = _REPEATED.sub(r"\1", text)
    return _SPACE.sub(" ", _BEFORE_MARKS.sub("", text)).strip()
