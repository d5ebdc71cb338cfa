"""Whether what a satellite heard was said to nobody here: by the television, or among people. Pure logic.

What is asked, wanted, or about the home is never taken for it; nor what a document answers, which others see to.
"""

from __future__ import annotations

import re

from ..home.model import Area
from .guard.asked import is_small_talk, plain
from .knowledge.manner import manner
from .prompt.relevance import Index
from .purpose import is_order

_BIDDEN = re.compile(
    r"^(?:(?:please|hey|ok(?:ay)?|so|and|now|well)\b[\s,]*)*(?:tell|sing|say|cheer|give|let|help|find|show|look|read|explain"
    r"|write|count|guess|talk|remind|wake|make|do|stop|go|come|be|sotto)\b"
    r"|^(?:请|你|快)*(?:说|讲|唱|告诉|帮|给我|来|陪|念|算|猜|叫|提醒|别|不要)|叫我|给我"
)


def is_chatter(utterance: str, index: Index, here: Area | None = None) -> bool:
    """Whether an utterance asks nothing, wants nothing, and is about nothing in the home of this index.

    Of speech of the television that is some half; and so is a remark such as "I love you".
    """
    seen = manner(utterance)
    if not seen.is_remark or seen.is_trouble or is_small_talk(utterance) or is_order(utterance):
        return False
    return _BIDDEN.search(plain(utterance)) is None and not index.knows(utterance, here)
