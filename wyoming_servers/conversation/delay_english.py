"""How delays and conditions are said in English. Pure logic."""

from __future__ import annotations

import re

from .amounts import ENGLISH_LENGTH
from .delay_kind import LaterKind

MASK = "\ue000"
"""Stands for every character of a name of the home."""


def _either(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})"


VERBS = (
    "turn|switch|set|put|open|close|shut|lock|unlock|start|stop|play|pause|resume|dim|brighten|make|let|lower|raise|"
    "increase|decrease|tell|send|notify|announce|say|run|activate|deactivate|execute|enable|disable|trigger|vacuum|clean|mop|"
    "water|call|ring|show|give|bring|change|add|mute|unmute|flash|blink|heat|warm|cool|arm|disarm|toggle|reduce|kill|hit|"
    "leave|keep|move|press|return|dock|do|remind|cancel|wake|boil|brew|feed|record|darken|roll|pull|draw|fade"
)
_NOT_OF_A_SUBJECT = "".join(rf"(?<!\b{word} )" for word in ("i", "we", "you", "they", "to", "people", "guests", "kids"))
_VERB = rf"{_NOT_OF_A_SUBJECT}\b(?:{VERBS})\b(?!')"
VERB = re.compile(rf"{_VERB}|\b(?:lights?|everything|all|{MASK}+|fan|heating|tv) (?:on|off|up|down)\b", re.IGNORECASE)
"""Where a command may be."""
ACTS = VERB
"""Where something is done."""

_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_HOUR = "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_OF_DAY = "(?:morning|afternoon|evening|night|noon)"
_EXACT = _either(
    r"\d{1,2}(?:[:.]\d\d)? ?(?:[ap]\.?m\b\.?|o'?clock)|\d{1,2}:\d\d",
    r"(?:half|(?:a )?quarter|five|ten|twenty|twenty[- ]five|\d\d?)(?: minutes)? (?:past|to|after|before) "
    rf"(?:{_HOUR}|\d{{1,2}}|midnight|noon)",
    rf"(?:{_HOUR}|\d{{1,2}})(?: o'?clock| [ap]\.?m\b\.?| fifteen| thirty| forty[- ]five)",
    "noon|midday|midnight|sun(?:set|rise|down|up)|dawn|dusk|bed ?time|(?:dinner|lunch|breakfast) ?time|night ?fall",
)
_TOMORROW = rf"tomorrow(?: {_OF_DAY})?|tonight|this (?:afternoon|evening)|in the {_OF_DAY}|at night"
_WHEN = rf"(?:{_TOMORROW}|today|on {_DAY})(?!')"
_BEFORE_TIME = r"(?:at|by|before|after|around|from|until|till|past|since)"
_AT = rf"\b{_BEFORE_TIME}(?: (?:exactly|about|around))?"
_OFTEN = _either(
    f"{_DAY}|{_OF_DAY}|day|week|weekday|weekend|month|hour|minute",
    ENGLISH_LENGTH,
)
_DATE = _either(
    rf"(?:(?:early|late|later|first thing) )?(?:{_TOMORROW}|this weekend)",
    rf"next (?:week|weekend|month|morning|{_DAY})|(?:on|this) {_DAY}(?: {_OF_DAY})?",
    r"(?:on|at) (?:the )?week(?:days?|ends?)",
    rf"(?:every|each) (?:other )?{_OFTEN}",
    r"later(?: on| today| tonight)?",
    r"(?:in|after) (?:a (?:little )?(?:bit|while|moment|few [a-z]+)|some time|(?:several|some) [a-z]+(?:s|time))",
)

_IF = r"(?<!tell me )(?<!check )(?<!see )(?<!know )(?<!find out )if"
"""Else it is a question."""
_BEGINS = _either(
    "as soon as|the moment|the minute|the second|the next time|every time|each time|any time|as long as|in case",
    f"only when|only if|whenever|when|once|{_IF}|unless|until|till|while|after|before",
)
_POLITE = _either(
    r"if you (?:can|could|please|would|will|want|like|don't mind|wouldn't mind|may)\b",
    r"if (?:possible|need be|not\b|so\b|it's not too)",
    r"when (?:you (?:can|could|get a|have (?:a|the|some))|possible)",
    r"while (?:you're|you are) at it|(?:after|before) (?:that|this|you)\b",
)
_HAPPENS = (
    "is|are|isn't|aren't|has|have|gets?|got|comes?|goes|go|arrives?|leaves?|wakes?|opens?|closes?|finish(?:es)?|ends?|"
    "starts?|stops?|rings?|sleeps?|falls?|drops?|rises?|turns?|reach(?:es)?|calls?|moves?|walks?|enters?|returns?"
)
_SUBJECT = (
    r"(?:(?:the|my|our|your|his|her|their|its|this|that|these|those|all|both|every\w*|each|some\w*|any\w*|no|nobody|"
    rf"i|we|you|he|she|it|they|there)(?:'\w+)?\b|{MASK}|"
    r"(?:dinner|lunch|breakfast|supper|work|school|bed|dark|sunset|sunrise|midnight|noon|christmas|done|finished|ready|home|"
    rf"dry|empty)\b|[a-z]+(?:'s)? (?:[a-z]+ )?(?:{_HAPPENS})\b)"
)
_CLAUSE_END = rf"(?=\s*,|\s+(?:please |then |and then |also )?{_VERB}|\s*[.!?]*$)"


def _phrase(kind: LaterKind, pattern: str) -> tuple[LaterKind, re.Pattern[str]]:
    return kind, re.compile(pattern, re.IGNORECASE)


PHRASES = (
    _phrase(
        LaterKind.DURATION,
        rf"\b(?:in|after)(?: (?:about|around|exactly|another|roughly|approximately))? (?P<length>{ENGLISH_LENGTH})"
        r"(?:'s?)?(?: time\b| from now\b)?(?! (?:of|per)\b)",
    ),
    _phrase(LaterKind.DURATION, rf"\b(?:about )?(?P<length>{ENGLISH_LENGTH}) (?:from now|later|hence)\b"),
    _phrase(
        LaterKind.DURATION,
        rf"\bwait (?:for )?(?:another )?(?P<length>{ENGLISH_LENGTH}),?(?: (?:and then|and|then|before you))?\b",
    ),
    _phrase(
        LaterKind.CONDITION,
        rf"\b(?!(?:{_POLITE}))(?:{_BEGINS}) (?!{_BEFORE_TIME}\b)(?!{_EXACT}\b)(?={_SUBJECT}).+?{_CLAUSE_END}",
    ),
    _phrase(LaterKind.CLOCK, rf"{_AT} {_EXACT}(?:,? {_WHEN})?(?![\w%])"),
    _phrase(LaterKind.CLOCK, rf"(?<!\bto )\b\d{{1,2}}(?::\d\d)? ?[ap]\.?m\b\.?(?:,? {_WHEN})?"),
    _phrase(LaterKind.CLOCK, rf"\b{_DATE}\b(?!')(?:,? {_AT} (?:{_EXACT}|{_HOUR}|\d{{1,2}})\b)?"),
    _phrase(
        LaterKind.CLOCK,
        rf"\b(?:at|by|before|after|until|till) (?:{_HOUR}|1?\d|2[0-4])\b(?! ?(?:%|°|percent|degrees?|:|\.\d|to\b))",
    ),
    _phrase(
        LaterKind.FOR,
        rf"\bfor(?: (?:about|around|exactly|another|the next|the))? (?P<length>{ENGLISH_LENGTH})(?! (?:from|later)\b)",
    ),
    _phrase(
        LaterKind.FOR,
        r"\bfor (?:a (?:little )?(?:while|bit|moment)|some time|(?:a few|several) [a-z]+)\b|"
        r"\bfor the (?:night|day|evening|time being)\b",
    ),
)
"""In the order in which they count."""

_BARE_HOUR = re.compile(rf"(?:at|by) (?:{_HOUR}|\d+)", re.IGNORECASE)
_VALUE = re.compile(
    r"\b(?:volume|brightness|temperature|thermostat|heat\w*|level|speed|percent|degrees?|colou?r)\b", re.IGNORECASE
)
_VALUE_GIVEN = re.compile(r"\bto \w+", re.IGNORECASE)


def is_value(phrase: str, rest: str) -> bool:
    """Whether a phrase like "at 21" is what something is set to."""
    return bool(_BARE_HOUR.fullmatch(phrase) and _VALUE.search(rest) and not _VALUE_GIVEN.search(rest))


QUESTION = re.compile(
    r"^(?:and |so |hey |tell me |do you know |can you tell me )*"
    r"(?:(?:what|who|where|when|why|how)(?:'s|s|'re)?|whose|which|whether|if|is|isn't|are|aren't|was|were|does|did|has|"
    r"should|will(?! you\b)|would it|do (?:i|we|you|they)|am i|have (?:i|we|you|they)|"
    r"tell me (?:about|if|the)|give me (?:the|a))\b",
    re.IGNORECASE,
)
STATEMENT = re.compile(
    r"^(?:(?:i|we)(?!'d\b)(?! (?:want|need|would|wish|like)\b)|it(?!\w)|it's|he|she|they|there|that's|this is|"
    r"(?:the|my|our) [\w' ]+? (?:is|are|was|were|will|starts|ends|begins|has)\b)(?:'\w+)?\b",
    re.IGNORECASE,
)
TIMERS = re.compile(r"\b(?:timers?|alarms?|remind(?:ers?)?|countdown|stopwatch|snooze|wake (?:me|us))\b", re.IGNORECASE)
LISTS = re.compile(
    r"\b(?:lists?|calendar|appointments?|events?|to-?dos?|shopping|agenda|meetings?|weather|forecast)\b", re.IGNORECASE
)
SEEKING = re.compile(r"\b(?:skip|forward|rewind|seek|jump|go back|fast)\b", re.IGNORECASE)
PRONOUN = re.compile(r"\b(?:it|them|that|again|back)\b", re.IGNORECASE)
CONJUNCTION = re.compile(rf"\s*,?\s*\b(?:and then|and|then)\s+(?={_VERB})", re.IGNORECASE)
LOOSE_ENDS = re.compile(
    r"^(?:[\s,;.!?]|(?:and then|and|then)\b)+|(?:[\s,;.!?]|\b(?:and then|and|then|but))+$", re.IGNORECASE
)
