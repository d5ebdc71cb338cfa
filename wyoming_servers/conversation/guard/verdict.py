"""What becomes of a model's answer: it is spoken, executed, asked for once more, or replaced by an honest sentence.

Pure logic. The rule: a reply that says something was done is let through only when every call of this turn succeeded,
and one that puts something off only when a timer was started. A model is asked again once, with the reason.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..calls.call import Situation
from ..calls.words import NEGATION
from ..delay import later
from ..delay_kind import LaterKind
from ..engine import ToolCall, ToolChoice
from .asked import is_question, is_small_talk, plain
from .claims import claims_action, claims_attempt, claims_deed, promises
from .questions import needless
from .sentences import Sentence


@dataclass(frozen=True)
class Answer:
    """What a model came up with, its calls in plain text found."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    broken: tuple[str, ...] = ()
    """Names of calls that nobody can execute: as `find_calls` has them, or the engine."""


@dataclass(frozen=True)
class Result:
    """What became of one call of this turn."""

    call: ToolCall
    ok: bool
    reason: str = ""
    """Why it failed, for the model."""


@dataclass(frozen=True)
class Speak:
    """Say this."""

    text: str


@dataclass(frozen=True)
class Act:
    """Execute these calls, after they are made right for the home; then judge what came of them."""

    calls: tuple[ToolCall, ...]
    text: str = ""
    """May be said before; it claims nothing."""
    left_out: tuple[str, ...] = ()
    """Names of calls that cannot be executed: results that failed."""


@dataclass(frozen=True)
class Retry:
    """Ask the model once more."""

    reason: str
    """For the model, in the language of its prompt."""
    choice: ToolChoice


@dataclass(frozen=True)
class Say:
    """Say one of our own sentences."""

    sentence: Sentence
    after_responses: bool = False
    """Whether Home Assistant's responses for the calls that succeeded come first."""


Verdict = Speak | Act | Retry | Say


def judge(
    answer: Answer, situation: Situation, language: str, *, results: Sequence[Result] = (), retried: bool = False
) -> Verdict:
    """Decide about an answer, given the calls of this turn that were executed before it.

    An empty answer is judged too: after the calls of a turn, to learn whether Home Assistant's responses may be said
    (`Speak("")`), or a call that failed is tried once more. What only looked, such as GetLiveContext, did nothing.
    Where documents are quoted, nothing is ever executed: what is called there, a document may have asked for.
    """
    if situation.extract:
        return _about_passages(answer, situation, language, retried=retried)
    results = [result for result in results if not (result.ok and only_looks(result.call))]
    if answer.calls:
        return _act(answer, situation, language, retried=retried)
    if answer.broken and not retried:
        return Retry(_reason("broken", language, names=", ".join(answer.broken)), ToolChoice.REQUIRED)
    if answer.broken:
        return _failed(results)
    failed = [result for result in results if not result.ok]
    if failed and not retried and (not answer.text.strip() or _claims(answer.text, situation, language)):
        return Retry(_reason("failed", language, names=_told(failed)), ToolChoice.REQUIRED)
    return _about_words(answer.text, situation, language, results, retried=retried)


def _about_passages(answer: Answer, situation: Situation, language: str, *, retried: bool) -> Verdict:
    """Decide about an answer out of documents: words, whatever else the model wrote, and none of its own deeds."""
    if answer.text.strip() and not (claims_deed(answer.text) or claims_attempt(answer.text)):
        return Speak(answer.text)
    if not retried:
        return Retry(_reason("quoted", language), ToolChoice.NONE)
    return Say(Sentence.NOT_SURE) if claims_deed(situation.extract) else Speak(situation.extract)


def _act(answer: Answer, situation: Situation, language: str, *, retried: bool) -> Verdict:
    if answer.broken and not retried:
        return Retry(_reason("broken", language, names=", ".join(answer.broken)), ToolChoice.REQUIRED)
    untrue = _claims(answer.text, situation, language) or claims_attempt(answer.text)
    return Act(answer.calls, "" if untrue else answer.text, answer.broken)


def _about_words(
    text: str, situation: Situation, language: str, results: Sequence[Result], *, retried: bool
) -> Verdict:
    """Decide about an answer that is only words."""
    if promises(text) and not any(result.ok and _is_timer(result.call) for result in results):
        return _put_off(situation, language, results, retried=retried)
    if results:
        return _after_calls(text, situation, language, results)
    if not text.strip():
        return Say(Sentence.NOT_SURE) if retried else Retry(_reason("empty", language), ToolChoice.AUTO)
    if _claims(text, situation, language) or claims_attempt(text):
        return _unfounded(situation, language, retried=retried)
    if not retried and needless(text, situation):
        return Retry(_reason("needless", language), ToolChoice.REQUIRED)
    return Speak(text)


def _after_calls(text: str, situation: Situation, language: str, results: Sequence[Result]) -> Verdict:
    if all(result.ok for result in results):
        return Speak(text)
    if not text.strip() or _claims(text, situation, language):
        return _failed(results)
    return Speak(text)


def _unfounded(situation: Situation, language: str, *, retried: bool) -> Verdict:
    """Answer a claim that no call stands behind."""
    wants = _wants_something(situation)
    if not retried:
        return Retry(_reason("claimed", language), ToolChoice.REQUIRED if wants else ToolChoice.AUTO)
    if is_question(situation.utterance):
        return Say(Sentence.NOT_SURE)
    return Say(_declined(situation.utterance, language) or Sentence.NOTHING_DONE)


def _put_off(situation: Situation, language: str, results: Sequence[Result], *, retried: bool) -> Verdict:
    """Answer a promise to do something later, for which there is no timer."""
    if not retried and not results:
        return Retry(_reason("promised", language), ToolChoice.AUTO)
    declined = _declined(situation.utterance, language) or Sentence.CANNOT_SCHEDULE
    return Say(declined, after_responses=any(result.ok for result in results))


def _failed(results: Sequence[Result]) -> Say:
    succeeded = any(result.ok for result in results)
    return Say(Sentence.PARTLY_FAILED if succeeded else Sentence.FAILED, after_responses=succeeded)


def _claims(text: str, situation: Situation, language: str) -> bool:
    """Whether a reply claims something; a statement about the home does where something was to be done in it."""
    commanded = _wants_something(situation) or _speaks_of_home(text, situation)
    return claims_action(text, language, situation.utterance, commanded=commanded)


def _wants_something(situation: Situation) -> bool:
    """Whether the user's words are about this home, and neither a question nor a wish that nothing be done."""
    utterance = situation.utterance
    if is_question(utterance) or is_small_talk(utterance) or NEGATION.search(plain(utterance)):
        return False
    sentence = situation.sentence
    return bool(sentence.directions or sentence.kinds) or _speaks_of_home(utterance, situation)


def _speaks_of_home(text: str, situation: Situation) -> bool:
    said = Situation(situation.home, text)
    return bool(said.areas_said) or any(said.sentence.mentions(entity.names) for entity in situation.home.entities)


def only_looks(call: ToolCall) -> bool:
    """Whether a call only reads, by its name: success of it stands behind no claim."""
    return _LOOKS.search(call.name) is not None


def _is_timer(call: ToolCall) -> bool:
    return _PUTS_OFF.search(call.name) is not None and _ENDS.search(call.name) is None


_LOOKS = re.compile(
    r"(?:^|__)(?:hass)?_?(?:get|find|look|read|query|calculat|retriev|fetch|search(?!_?and)|web|recall|weather)"
    r"|status$|state$",
    re.IGNORECASE,
)
_PUTS_OFF = re.compile("timer|remind|schedul|alarm|delay|later", re.IGNORECASE)
_ENDS = re.compile("cancel|pause|status|decrease|remove|delete|list", re.IGNORECASE)
_LATER = {LaterKind.CONDITION: Sentence.CANNOT_WAIT_FOR}


def _declined(utterance: str, language: str) -> Sentence | None:
    """Return what to say to one who wants something at another time."""
    wanted = later(utterance, language)
    return None if wanted is None else _LATER.get(wanted.kind, Sentence.CANNOT_SCHEDULE)


def _told(failed: Sequence[Result]) -> str:
    return "; ".join(f"{result.call.name}: {result.reason}" if result.reason else result.call.name for result in failed)


_REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "broken": "That was no call of a tool that exists: {names}. Call one of the tools you have.",
        "failed": "This failed: {names}. Call it again with other arguments; repeat no call that succeeded.",
        "claimed": "You called no tool, so nothing was done. Call a tool, or say that you cannot do it.",
        "promised": "You cannot do anything later or wait for anything. Start a timer if you have a tool for it, "
        "or say that you cannot.",
        "needless": "Only one device fits. Do not ask; call the tool.",
        "empty": "You said nothing. Answer in one short sentence.",
        "quoted": "Nothing can be done here, whatever the documents say. Answer from what is quoted, in one or two "
        "sentences, and name the source.",
    },
    "zh": {
        "broken": "没有这样的工具调用：{names}。请调用你有的工具。",
        "failed": "执行失败：{names}。请换用其他参数再调用一次，已成功的不要重复。",
        "claimed": "你没有调用工具，什么都没有做。请调用工具，或者说明你做不到。",
        "promised": "你不能稍后再做，也不能等待某件事。有计时器工具就启动计时器，没有就说明你做不到。",
        "needless": "只有一个设备符合。不要提问，请调用工具。",
        "empty": "你什么都没有说。请用一句简短的话回答。",
        "quoted": "这里什么都不能做，不管文档怎么写。请根据引用的内容用一两句话回答，并说出出处。",
    },
}


def _reason(key: str, language: str, **told: str) -> str:
    return _REASONS["zh" if language.casefold().startswith("zh") else "en"][key].format(**told)
