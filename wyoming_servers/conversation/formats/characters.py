"""Tokens' bytes become characters, those that a grammar of llama.cpp took them for. Pure logic.

llama.cpp accepts some characters in more bytes than they need: when one name begins with an emoji, another may be
written with its first byte. Python's own decoder makes question marks of that, and the name is none any more.
"""

from __future__ import annotations

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_BITS = 6
_SURROGATES = range(0xD800, 0xE000)


class Characters:
    """Decodes UTF-8 piece by piece; what is no character becomes U+FFFD."""

    def __init__(self) -> None:
        self._pending = b""

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """Return the characters that are complete; with `final`, what is left, too."""
        if not self._pending and data.isascii():
            return data.decode("ascii")
        data = self._pending + data
        self._pending = b""
        text = []
        at = 0
        while at < len(data):
            length = _length(data[at])
            found = data[at : at + length]
            good = 1 + next((index for index, byte in enumerate(found[1:]) if byte >> _BITS != 2), len(found) - 1)
            if good == len(found) < length and not final:
                self._pending = found
                break
            text.append(_character(found) if good == length else REPLACEMENT)
            at += good
        return "".join(text)


def _length(first: int) -> int:
    """Return how many bytes a character has that begins with this one."""
    return 4 if 0xF0 <= first < 0xF8 else 3 if 0xE0 <= first < 0xF0 else 2 if 0xC0 <= first < 0xE0 else 1


def _character(data: bytes) -> str:
    if len(data) == 1:
        return chr(data[0]) if data[0] < 0x80 else REPLACEMENT
    value = data[0] & (0x7F >> len(data))
    for byte in data[1:]:
        value = value << _BITS | byte & 0x3F
    return REPLACEMENT if value < 0x80 or value > 0x10FFFF or value in _SURROGATES else chr(value)
