"""What SenseVoice writes, as the words that were said. Pure logic.

Before a sentence it says which language, mood and event it heard; sherpa-onnx takes these tags away, and leaves those
that it writes later: https://github.com/FunAudioLLM/SenseVoice.
"""

from __future__ import annotations

import re

NO_SPEECH = "<|nospeech|>"
"""Where the language is: nobody spoke."""

_TAG = re.compile(r"<\|[^|<>]*\|>")


def words(text: str, language_tag: str) -> str:
    """Return the words of a text with tags in it; "" if there are none, or if it was told that nobody spoke."""
    plain = " ".join(_TAG.sub(" ", text).split())
    return plain if language_tag != NO_SPEECH and any(map(str.isalnum, plain)) else ""


def joined(texts: list[str], language: str) -> str:
    """Return the texts of one utterance as one: with a space between them where the language has spaces."""
    return ("" if language in {"zh", "yue", "ja"} else " ").join(text for text in texts if text)
