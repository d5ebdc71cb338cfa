"""A language model's call as a command, with the answer of Home Assistant's that fits what it does. Pure logic.

The sentences of `home-assistant-intents` say themselves which of an intent's answers fits; a call has no sentence, so
the answer is chosen by what it reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..home.model import HomeSnapshot
from ..home.targets import match_targets, wanted_by
from .calls.call import Call
from .recognizer import TARGETS, Command
from .understanding import DELAYED

_KINDS = {"light": "lights", "fan": "fans"}
"""Domains with an answer for many of them at once."""


def command_of(call: Call, home: HomeSnapshot, answers: Mapping[str, Mapping[str, str]]) -> Command:
    """Return the call as a command; `answers` are the language's templates by intent and key."""
    known = answers.get(call.intent, {})
    response = next((key for key in _fitting(call, home) if key in known), None) or next(iter(known), None)
    return Command(text="", intent=call.intent, slots=_slots(call.args), response=response)


def _slots(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value not in ("", None, [])}


def _fitting(call: Call, home: HomeSnapshot) -> Iterator[str]:
    """Yield the keys of the answers that fit, the most exact first."""
    if DELAYED in call.args:
        yield "command"
    yield from _by_value(call)
    domains = {entity.domain for entity in match_targets(home, wanted_by(call.intent, call.args)).entities}
    if len(domains) == 1:
        yield from _by_domain(call, next(iter(domains)))
    yield "default"


def _by_value(call: Call) -> Iterator[str]:
    for value in ("brightness", "color", "temperature"):
        if value in call.args:
            if "area" in call.args:
                yield f"{value}_area"
            yield value
    if "item" in call.args:
        yield "item_added"


def _by_domain(call: Call, domain: str) -> Iterator[str]:
    place = next((slot for slot in TARGETS if slot in call.args), None)
    kinds = _KINDS.get(domain)
    if kinds and place in {"area", "floor"}:
        yield f"{kinds}_{place}"
    elif place is None:
        yield f"{kinds or domain}_all"
        yield f"{domain}_all"
    yield f"{domain}_{place}"
    if place == "name":
        yield domain
