"""The tail for one sentence: which states it needs, and in a large home which names. Pure logic.

Tokens here are evaluated after the user has spoken, so what a plain command does not need is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ...home.model import Area, Entity, HomeSnapshot
from ..calls.sentence import Sentence
from ..purpose import has_command_words, is_polite_command
from .persona import Persona
from .prompt import Prompt
from .relevance import CALLED, Dense, Index, Scored
from .states import STATELESS
from .tail import Tail, about, ahead, names_of

NAMES = 16
"""So many entities of a large home are named."""

STATES = 4
"""Of more than so many nothing is told: the model looks them up, and claims nothing from a part of them."""

CLOSE = 0.85
"""Part of the best from which another is meant just as well."""

_ASKS = re.compile(
    r"[?\uff1f]|^(?:and |so |hey )?(?:is|are|was|were|does|do|did|has|have|what|whats|which|who|whos|where|wheres|when"
    r"|why|how|hows|any|tell|check)\b|\bwhether\b"
    r"|吗|呢|多少|几|什么|哪|谁|是否|有没有|是不是|怎么|怎样|还在|还开|还关|了没|没有|告诉|查|看看"
)
_DEPENDS = re.compile(
    r"\b(?:if|unless|too|toggle|more|less|bit|warmer|cooler|colder|hotter|brighter|darker|dimmer|lighter|louder|quieter"
    r"|softer|faster|slower|higher|lower)\b|如果|要是|假如|除非|切换|太|更|再|一点|一些|点儿|[调开关][高低大小亮暗]"
)
_SEVERAL = re.compile(r"\b(?:which|any|anything|what)\b.*\b(?:are|all)\b|哪些|哪几|几[个盏扇]|都")


def needs_states(utterance: str) -> bool:
    """Whether an answer depends on how things are: a question, a condition, "warmer", or no command at all."""
    text = utterance.strip().casefold().replace("'", "").replace("\u2019", "")
    if is_polite_command(text):
        return False
    if _ASKS.search(text) or _DEPENDS.search(text):
        return True
    return not (Sentence(utterance).directions or has_command_words(text))


@dataclass(frozen=True)
class Moment:
    """When and where something is said, and what was found for it."""

    now: datetime
    here: Area | None = None
    notes: tuple[str, ...] = ()
    """Passages, best first."""
    context: str = ""
    """What holds for this conversation only."""

    def opening(self, persona: Persona) -> Tail:
        """Return what is known before the words."""
        return Tail(ahead(self.now, self.here, persona, self.context))


def tail(
    prompt: Prompt, home: HomeSnapshot, index: Index, utterance: str, moment: Moment, dense: Dense | None = None
) -> Tail:
    """Return what precedes the user's words; `index` is of a home with the same naming."""
    ranked = index.rank(utterance, moment.here, dense)
    known = {entity.entity_id: entity for entity in home.entities}
    found = [(each, known[each.entity_id]) for each in ranked if each.entity_id in known]
    named = [] if prompt.names_all else [entity for _, entity in found[:NAMES]]
    states = _told(found, Sentence(utterance), moment.here) if needs_states(utterance) else []
    blocks = about(prompt.persona, states, moment.notes, names_of(home, named))
    return replace(moment.opening(prompt.persona), about=blocks)


_Found = tuple[Scored, Entity]


def _told(found: Sequence[_Found], sentence: Sentence, here: Area | None) -> list[Entity]:
    """Return the few entities that are meant; none where it is many, or nothing says which."""
    candidates = [(each, entity) for each, entity in found if entity.domain not in STATELESS]
    meant = _named(candidates) or _of_kind(candidates, sentence, here)
    return meant if len(meant) <= STATES else []


def _named(found: Sequence[_Found]) -> list[Entity]:
    """Return what is called by its name; where several are, those that fit as well as the best."""
    named = [(each, entity) for each, entity in found if each.name >= CALLED]
    return [entity for each, entity in named if each.score >= CLOSE * named[0][0].score]


def _of_kind(found: Sequence[_Found], sentence: Sentence, here: Area | None) -> list[Entity]:
    """Return what is called by its kind: in the place that is said, else in the user's room if one is meant.

    Nothing if there is no such thing in that place: the blinds' state is no answer to a question about the window.
    """
    best = max((each.kind for each, _ in found), default=0.0)
    meant = [(each, entity) for each, entity in found if each.kind > 0 and each.kind >= CLOSE * best]
    if any(each.place > 0 for each, _ in found):
        return [entity for each, entity in meant if each.place > 0]
    entities = [entity for _, entity in meant]
    if here is None or any(_says_several(sentence, entity.domain) for entity in entities):
        return entities
    return [entity for entity in entities if entity.area_id == here.area_id] or entities


def _says_several(sentence: Sentence, domain: str) -> bool:
    return sentence.says_several(domain) or _SEVERAL.search(" ".join(sentence.words)) is not None
