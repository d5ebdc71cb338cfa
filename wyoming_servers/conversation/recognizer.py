"""One sentence as one command of this home, by the sentences of `home-assistant-intents`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hassil.models import MatchEntity, UnmatchedEntity, UnmatchedTextEntity
from hassil.recognize import MISSING_ENTITY, RecognizeResult, recognize_all, recognize_best

from ..home.targets import DOMAINS
from .candidates import Candidates
from .languages import Language
from .names import Names, normalize
from .politeness import without_fillers, without_politeness

_REMEMBERED = 256
"""Sentences whose meaning is kept: speech recognition asks about the same one again and again."""

HERE = "\N{ROUND PUSHPIN}"
"""Stands as the area of a command that means the room in which it is said; no area is called so."""

TARGETS = ("name", "area", "floor")
"""The slots that say where something is to happen."""


@dataclass(frozen=True, slots=True)
class Command:
    """An intent and its slots, as Home Assistant executes it."""

    text: str
    """The part of the utterance that says it, as it was matched."""
    intent: str
    slots: Mapping[str, Any]
    spoken: Mapping[str, str] = field(default_factory=dict)
    """The words for a slot's value, where they are not the value itself: `five` for 5."""
    response: str | None = None
    """Which of the intent's answers fits."""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Where in `text` the target slots stand."""
    domain: str | None = None
    """The domain of the named entity, where the sentence depends on it."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What was almost a command: the slots whose words are no name of this home, and those that are."""

    unknown: Mapping[str, str]
    known: Mapping[str, str]


class Recognizer:
    """A language and the names of a home. Safe to use from any thread."""

    def __init__(self, language: Language, names: Names) -> None:
        self.language = language
        self._names = names
        self.recognize = lru_cache(maxsize=_REMEMBERED)(self._recognize)
        """`recognize(text, in_room)` returns the command, or None if the text is none.

        "Turn on the lights" gives a command whose area is HERE. `in_room` says that it is known which room that
        is, so that such a reading is as good as any; otherwise it is taken where there is no other.
        """

    def _recognize(self, text: str, in_room: bool = False) -> Command | None:
        text = normalize(text)
        code = self.language.code
        plain = without_politeness(text, code)
        for variant in dict.fromkeys((text, plain, without_politeness(without_fillers(text, code), code))):
            if variant and (result := self._best(variant, in_room)) is not None:
                return _command(variant, result)
        return None

    def _best(self, text: str, in_room: bool) -> RecognizeResult | None:
        language = self.language
        lists = self._names.lists_for(text)
        kinds = self._names.kinds_in(text)

        def best(sentences: Candidates, context: dict[str, Any]) -> RecognizeResult | None:
            intents = sentences.within(text, kinds)
            return recognize_best(text, intents, lists, intent_context=context, best_slot_name="name")

        if in_room:
            return best(language.sentences, _LOCAL)
        return best(language.sentences, {}) or best(language.local, _LOCAL)

    def mentions(self, text: str) -> bool:
        """Whether the text contains the name of anything in this home."""
        return bool(self._names.kinds_in(normalize(text)))

    def nearest(self, text: str) -> NearMiss | None:
        """Return what the text would be with a name that this home does not have; None if it is far from that."""
        text = without_politeness(normalize(text), self.language.code)
        results = recognize_all(
            text,
            self.language.actions.within(text),
            self._names.lists_for(text),
            intent_context=_LOCAL,
            allow_unmatched_entities=True,
        )
        best = max((result for result in results if result.text_chunks_matched), key=_closeness, default=None)
        miss = _near_miss(best) if best is not None else None
        return None if miss is None or any(map(self._names.kinds_in, miss.unknown.values())) else miss


_LOCAL = {"area": {"value": HERE, "text": HERE}}


def _command(text: str, result: RecognizeResult) -> Command:
    entities = result.entities
    return Command(
        text=text,
        intent=result.intent.name,
        slots={name: _value(entity) for name, entity in entities.items() if not _is_implied(result, entity)},
        spoken={name: spoken for name, entity in entities.items() if (spoken := _spoken(entity))},
        response=result.response,
        spans={
            name: (entity.text_span[0], entity.text_span[1])
            for name, entity in entities.items()
            if name in TARGETS and entity.text_span is not None and entity.text
        },
        domain=_required_domain(result),
    )


def _is_implied(result: RecognizeResult, entity: MatchEntity) -> bool:
    """Whether a slot only says what the intent says anyway: lights are all that HassLightSet can set."""
    return entity.name == "domain" and [entity.value] == list(DOMAINS.get(result.intent.name, ()))


def _required_domain(result: RecognizeResult) -> str | None:
    domain = result.context.get("domain") if "domain" in result.intent_data.requires_context else None
    return domain if isinstance(domain, str) else None


def _value(entity: MatchEntity) -> Any:
    """Return a slot's value; hassil reads digits as 50.0."""
    value = entity.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _spoken(entity: MatchEntity) -> str:
    text = (entity.text or "").strip()
    return text if text and text != str(_value(entity)) else ""


def _closeness(result: RecognizeResult) -> tuple[int, int, int, int]:
    """Order failures as Home Assistant does: words matched, then slots filled, then fewest left, then names."""
    unknown = [each for each in result.unmatched_entities_list if not _is_missing(each)]
    known = sum(1 for entity in result.entities_list if entity.name not in result.unmatched_entities)
    named = "name" in result.entities or "name" in result.unmatched_entities
    return result.text_chunks_matched, known, -len(unknown), int(named)


def _is_missing(unmatched: UnmatchedEntity) -> bool:
    return isinstance(unmatched, UnmatchedTextEntity) and unmatched.text == MISSING_ENTITY


def _near_miss(result: RecognizeResult) -> NearMiss:
    return NearMiss(
        unknown={
            each.name: each.text.strip()
            for each in result.unmatched_entities_list
            if isinstance(each, UnmatchedTextEntity) and not _is_missing(each)
        },
        known={name: (entity.text or str(entity.value)).strip() for name, entity in result.entities.items()},
    )
