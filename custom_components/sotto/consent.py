"""Whether what somebody says after a question is a yes or a no. Pure logic.

A sentence is a yes only if it consists of nothing but words that mean yes, and of polite ones beside them. So "yes, but
not the garage", "no wait yes" and whatever a television says are none: a door is not opened for a sentence of which a
part was not understood. A no is read the same way; what is neither is a new sentence.

Both are read in the language of the conversation; OK is a yes and an English no is a no in all of them. Words that are
a yes in one language and something else in another ("no" is "well" in Polish) count in their own alone.
"""

# ruff: noqa: RUF001 - words of many scripts are meant

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
import re
import unicodedata

from .consent_words import NO, POLITE, POLITE_ANYWHERE, YES, YES_ANYWHERE

LONGEST = 80
"""Characters. Nobody says yes at greater length."""


class Consent(Enum):
    """What was said."""

    YES = "yes"
    NO = "no"
    NEITHER = "neither"


def consent_in(text: str, language: str, echoes: Collection[str] = ()) -> Consent:
    """Return what a sentence says; `echoes` are what was asked about in words: to repeat it is a yes ("open it")."""
    said = _plain(text)
    if not said or len(said) > LONGEST or _ASKS.search(text):
        return Consent.NEITHER
    repeated = {_plain(echo) for echo in echoes}
    polite = POLITE_ANYWHERE | _in(POLITE, language)
    agreed = YES_ANYWHERE | _in(YES, language) | repeated
    if not (_NEGATION.search(said) or _CONCESSION.search(said)) and _consists_of(said, agreed, polite):
        return Consent.YES
    denied = {_plain(before + echo) for before in _DENYING for echo in repeated}
    return Consent.NO if _consists_of(said, NO["en"] | _in(NO, language) | denied, polite) else Consent.NEITHER


def _in(words: Mapping[str, frozenset[str]], language: str) -> frozenset[str]:
    base = language.lower().partition("-")[0]
    return words.get(_SAME.get(base, base), frozenset())


def _plain(text: str) -> str:
    """Return the words alone: no capitals, no punctuation, no blanks between ideographs."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    words = re.sub(r"[^\w']+", " ", text).replace("_", " ")
    return " ".join(re.sub(rf"(?<={_SCRIPT}) +(?={_SCRIPT})", "", words).split())


def _consists_of(said: str, meant: Collection[str], polite: Collection[str]) -> bool:
    """Whether the words can be read as phrases of `meant`, at least one, and of `polite`."""
    phrases = [(phrase, True) for phrase in meant if phrase] + [(phrase, False) for phrase in polite]
    read = {(0, False)}
    for at in range(len(said)):
        for seen in [seen for place, seen in read if place == at]:
            read |= {
                (_next(said, at + len(phrase)), seen or means)
                for phrase, means in phrases
                if said.startswith(phrase, at) and _ends_a_word(said, at + len(phrase))
            }
    return (len(said), True) in read


def _next(said: str, at: int) -> int:
    return at + 1 if said[at : at + 1] == " " else at


def _ends_a_word(said: str, at: int) -> bool:
    """Whether a word ends here; between ideographs one may end anywhere."""
    return at >= len(said) or said[at] == " " or (_IDEOGRAPH.match(said[at - 1 : at + 1]) is not None)


_SAME = {"yue": "zh", "no": "nb", "nn": "nb"}
_DENYING = ("don't ", "do not ", "please don't ", "别", "別", "不要", "不用", "先别")

_SCRIPT = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
_IDEOGRAPH = re.compile(f"{_SCRIPT}.")
_ASKS = re.compile(r"[?\uff1f;\uff1b]")

_NEGATION = re.compile(
    r"\b(?:no|not|nope|nah|never|none|nothing|don't|dont|won't|can't|cannot|shouldn't|isn't|without|cancel|stop|wait|but|"
    r"except|only|nicht|nein|kein\w*|non|pas|ne|jamais|nunca|não|nao|niet|nee|nej|inte|ikke|nie|нет|не|hayır|ei)\b"
    "|不|别|別|勿|莫|未|没有|沒有|算了|取消|停|等|除了|只|唔|冇|いいえ|いや|ない|だめ|やめ|아니|안|하지"
)
"""With one of these in it, nothing is a yes, whatever else the lists may say."""

_CONCESSION = re.compile("(好|行|可以|对|對|同意|当然|當然)是\\1|要是")
"""What a "but" or an "if" follows: 好是好 is "it would be good, only…", 要是 is "if"."""
