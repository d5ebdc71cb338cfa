"""What is said after actions, without asking a model a second time: Home Assistant's own answers, and what failed.

Pure logic, but for a language's files, which are read once: not on the event loop.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import HomeError
from ..home.model import Entity, HomeSnapshot
from ..home.templates import render, render_answer
from .acting import command_of
from .calls.call import Call
from .guard.sentences import Sentence, say
from .languages import FALLBACK, Language, load_language, resolve_language
from .prompt.tools import ASSIST, LIVE_CONTEXT
from .resolution import name_in
from .results import Outcome, Report, Target
from .understanding import template_of

MOST_NAMES = 4
"""Of more things not all are named."""

_ENDS = (".", "!", "?", "\u2026", "。", "！", "？")


@dataclass(frozen=True)
class _Wording:
    """Our own words, where Home Assistant has none."""

    done: str
    """For an action that Home Assistant has no answer for."""
    not_for: str
    partly: str
    some: str
    """Where nobody knows what succeeded and what did not."""
    between: str
    last: str
    others: str


_OWN: Mapping[str, _Wording] = {
    "en": _Wording(
        done="Done",
        not_for="Sorry, it didn't work for {failed}.",
        partly="It worked for {done}, but not for {failed}.",
        some="It worked for a part of it, but not for all.",
        between=", ",
        last=" and ",
        others="{count} others",
    ),
    "zh-CN": _Wording(
        done="好了",
        not_for="抱歉，{failed}没有成功。",
        partly="{done}成功了，{failed}没有成功。",
        some="有的成功了，有的没有成功。",
        between="、",
        last="和",
        others="另外{count}个",
    ),
    "zh-TW": _Wording(
        done="好了",
        not_for="抱歉，{failed}沒有成功。",
        partly="{done}成功了，{failed}沒有成功。",
        some="有的成功了，有的沒有成功。",
        between="、",
        last="和",
        others="另外{count}個",
    ),
}
_SCRIPTS = {"zh-HK": "zh-TW"}
_ACTIONS = ASSIST - {LIVE_CONTEXT}
_TELLING = frozenset({"HassTimerStatus"})
"""Of which nothing is told by saying that it is done."""


def confirmation(outcomes: Sequence[Outcome], home: HomeSnapshot, language: str) -> str | None:
    """Return what is said of actions of Assist's: what was done, and what was not.

    Args:
        outcomes: What became of the calls of a turn, in their order; those of the latest answer no model has seen.
        home: What they were about.
        language: Any tag.

    Returns:
        None where only a model can tell: one of the latest was a look at states or no tool of Assist's, there was
        none, or Home Assistant has no words for it in this language.
    """
    latest = max((outcome.answer for outcome in outcomes), default=None)
    if latest is None or any(each.call.name not in _ACTIONS for each in outcomes if each.answer == latest):
        return None
    speaker = _Speaker(home, language)
    outcomes = _settled([outcome for outcome in outcomes if outcome.call.name in _ACTIONS])
    done = [speaker.response(each) for each in outcomes if each.report.ok]
    partly = [each for each in outcomes if _did_a_part(each.report)]
    failed = [each for each in outcomes if not each.report.ok and each not in partly]
    said = [*done, *map(speaker.partly, partly)]
    if failed:
        said.append(speaker.failure(failed, after_others=bool(said)))
    sentences = [each for each in said if each]
    return speaker.joined(sentences) if len(sentences) == len(said) else None


def _settled(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes without those that failed and were made good by a call of a later answer."""
    good = [each for each in outcomes if each.report.ok]
    return [
        each
        for each in outcomes
        if each.report.ok or not any(one.answer > each.answer and one.call.name == each.call.name for one in good)
    ]


def _did_a_part(report: Report) -> bool:
    """Whether some of it was done. That an area was found, of which Home Assistant tells too, is nothing done."""
    if report.is_partial:
        return True
    return bool(report.failed) and any(target.entity_id for target in report.done)


def responses(outcomes: Sequence[Outcome], home: HomeSnapshot, language: str) -> str:
    """Return what is said of those of the actions that succeeded; "" if there is nothing to say."""
    speaker = _Speaker(home, language)
    acted = (each for each in outcomes if each.call.name in _ACTIONS and each.report.ok)
    said = [sentence for each in acted if (sentence := speaker.response(each))]
    return speaker.joined(said, whole=True) if said else ""


class _Speaker:
    """One language's words about one home."""

    def __init__(self, home: HomeSnapshot, language: str) -> None:
        self._home = home
        self._language: Language = load_language(resolve_language(language) or FALLBACK)
        self._own = _OWN.get(_SCRIPTS.get(self._language.code, self._language.code))

    def response(self, outcome: Outcome) -> str | None:
        """Return Home Assistant's answer to a call that succeeded; ours where it has none."""
        call, report = outcome.call, outcome.report
        command = command_of(Call(call.name, call.arguments), self._home, self._language.responses)
        template = template_of(command, self._language)
        found = (self._home.entity(target.entity_id) for target in report.done if target.entity_id)
        reached = [each for each in found if each]
        slots = {**command.slots, **self._spoken(command.slots, reached), **report.slots}
        try:
            text = render_answer(template, slots, reached)
        except HomeError:
            return None
        return text or (self._own.done if self._own and call.name not in _TELLING else None)

    def _spoken(self, slots: Mapping[str, Any], reached: Sequence[Entity]) -> dict[str, str]:
        """Return the names that suit the language, for those in the slots: a call may have any of a thing's."""
        area = next((each for each in self._home.areas if slots.get("area") in each.names), None)
        named = {"area": area, "name": reached[0] if "name" in slots and len(reached) == 1 else None}
        return {slot: name_in(thing, self._language.code) for slot, thing in named.items() if thing}

    def partly(self, outcome: Outcome) -> str | None:
        """Return what is said of a call that only some of its targets took."""
        if self._own is None:
            return self._error()
        report = outcome.report
        if not report.done or not report.failed:
            return self._own.some
        return self._own.partly.format(done=self._list(report.done), failed=self._list(report.failed))

    def failure(self, outcomes: Sequence[Outcome], *, after_others: bool) -> str | None:
        """Return what is said of calls that did not succeed; by their names after what did."""
        if self._own is None:
            return self._error()
        if not after_others:
            return say(Sentence.FAILED, self._language.code)
        meant = [target for outcome in outcomes for target in _meant(outcome)]
        if not meant:
            return say(Sentence.PARTLY_FAILED, self._language.code)
        return self._own.not_for.format(failed=self._list(meant))

    def joined(self, said: Sequence[str], *, whole: bool = False) -> str:
        """Return sentences as one text, none of them twice; `whole`: a single one ends with a full stop too."""
        once = list(dict.fromkeys(said))
        if len(once) == 1 and not whole:
            return once[0]
        ideographic = self._language.code.startswith(("zh", "ja"))
        stop, between = ("。", "") if ideographic else (".", " ")
        return between.join(each if each.endswith(_ENDS) else f"{each}{stop}" for each in once)

    def _error(self) -> str | None:
        """Return Home Assistant's sentence for what went wrong."""
        try:
            return render(self._language.errors.get("handle_error", "")) or None
        except HomeError:
            return None

    def _list(self, targets: Sequence[Target]) -> str:
        """Return the names of things; of areas only where there is nothing else."""
        assert self._own is not None  # noqa: S101 - only our own sentences name things
        things = [each for each in targets if each.entity_id] or targets
        names = list(dict.fromkeys(map(self._name, things)))
        if len(names) > MOST_NAMES:
            shown = names[: MOST_NAMES - 1]
            names = [*shown, self._own.others.format(count=len(names) - len(shown))]
        return self._own.last.join(filter(None, (self._own.between.join(names[:-1]), names[-1])))

    def _name(self, target: Target) -> str:
        entity = self._home.entity(target.entity_id) if target.entity_id else None
        return name_in(entity, self._language.code) if entity else target.name


def _meant(outcome: Outcome) -> Sequence[Target]:
    """Return what a call that failed was about."""
    if outcome.report.failed:
        return outcome.report.failed
    said = (outcome.call.arguments.get(slot) for slot in ("name", "area", "floor", "item"))
    return [Target(each) for each in said if isinstance(each, str) and each][:1]
