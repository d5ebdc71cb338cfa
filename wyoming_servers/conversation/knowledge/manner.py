"""How something is said: as a question that a document may answer, or as a command, a remark, television. Pure logic.

Cheap signs, each alone often wrong; what they are worth is learned from examples (`gate.py`).
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..guard.asked import is_question, is_small_talk, plain
from ..prompt.moment import needs_states

_OPEN = re.compile(
    r"\b(?:how|what|whats|what's|where's|who's|why|whose)\b|(?<!and )(?<!\w )\b(?:when|where|which|who)\b"
    r"|\b(?:when|where|who) (?:is|are|do|does|did|can|could|should|shall|must|was|were|has|have|will|may|to)\b"
    r"|\bwhich \w+ (?:\w+ )?(?:is|are|do|does|did|can|could|should|shall|must|was|were|has|have|will|may|to|goes|go)\b"
    r"|怎么|怎样|如何|为什么|为啥|什么|啥|多[少久长大高远重深宽厚咸甜快热冷响吵]|几(?!乎)|哪|谁|咋"
)
_OURS = re.compile(r"^(?:can|could|may|might|must|should|shall|am|are|do|need)\s+(?:i|we)\b")
_MAY = re.compile(
    r"\b(?:can|could|may|might|must|should|shall|am|are|do|need)\s+(?:i|we|you\b"
    r"(?! (?:please|turn|switch|open|close|set|start|stop|play|tell|put|make|dim|lock|unlock)))\b"
    r"|\ballowed\b|\bis it (?:ok|okay|safe|possible|allowed)\b"
    r"|(?:能|可以|可不可以|能不能|要不要|该不该|用不用|需要)[^帮]*[吗么嘛]|能不能|可不可以|要不要|行吗|行不行"
)
_STATE = re.compile(
    r"^(?:hey |so |and |ok |okay )?(?:is|are|was|were|has|have|had|did|does|isn't|aren't|hasn't)\b"
    r"|\b(?:right now|currently|at the moment|how much longer|how \w+ is it|at home)\b"
    r"|现在|目前|还在|还要|还剩|还有没有|[好完到开关锁停亮走来]了(?:吗|没|么)|着(?:吗|没|呢)|了没有|在线吗|在家"
)
_STILL = re.compile(r"\b(?:still|yet|already|left)\b")
_WHY = re.compile(r"\bwhy\b|\bhow (?:do|can)\b")
_MOMENT = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|this (?:morning|evening|weekend|week)|last (?:night|week|year)|next week"
    r"|(?:on|by) (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b"
    r"|今天|今晚|明天|明早|昨天|昨晚|刚才|刚刚|后天|上周|这周"
)
_PAST = re.compile(
    r"\b(?:did|was|were|bought|came|gave)\b|\b(?:have|has) (?:i|we|you|he|she|they|it)\b"
    r"|花了|(?:买|送|来|装|发明)的|是谁.*的$|了(?:几|多少)"
)
_TROUBLE = re.compile(
    r"\b(?:shows?|says|beeps?|beeping|chirps?|blinks?|blinking|flash(?:es|ing)|won't|wont|doesn't|doesnt|does not"
    r"|isn't working|not working|broken|leaking|stuck|error|there's|there is|keeps?)\b"
    r"|显示|报错|报|亮|漏|滴|不动|不了|打不开|坏了|错误|故障"
)
_ADDRESS = re.compile(r"\b(?:you|your|you're|yourself)\b|你|您")
_OTHERS = re.compile(
    r"\b(?:he|she|they|him|her|his|their|them)\b|[他她]|大家|各位|观众"
    r"|\b(?:neighbour|neighbor|friend|sister|brother|colleague|boss)s?'s?\b|\b(?:of|at|in) the office\b"
    r"|(?:邻居|朋友|同事|别人|亲戚)家?的|公司"
)
_FEELING = re.compile(
    r"\b(?:i|i'm|we|we're) (?:am |are |really |just |so )*"
    r"(?:love|hate|like|tired|hungry|think|feel|guess|hope|wish|want|off)\b"
    r"|\bwhat (?:shall|should) we (?:eat|do|cook|watch|play)\b|什么好|好不好$|怎么样$"
    r"|^(?:oh|wow|well|ah|aha|haha|hmm)\b|真[^的]|好[累饿烦香吃喝看]|死了|哎|唉|哇|呀$|啊$|啦$|吧$"
)
_GENERAL = re.compile(
    r"\b(?:capital of|invented|in the world|president|in history|population|planet|founded|was born|spell"
    r"|in (?:german|french|italian|spanish|english|chinese)|square root|plus|minus|times|divided)\b"
    r"|\b(?:to|i|we|you) buy\b|\b(?:worth|brands?|birthday)\b"
    r"|发明|世界上|历史上|首都|朝代|用英语|等于|原理|值多少|牌子|品牌|生日|能?买[到的]|送的"
)
_BROKEN = re.compile(
    r"\b(\w+) \1\b|\b(?:of|to|for) is\b"
    r"|\b(?:the|a|an|her|his|my|your) (?:the|a|an|of|to|in|by|is|was|when|for|on|and|at)\b"
    r"|\b(?:the|a|an|and)$|(那个|这个|就是|然后).*\2|([^\W哈天])\3[\u4e00-\u9fff]?\3|(?:在|和|等|就)$"
)
"""A word twice, an article without its noun: as speech recognition writes what it did not hear."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Signs of how something is said."""

    is_open: bool
    """Asks how, what, when, where."""
    asks_whether: bool
    """Asks whether one can, may or has to."""
    asks_state: bool
    """Asks how something is now."""
    is_command: bool
    """Wants something done, by words that are about it."""
    is_remark: bool
    """Asks nothing and wants nothing."""
    is_moment: bool
    """Is about today or another day near it."""
    is_past: bool
    """Asks what was, which is hardly written down."""
    is_trouble: bool
    """Says what a thing does that it should not."""
    is_address: bool
    """Is about who is spoken to."""
    is_about_others: bool
    """Is about him, her or them."""
    is_feeling: bool
    """Says how somebody feels, or is small talk."""
    is_general: bool
    """Asks what encyclopedias and shops answer, or who knows one."""
    is_broken: bool
    """Is no sentence."""

    @property
    def asks(self) -> bool:
        """Whether it asks what a document may answer, or complains of something."""
        return (self.is_open or self.asks_whether or self.is_trouble) and not self.is_command


@lru_cache(maxsize=512)
def manner(utterance: str) -> Manner:
    """Return how an utterance is said, in English or Chinese; for other languages next to nothing is seen."""
    text = plain(utterance)
    is_open = bool(_OPEN.search(text))
    may = bool(_MAY.search(text))
    state = bool(_STATE.search(text) or (_STILL.search(text) and not _WHY.search(text)))
    trouble = bool(_TROUBLE.search(text))
    is_command = not is_open and not _OURS.search(text) and not needs_states(utterance)
    asks = is_open or may or state or trouble or is_question(utterance) or text.endswith(("?", "？"))
    return Manner(
        is_open=is_open,
        asks_whether=may,
        asks_state=state,
        is_command=is_command,
        is_remark=not asks and not is_command,
        is_moment=bool(_MOMENT.search(text)),
        is_past=bool(_PAST.search(text)),
        is_trouble=trouble,
        is_address=bool(_ADDRESS.search(text)),
        is_about_others=bool(_OTHERS.search(text)),
        is_feeling=bool(_FEELING.search(text)) or is_small_talk(utterance),
        is_general=bool(_GENERAL.search(text)),
        is_broken=bool(_BROKEN.search(text)),
    )
