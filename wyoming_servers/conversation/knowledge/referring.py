"""Whether somebody asks on: "and how often?" names nothing of its own, and means what was asked before. Pure logic."""

from __future__ import annotations

import re

from ..guard.asked import plain
from ..purpose import asks_how_it_is
from .asked import terms

LONGEST_CHARS = 48
"""Who asks on is brief; of our sentences of television and garbled speech, the longer ones look the same."""

_BACK = re.compile(
    r"^(?:and|or|but|so|then)\b|\b(?:it|that|this|them|they|those|these)\b"
    r"|^(?:\u90a3|\u8fd8\u6709|\u7136\u540e)|\u5b83|\u8fd9\u4e2a|\u90a3\u4e2a|\u5462$"  # 那 还有 然后 它 这个 那个 呢
)
_ASKS = re.compile(
    r"\b(?:how|why|when|where|what|which|who)\b|^(?:and |but |so )?(?:can|may|must|should|do|does|is|are)\b"
    r"|\u591a[\u4e45\u5c11\u957f\u5927\u9ad8\u8fdc]|\u51e0|\u54ea|\u600e|\u4ec0\u4e48|\u4e3a\u4f55"
    r"|[\u5417\u5462]$"  # 多久 多少 … 几 哪 怎 什么 为何 吗 呢
)
_TOLD = re.compile(r"^(?:that|it|this)(?:'s| is| was)\b|\byou\b")
"""Nothing is asked, or somebody is asked about themselves."""


def refers_back(utterance: str) -> bool:
    """Whether it is a short question without a word of its own that a document could have; English and Chinese."""
    text = plain(utterance).rstrip(" ?!.,\uff1f\uff01\u3002\uff0c")
    if len(text) > LONGEST_CHARS or _TOLD.search(text) or asks_how_it_is(utterance):
        return False
    if not _BACK.search(text) or not _ASKS.search(text):
        return False
    return all(term.is_light for term in terms(utterance))
