"""What the guard says in place of a reply that would be untrue, in the user's language. Pure logic.

One sentence each, that says what did not happen and, where there is something, what to do.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Sentence(StrEnum):
    """What there is to say."""

    NOTHING_DONE = "nothing_done"
    """An action was claimed, and none was executed."""
    FAILED = "failed"
    """A call was made and did not succeed."""
    PARTLY_FAILED = "partly_failed"
    """Said after Home Assistant's words for what succeeded."""
    NOT_SURE = "not_sure"
    """A question about how things are was answered with what was done."""
    CANNOT_SCHEDULE = "cannot_schedule"
    """Something was to be done at another time."""
    CANNOT_WAIT_FOR = "cannot_wait_for"
    """Something was to be done when something else has happened."""
    TIMED_OUT = "timed_out"
    """The language model is silent."""
    UNAVAILABLE = "unavailable"
    """The language model cannot be used."""
    NO_MEMORY = "no_memory"
    """The language model is larger than this machine's memory."""
    LOADING = "loading"
    """The language model is not ready yet."""
    BUSY = "busy"
    """Too many are waiting for the language model."""
    TOO_LONG = "too_long"
    """The sentence does not fit in what the model can read at once."""
    NOT_MEANT = "not_meant"
    """What was said before was meant for somebody else."""


_TEXTS: Mapping[str, Mapping[Sentence, str]] = {
    "en": {
        Sentence.NOTHING_DONE: "I haven't done anything, so please say it another way.",
        Sentence.FAILED: "Sorry, that didn't work, so nothing has changed.",
        Sentence.PARTLY_FAILED: "The rest didn't work, sorry.",
        Sentence.NOT_SURE: "I'm not sure about that, sorry.",
        Sentence.CANNOT_SCHEDULE: "I can't do things at a later time yet, so I left it as it is.",
        Sentence.CANNOT_WAIT_FOR: "I can't wait for something to happen yet, so I left it as it is.",
        Sentence.TIMED_OUT: "The language model isn't answering right now, so please try again in a moment.",
        Sentence.UNAVAILABLE: "I can't reach the language model right now, so I only understand simple commands.",
        Sentence.NO_MEMORY: "The language model needs more memory than there is, so I only understand simple commands.",
        Sentence.LOADING: "The language model is still loading, so please try again in a moment.",
        Sentence.BUSY: "I'm busy with something else at the moment, so please try again shortly.",
        Sentence.TOO_LONG: "That was too long for me, so please say it in fewer words.",
        Sentence.NOT_MEANT: "Oh, sorry.",
    },
    "zh": {
        Sentence.NOTHING_DONE: "我还没有做任何操作，因为没听明白要做什么，请换个说法。",
        Sentence.FAILED: "抱歉，刚才没有成功，什么都没有改变。",
        Sentence.PARTLY_FAILED: "抱歉，其余的没有成功。",
        Sentence.NOT_SURE: "抱歉，这个我不太确定。",
        Sentence.CANNOT_SCHEDULE: "我还不能在以后的时间做事，所以先保持原样。",
        Sentence.CANNOT_WAIT_FOR: "我还不能等某件事发生后再做，所以先保持原样。",
        Sentence.TIMED_OUT: "语言模型暂时没有回应，请稍后再试。",
        Sentence.UNAVAILABLE: "现在连不上语言模型，我只能听懂简单的指令。",
        Sentence.NO_MEMORY: "这台机器的内存装不下语言模型，我只能听懂简单的指令。",
        Sentence.LOADING: "语言模型还在加载，请稍后再试。",
        Sentence.BUSY: "我现在正忙，请稍等一下再试。",
        Sentence.TOO_LONG: "这句话太长了，请说得简短一些。",
        Sentence.NOT_MEANT: "哦，不好意思。",
    },
    "zh-TW": {
        Sentence.NOTHING_DONE: "我還沒有做任何操作，因為沒聽懂要做什麼，請換個說法。",
        Sentence.FAILED: "抱歉，剛才沒有成功，什麼都沒有改變。",
        Sentence.PARTLY_FAILED: "抱歉，其餘的沒有成功。",
        Sentence.NOT_SURE: "抱歉，這個我不太確定。",
        Sentence.CANNOT_SCHEDULE: "我還不能在以後的時間做事，所以先保持原樣。",
        Sentence.CANNOT_WAIT_FOR: "我還不能等某件事發生後再做，所以先保持原樣。",
        Sentence.TIMED_OUT: "語言模型暫時沒有回應，請稍後再試。",
        Sentence.UNAVAILABLE: "現在連不上語言模型，我只能聽懂簡單的指令。",
        Sentence.NO_MEMORY: "這台機器的記憶體裝不下語言模型，我只能聽懂簡單的指令。",
        Sentence.LOADING: "語言模型還在載入，請稍後再試。",
        Sentence.BUSY: "我現在正忙，請稍等一下再試。",
        Sentence.TOO_LONG: "這句話太長了，請說得簡短一些。",
        Sentence.NOT_MEANT: "哦，不好意思。",
    },
}
_TRADITIONAL = ("zh-tw", "zh-hk", "zh-mo", "zh-hant")


def say(sentence: Sentence, language: str) -> str:
    """Return a sentence in a language; in English where that is none of ours."""
    tag = language.casefold().replace("_", "-")
    if tag.startswith(_TRADITIONAL):
        return _TEXTS["zh-TW"][sentence]
    return _TEXTS["zh" if tag.startswith(("zh", "cmn")) else "en"][sentence]
