"""The languages of SenseVoice, and the households that `auto` takes it for before Whisper. Pure logic."""

from __future__ import annotations

LANGUAGES = ("zh", "yue", "en", "ja", "ko")
"""BCP 47; sherpa-onnx knows these, by these names."""

_BEST = frozenset({"zh", "yue", "ja", "ko"})
"""In English, Whisper hears about as well, and takes the home's names as a prompt."""
_TRADITIONAL = frozenset({"tw", "hk", "mo", "hant"})
"""It writes simplified characters, in which neither names nor sentences of such a household are written."""


def hears_best(language: str) -> bool:
    """Return whether it is preferred in a household of this language, a BCP 47 tag."""
    code, *rest = language.replace("_", "-").lower().split("-")
    return code in _BEST and _TRADITIONAL.isdisjoint(rest)
