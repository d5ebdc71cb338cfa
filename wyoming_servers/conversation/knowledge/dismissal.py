"""Whether somebody says that what was said before was none of our business: not meant for you. Pure logic."""

from __future__ import annotations

import re

from ..guard.asked import plain

_ENGLISH = re.compile(
    r"\b(?:was|is|were|am|are)(?:n't|nt| not)\s+(?:\w+\s+){0,2}?"
    r"(?:meant for|intended for|for|meant to be for|(?:talking|speaking) (?:to|with)) you\b"
    r"|\b(?:i'm|we're) not (?:talking|speaking) (?:to|with) you\b"
    r"|\b(?:did|have)(?:n't|nt| not) (?:ask|mean|asked|meant) you\b|\b(?:nobody|no one) asked you\b"
    r"|\b(?:i|we) (?:was|were|am|are) (?:talking|speaking) (?:to|with) (?!you\b)\w+|^(?:no,? )?not you\b"
)
_CHINESE = re.compile(
    "(?:不是|没有?|并没|又没)在?(?:(?:跟|和|对|同)你(?!(?:说|讲)过)|(?:问|叫)你(?:[啊呢的]|$))"
    "|我们?是?在(?:跟|和|对|同)(?!你)[^,\uff0c。]{1,8}(?:说|讲|聊)"
)


def is_dismissal(utterance: str) -> bool:
    """Whether an utterance says that the last one was meant for somebody else; English and Chinese."""
    text = plain(utterance)
    return bool(_ENGLISH.search(text) or _CHINESE.search(text))
