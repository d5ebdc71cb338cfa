"""Characters of a document as they are kept: no controls, no half pairs, no glyphs that only look like letters.

Pure logic.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
"""Control, direction, private use, half of a pair, tags. What holds emoji and some scripts together stays."""
_SPACES = re.compile(r"\s+")
_LIGATURES = {
    code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFB00, 0xFB07), *range(0x2E80, 0x2FE0))
}
"""PDF files have these where letters and ideographs are meant."""
_WIDE_SIGNS = "[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
_WIDE = re.compile(_WIDE_SIGNS)
"""Scripts that are written without spaces; Korean has them."""
_BREAK = re.compile(r"\s*\n\s*")
_WIDE_BREAK = re.compile(rf"(?<={_WIDE_SIGNS})\s*\n\s*(?={_WIDE_SIGNS})")


def clean(text: str) -> str:
    """Return text as one line: composed, runs of white space as one space, without what is not seen."""
    visible = _HIDDEN.sub("", text)
    if not visible.isascii():
        visible = unicodedata.normalize("NFC", visible.translate(_LIGATURES))
    return _SPACES.sub(" ", visible).strip()


def unbroken(text: str) -> str:
    """Return text whose line breaks mean nothing without them: a space, or in Chinese nothing."""
    return _BREAK.sub(" ", _WIDE_BREAK.sub("", text))


def is_wide(character: str) -> bool:
    """Whether a character is of Chinese or Japanese writing, its punctuation included."""
    return _WIDE.match(character) is not None


def glue(before: str, after: str) -> str:
    """Return what stands between two lines of one paragraph: nothing in Chinese, else a space."""
    return "" if not before or not after or is_wide(before[-1]) or is_wide(after[0]) else " "
