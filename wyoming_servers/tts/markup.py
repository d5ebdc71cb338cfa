"""Takes away what is written to be seen: Markdown, HTML, SSML, links, emoji and control characters.

Pure logic.
"""

# ruff: noqa: RUF001 - characters that look alike are what this is about

from __future__ import annotations

import html
import re
import unicodedata

_FLAGS = re.MULTILINE
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, _FLAGS), replacement)
    for pattern, replacement in (
        (r"<!--.*?-->", " "),
        (r"</?(?:br|p|div|li|ul|ol|tr|td|th|h[1-6]|break|s|speak|voice|par)\b[^<>]*>", " "),
        (r"</?[A-Za-z][^<>\s:]*(?:\s[^<>]*)?/?>", ""),
        (r"<\?[^<>]*>|<![^<>]*>", ""),
        (r"^\s*(?:```|~~~)[\w+-]*\s*$", ""),
        (r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\s*\)", r"\1"),
        (r"\[\^[^\[\]]*\]", ""),
        (r"\[([^\[\]]+)\]\[[^\[\]]*\]", r"\1"),
        (
            r"<?(?<![A-Za-z0-9])(?:https?|ftp)://(?:www\.)?(?:[^\s/@<>]*@)?([\w.-]+\w)(?:[:/?#][^\s<>|，。；、）】]*[^\s<>|，。；、）】.,;:!?)\]'\"*_])?>?",
            r"\1",
        ),
        (r"(?<![A-Za-z0-9.])www\.([\w-]+(?:\.[\w-]+)+)(?:/[^\s<>|，。；、]*[^\s<>|，。；、.,;:!?)\]'\"*_])?", r"\1"),
        (r"^\s{0,3}#{1,6}\s+", ""),
        (r"\s#+\s*$", ""),
        (r"^\s*(?:>\s?)+", ""),
        (r"^\s*(?:[-*_=]\s*){3,}$", ""),
        (r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*$", ""),
        (r"^\s*\|\s*|\s*\|\s*$", ""),
        (r"\s*\|\s*", ", "),
        (r"^\s*[-*+•‣▪]\s+(?:\[[ xX]\]\s+)?", ""),
        (r"(?<=\d)\s*\*\s*(?=\d)", " × "),
        (r"\*+|`+|~~", ""),
        (r"(?<![^\W_])_+|_+(?![^\W_])", ""),
        (r"_+", " "),
        (r"\\(?=[^\w\s])", ""),
    )
)
"""In this order: a link must be known before its brackets are gone, and a list before its star is emphasis."""

_PAUSES = re.compile(r"<(?:break|/p|/s|p|s)\b[^<>]*>", re.IGNORECASE)
_SUBSTITUTES = re.compile(
    r"<sub\b[^<>]*\balias\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^<>]*>.*?</sub\s*>", re.DOTALL | re.IGNORECASE
)
_TAGS = re.compile(r"<[^<>]*>")

_KEPT = "°"
"""A sign among the pictograms of Unicode that is spoken."""


def plain_text(text: str) -> str:
    """Return the text that a reader would read aloud, each line still on its own."""
    if "&" in text:
        text = html.unescape(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    category = unicodedata.category(character)
    if character in _KEPT or character == "\u200c":  # the joiner's absence is spelling in Persian
        return character
    if category == "So" or category in {"Cf", "Cs", "Co", "Cn", "Me"} or "\ufe00" <= character <= "\ufe0f":
        return ""
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # skin tones
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} and character != "\n" else character


def from_ssml(text: str) -> str:
    """Return the words of an SSML document: pauses and paragraphs become lines, substitutes what they stand for.

    What is not well-formed is read as far as it goes.
    """
    text = _SUBSTITUTES.sub(lambda match: match[1] or match[2] or "", text)
    text = _PAUSES.sub("\n", text)
    return html.unescape(_TAGS.sub("", text))
