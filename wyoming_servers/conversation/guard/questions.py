"""Whether a reply asks the user something, and whether this home answers it already. Pure logic.

Small models ask "Which light?" where there is one light. Then the turn is better spent on the call. Where two things
fit, and where a lock, a garage or an alarm would be meant, the question is right, and stays.
"""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Sequence

from ...home.model import Entity
from ..calls.call import Situation
from ..calls.meaning import NOT_SWITCHED
from ..calls.sentence import Sentence, words_of
from ..calls.words import KINDS, NEGATION
from .asked import is_question, plain
from .claims import sentences

_MARKS = ("?", "？", "\u061f", "\u037e")
_ASKS = re.compile(
    r"\b(?:please|kindly|could you|can you|you need to|i need you to) (?:\w+ )?"
    r"(?:specify|clarify|confirm|tell me|let me know|provide|say which|choose)\b"
    r"|\b(?:which|what) (?:one|room|area|device)\b"
    r"|\bi need to know\b|\blet me know (?:which|what|where|whether|if you (?:mean|want))\b|\bdo you mean\b"
)
_ASKS_ZH = re.compile(
    "请问|请(?:您|你)?(?:先)?(?:指定|说明|告诉我|确认|具体|提供|选)"
    "|哪[个一间盏台扇里些]|要不要|[吗呢]$|是否需要|还是.+[呢？]"
)
_COURTESY = re.compile(
    r"\banything else\b|\bhow (?:can|may) i (?:help|assist)\b|\bwhat (?:else )?can i (?:do|help)\b"
    r"|\bneed (?:any|more) help\b"
    r"|\b(?:help|assist)(?: you)? with (?:anything|something|that|else)\b|还有(?:什么|其他|别的)|(?:有什么|什么)可以帮"
)

_WHICH = re.compile(
    r"\b(?:which|what) (?:\w+ )?(?:one|area|room|floor|device|player|name|place|lights?|lamps?|bulbs?|fans?"
    r"|vacuums?|curtains?|blinds?|shades?|shutters?|covers?|speakers?|tvs?|televisions?|radios?|switch(?:es)?|plugs?|outlets?|lists?|valves?"
    r"|thermostats?|bedrooms?|bathrooms?|mowers?|humidifiers?|heaters?)\b|\bspecify\b|\bwhere\b"
    r"|\bdo you mean\b|\bname or area\b"
    r"|\b(?:name|area) of the\b|\bwhich\b.*\barea|\b(?:would you like|do you want) me to\b|\b(?:should|shall) i\b"
    r"|\bconfirm\b|\bproceed\b|哪[个一间盏台扇里些]|指定|具体|要我|需要我|确认|房间"
)
_HOW = re.compile(
    r"\bhow (?:much|bright|loud|long|many|high|warm|cold|fast|far|low)\b|\bwhen\b|\bwhat (?:time|temperature|brightness"
    r"|percentage|level|colou?r|speed|volume|position|item|song|playlist|mode|duration)\b"
    r"|\bon or off\b|\bopen (?:it )?or close|开还是关|多少|几|多[久长高亮大快]|什么(?:颜色|时候|歌|温度|模式)"
)

_GUARDED = frozenset({"lock", "alarm_control_panel", "siren", "valve", "water_heater"})
_GUARDED_COVERS = frozenset({"garage", "gate", "door"})
_GUARDED_WORDS = re.compile(
    r"\b(?:un)?locks?\b|\balarms?\b|\bgarages?\b|\bgates?\b|\b(?:dis)?arm\b|\bdoors?\b|锁|警报|报警|车库|布防|撤防|(?<!阀)门"
)
_WORDS = (
    "start stop pause resume play mute unmute clean vacuum dock return set dim open close shut raise lower skip next "
    "turn switch run halt brighten put continue unpause water mow home base back send bring"
)
_TO_DO = frozenset(_WORDS.split())
"""English words that want something done."""

_CHINESE = (
    "打扫",
    "清扫",
    "扫地",
    "静音",
    "回去",
    "充电",
    "拉",
    "调",
    "设",
    "播放",
    "启动",
    "停",
    "放",
    "成",
    "为",
    "百分之",
)
_TO_DO_ZH = re.compile("打开|关|开|暂停|继续|" + "|".join(_CHINESE[:-4]))
_ING = re.compile(r"\b([a-z]{3,})ing\b")


def asks(text: str, language: str = "") -> bool:  # noqa: ARG001 - the words of both languages are looked for in any
    """Whether a reply wants an answer; "Is there anything else?" does not."""
    return any(_is_asking(sentence) for sentence in sentences(plain(text)))


def _is_asking(sentence: str) -> bool:
    if _COURTESY.search(sentence):
        return False
    return sentence.endswith(_MARKS) or bool(_ASKS.search(sentence) or _ASKS_ZH.search(sentence.rstrip("。.！!")))


def needless(question: str, situation: Situation) -> bool:
    """Whether a reply asks which one, or whether to, although one thing fits the user's words, and it is harmless.

    False where anything is in doubt: another thing fits, a word is not accounted for, the question is how much.
    """
    text = plain(question)
    utterance = plain(situation.utterance)
    if not asks(text) or _HOW.search(text) or not _WHICH.search(text):
        return False
    if is_question(utterance) or NEGATION.search(utterance) or _GUARDED_WORDS.search(utterance):
        return False
    meant = meant_by(situation)
    return bool(meant) and not any(map(_is_guarded, meant))


def meant_by(situation: Situation) -> tuple[Entity, ...]:
    """Return what of this home the user's words fit, if nothing else does and they leave no word over; else nothing.

    One thing; or several that are each called by their names, or of which a plural in a certain room speaks.
    """
    utterance = _ING.sub(_stem, plain(situation.utterance))
    sentence = Sentence(utterance)
    if len(sentence.directions) > 1 or not _wants_something(sentence, utterance):
        return ()
    things = [entity for entity in situation.home.entities if entity.domain not in NOT_SWITCHED]
    named = _said(sentence, things)
    if any(_overlap(mine, other) for mine, one in named for other, another in named if one is not another):
        return ()  # a name that is another's too, or a part of it
    fitting = [each for each in things if any(each is one for _, one in named)]
    fitting = fitting or _of_kind(sentence, things, situation)
    places = [name for entity in fitting for name in _places_of(entity, situation)]
    names = [name for entity in fitting for name in entity.names]
    accounted = [*names, *places, *re.findall(r"\d+", utterance), *_TO_DO, *_CHINESE]
    return tuple(fitting) if fitting and sentence.leaves_open(*accounted) else ()


def _said(sentence: Sentence, things: Sequence[Entity]) -> list[tuple[tuple[str, ...], Entity]]:
    """Return the names that are in a sentence, in words, each with what is called so."""
    return [(words_of(name), each) for each in things for name in each.names if sentence.mentions([name])]


def _overlap(mine: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return f" {' '.join(mine)} " in f" {' '.join(other)} "


def _places_of(entity: Entity, situation: Situation) -> tuple[str, ...]:
    area = situation.home.area(entity.area_id)
    floor = situation.home.floor(area.floor_id or "") if area else None
    return tuple(name for place in (area, floor) if place is not None for name in place.names)


def _stem(found: re.Match[str]) -> str:
    """Return "vacuum" for "vacuuming"; "ceiling" is a word of its own."""
    known = _TO_DO | {noun for nouns in KINDS.values() for noun in nouns}
    return next((stem for stem in (found[1], found[1] + "e") if stem in known), found[0])


def _wants_something(sentence: Sentence, utterance: str) -> bool:
    return bool(sentence.directions or _TO_DO.intersection(sentence.words) or _TO_DO_ZH.search(utterance))


def _of_kind(sentence: Sentence, things: Sequence[Entity], situation: Situation) -> list[Entity]:
    """Return the thing of the kind that a noun speaks of, in the rooms that are said, or else in this one, or at all.

    Several only for a plural in rooms that are said; none where something else bears the noun: a switch called lamp.
    """
    there = _there(things, situation)
    kinds = sentence.kinds
    nouns = {noun for kind in kinds for noun in KINDS[kind] if sentence.mentions([noun])}
    alike = [each for each in there if any(nouns.intersection(words_of(name)) for name in each.names)]
    if any(each.domain not in kinds for each in alike):
        return []
    of_kind = [each for each in there if each.domain in kinds]
    here, is_placed = situation.here, bool(situation.areas_said or situation.floors_said)
    nearby = [each for each in of_kind if here is not None and each.area_id == here.area_id and not is_placed]
    fitting = nearby or of_kind
    several = is_placed and all(sentence.says_several(each.domain) for each in fitting)
    return fitting if len(fitting) == 1 or several else []


def _there(things: Sequence[Entity], situation: Situation) -> Sequence[Entity]:
    """Return the things in the rooms and on the floors that are said; all where none is."""
    home = situation.home
    floors = {floor.floor_id for floor in situation.floors_said}
    areas = {area.area_id for area in situation.areas_said} or {
        area.area_id for area in home.areas if area.floor_id in floors
    }
    return [entity for entity in things if entity.area_id in areas] if areas or floors else things


def _is_guarded(entity: Entity) -> bool:
    """Whether a thing is never switched by a guess."""
    return entity.domain in _GUARDED or (entity.domain == "cover" and entity.device_class in _GUARDED_COVERS)
