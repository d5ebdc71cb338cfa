"""What the integration itself says in a conversation, in English and Chinese. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from enum import StrEnum


class Sentence(StrEnum):
    """A sentence to speak."""

    UNREACHABLE = "unreachable"
    BROKE_OFF = "broke_off"
    SIGNED_OUT = "signed_out"
    LOADING = "loading"
    NO_MODEL = "no_model"
    BUSY = "busy"
    TOO_LONG = "too_long"
    FAILED = "failed"
    LOOPED = "looped"
    ACTED = "acted"
    """In place of the others, where the server was lost after something was done."""


_BY_CODE = {
    "engine-loading": Sentence.LOADING,
    "engine-unavailable": Sentence.NO_MODEL,
    "no-memory": Sentence.NO_MODEL,
    "remote-failed": Sentence.NO_MODEL,
    "overloaded": Sentence.BUSY,
    "limit-exceeded": Sentence.TOO_LONG,
    "body-too-large": Sentence.TOO_LONG,
}

_ENGLISH = {
    Sentence.UNREACHABLE: "Sorry, I cannot reach Sotto right now.",
    Sentence.BROKE_OFF: "Sorry, I lost the connection to Sotto. Please ask again.",
    Sentence.SIGNED_OUT: "Sorry, Sotto does not let me in any more. Please sign in to it again in the settings.",
    Sentence.LOADING: "I am still waking up. Please ask again in a moment.",
    Sentence.NO_MODEL: "Sorry, my language model is not available right now.",
    Sentence.BUSY: "Sorry, I am too busy right now. Please ask again in a moment.",
    Sentence.TOO_LONG: "Sorry, that was too long for me. Please say it in fewer words.",
    Sentence.FAILED: "Sorry, something went wrong.",
    Sentence.LOOPED: "Sorry, I could not finish this.",
    Sentence.ACTED: "Something was done, but I cannot tell what came of it. Please check.",
}
_CHINESE = {
    Sentence.UNREACHABLE: "抱歉，现在连接不上 Sotto。",
    Sentence.BROKE_OFF: "抱歉，和 Sotto 的连接断开了，请再说一遍。",
    Sentence.SIGNED_OUT: "抱歉，Sotto 的令牌已失效，请在 Home Assistant 的设置里重新登录。",
    Sentence.LOADING: "我还在启动，请稍后再试。",
    Sentence.NO_MODEL: "抱歉，语言模型现在不可用。",
    Sentence.BUSY: "抱歉，我现在有点忙，请稍后再试。",
    Sentence.TOO_LONG: "抱歉，这句话太长了，请说得简短一些。",
    Sentence.FAILED: "抱歉，出了点问题。",
    Sentence.LOOPED: "抱歉，我没能完成这件事。",
    Sentence.ACTED: "操作已经执行，但我没能得知结果，请检查一下。",
}


def is_chinese(language: str) -> bool:
    """Whether a sentence in this language is to be Chinese."""
    return language.lower().split("-")[0] in {"zh", "yue"}


def say(sentence: Sentence, language: str) -> str:
    """Return the sentence in Chinese where that is the language, else in English."""
    return (_CHINESE if is_chinese(language) else _ENGLISH)[sentence]


def sentence_for(code: str) -> Sentence:
    """Return what is said of an error of the server."""
    return _BY_CODE.get(code, Sentence.FAILED)
