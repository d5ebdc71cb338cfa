"""What is to be done later must not be done now: a timer takes it, or it is declined. Pure logic.

Small models do at once what is wanted in ten minutes, or when the washing machine is done, and that is a false "done".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ..home.model import Area, Entity, Floor
from .calls.call import Call, Situation
from .delay import Later, later
from .delay_kind import LaterKind
from .engine import ToolCall
from .guard.sentences import Sentence
from .prompt.tools import DELAYED, START_TIMER

_DECLINED = {LaterKind.CONDITION: Sentence.CANNOT_WAIT_FOR}
_SECONDS = (("hours", 3600), ("minutes", 60), ("seconds", 1))


def put_off(
    calls: Sequence[ToolCall],
    situation: Situation,
    language: str,
    offered: Iterable[str],
    is_command: Callable[[str, str], bool],
) -> tuple[ToolCall, ...] | Sentence:
    """Return the calls for now, with a timer for what is wanted later; or why that cannot be.

    `offered` are the names of the tools that may be called. Only what `is_command` is put off: nobody would hear that
    it was not understood when its time has come.
    """
    if not any(acts_at_once(call) for call in calls):
        return tuple(calls)
    wanted = _wanted_later(situation, language)
    if wanted is None:
        return tuple(calls)
    timer = next((name for name in offered if name.endswith(START_TIMER)), None)
    if wanted.kind is not LaterKind.DURATION or wanted.now or timer is None or not wanted.seconds:
        return _DECLINED.get(wanted.kind, Sentence.CANNOT_SCHEDULE)
    if not is_command(wanted.command, language):
        return Sentence.CANNOT_SCHEDULE
    return (_timer(timer, wanted),)


def acts_at_once(call: ToolCall) -> bool:
    """Whether a call changes something in the house now."""
    made = Call(call.name, call.arguments)
    return made.has_targets and made.intent != "HassGetState"


def _wanted_later(situation: Situation, language: str) -> Later | None:
    """Return what is wanted later in the sentence, or in its last clauses: "we're leaving, all off in ten minutes"."""
    text, names = situation.utterance, _names(situation)
    starts = [0, *(found.end() for found in _CLAUSE_ENDS.finditer(text))]
    return next((found for start in starts if (found := later(text[start:], language, names))), None)


_CLAUSE_ENDS = re.compile(r"[,;.\uff0c\uff1b\u3002]\s*")


def _names(situation: Situation) -> list[str]:
    home = situation.home
    things: list[Entity | Area | Floor] = [*home.entities, *home.areas, *home.floors]
    return [name for thing in things for name in thing.names]


def _timer(name: str, wanted: Later) -> ToolCall:
    arguments: dict[str, str | int] = {DELAYED: wanted.command}
    left = wanted.seconds
    for unit, seconds in _SECONDS:
        count, left = divmod(left, seconds)
        if count:
            arguments[unit] = count
    return ToolCall(name, arguments)
