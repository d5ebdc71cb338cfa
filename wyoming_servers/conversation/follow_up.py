"""What an answer to a question of ours means: "In which room?" - "The kitchen." Pure logic, with a clock passed in.

The question and the sentence that it is about are kept for each conversation, for a minute and a few dozen
conversations at most. The next sentence of the same conversation completes that one, or it is a new one: then the
question is forgotten, whatever it was.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..home.model import Area, HomeSnapshot
from ..home.targets import fold, is_called, match_targets, wanted_by
from .commands import without_article
from .names import normalize
from .politeness import without_politeness
from .recognizer import HERE, Command

KEEP_S = 60.0
"""As long as somebody may think about which room is meant; Home Assistant itself waits for 5 minutes."""

MAX_QUESTIONS = 64
"""Of as many conversations the last question is kept."""

QUESTIONS = frozenset({"which_area", "which_entity"})
"""What we ask, by the key of the refusal; both are answered with a room."""

_PLACE = {
    "en": re.compile(
        r"^(?:(?:the one|that|it's|it is|i mean|i meant)\s+)*(?:(?:in|on|at|of|from)\s+)?(?P<place>.+?)(?:\s+one)?$",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        "^(?:就是|是|我说的是|我是说)?(?:在|要)?(?P<place>.+?)(?:里面|里边|里|那边|那个|那里|的)*(?:吧|啊|呀|呢)?$"
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What we asked, and about which sentence."""

    text: str
    """The sentence that was not clear."""
    language: str
    device_id: str | None = None
    """Where it was said."""


class Questions:
    """The questions that are open."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never run backwards."""
        self._clock = clock
        self._open: OrderedDict[str, tuple[float, Question]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def ask(self, conversation_id: str, question: Question) -> None:
        """Keep the question until it is answered, replaced or too old."""
        self._open.pop(conversation_id, None)
        self._open[conversation_id] = (self._clock(), question)
        while len(self._open) > MAX_QUESTIONS:
            self._open.popitem(last=False)

    def take(self, conversation_id: str) -> Question | None:
        """Return the conversation's open question and forget it; None if there is none, or it is too old."""
        asked_at, question = self._open.pop(conversation_id, (0.0, None))
        return question if question is not None and self._clock() - asked_at <= KEEP_S else None


def room_meant(text: str, language: str, home: HomeSnapshot) -> tuple[Area | None, str]:
    """Return the room that an answer names, or else the name of the thing; (None, "") if it is no answer."""
    for said in dict.fromkeys((normalize(text), _place(text, language))):
        for area in home.areas:
            if is_called(said, area.area_id, area.names):
                return area, ""
        if any(fold(said) in map(fold, entity.names) for entity in home.entities):
            return None, said
    return None, ""


def with_name(commands: Sequence[Command], name: str, home: HomeSnapshot) -> tuple[Command, ...]:
    """Return the commands with a thing's name in the place of "here", where that thing is one of those meant."""
    return tuple(_aimed(command, name, home) for command in commands)


def _aimed(command: Command, name: str, home: HomeSnapshot) -> Command:
    if command.slots.get("area") != HERE:
        return command
    slots = {slot: value for slot, value in command.slots.items() if slot != "area"}
    meant = match_targets(home, wanted_by(command.intent, slots)).entities
    if not any(fold(name) in map(fold, entity.names) for entity in meant):
        return command
    slots = {slot: value for slot, value in slots.items() if slot not in {"domain", "device_class"}}
    return replace(command, slots={**slots, "name": name}, response=_response_to_name(command.response))


def _response_to_name(response: str | None) -> str | None:
    """Return the answer that speaks of one thing, where `lights_area` speaks of a room; unknown ones mean the usual."""
    return {"cover_device_class": "cover", "cover_here": "cover_name"}.get(
        response or "", (response or "").removesuffix("_area") or None
    )


def _place(text: str, language: str) -> str:
    """Return what may be a name in an answer such as "in the kitchen, please"."""
    plain = without_politeness(normalize(text), language)
    pattern = _PLACE.get(language.partition("-")[0])
    found = pattern.match(plain) if pattern else None
    return without_article(found["place"].strip() if found else plain, language)
