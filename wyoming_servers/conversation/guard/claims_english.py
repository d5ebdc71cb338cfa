"""How English says that something was done, is being done or will be done. Pure logic.

Three strengths: what is a claim after any sentence, what is none in answer to a question, and what is one only where
something was to be done.
"""

from __future__ import annotations

import re

_PAST = (
    "turned|switched|set|dimmed|brightened|opened|closed|shut|locked|unlocked|started|stopped|paused|resumed|played"
    "|skipped|muted|unmuted|raised|lowered|increased|decreased|reduced|adjusted|changed|activated|deactivated|enabled"
    "|disabled|added|removed|deleted|put|cancell?ed|created|scheduled|cleaned|vacuumed|watered|docked|sent|returned"
    "|triggered|armed|disarmed|warmed|cooled|heated|reminded|noted|saved|recorded|updated|completed|finished|executed"
    "|performed|powered|shuffled|moved|restarted|rebooted|connected|disconnected|notified|called|ordered|booked|stored"
    "|handled|made sure|got (?:it|that) (?:done|set)|went ahead|put|tidied|boosted|bumped|shuffled|applied|switched"
)
_PARTICIPLE = rf"{_PAST}|done|run|taken care|gone ahead|made (?:it|the|your|sure)|written|begun|gotten"
_BASE = (
    "turn|switch|set|dim|brighten|open|close|shut|lock|unlock|start|stop|pause|resume|play|skip|mute|unmute|raise"
    "|lower|increase|decrease|reduce|adjust|change|activate|deactivate|enable|disable|add|remove|delete|put|cancel"
    "|create|schedule|clean|vacuum|water|dock|send|return|trigger|arm|disarm|warm|cool|heat|remind|save|record"
    "|update|execute|perform|power|shuffle|move|restart|reboot|connect|disconnect|notify|alert|order|book|store|handle"
    "|run|wait|bring|get (?:that|it|right|those|them|the)|do (?:that|it|this|so)|take care|make (?:sure|it|the|your)"
    "|see to|keep (?:an eye|it|the|them|your)|let you know (?:when|once|as soon)|call the|apply|wake you|be sure to"
)
_ING = (
    "turning|switching|setting|dimming|brightening|opening|closing|shutting|locking|unlocking|starting|stopping"
    "|pausing|resuming|playing|skipping|muting|unmuting|raising|lowering|increasing|decreasing|reducing|adjusting"
    "|changing|activating|deactivating|enabling|disabling|adding|removing|deleting|putting|cancell?ing|creating"
    "|scheduling|cleaning|vacuuming|watering|docking|sending|returning|triggering|arming|disarming|warming|cooling"
    "|heating|saving|updating|executing|performing|powering|restarting|rebooting|handling|calling|applying|working on"
)
_STATE = (
    "on|off|open|opened|closed|shut|locked|unlocked|paused|playing|muted|unmuted|running|started|stopped|set|done"
    "|complete|completed|finished|activated|deactivated|enabled|disabled|dimmed|brighter|dimmer|docked|docking"
    "|cleaning|returning|vacuuming|armed|disarmed|on its way|up and running|scheduled|cancell?ed|added|removed|heating"
    rf"|cooling|(?:turned|switched|powered) (?:on|off)|{_ING}"
)
_HOW = (
    r"(?:(?:just|already|now|also|successfully|then|automatically|quickly|immediately|both|all|so|have|gone ahead and"
    r"|went ahead and|go ahead and|right away|gladly|happily|of course|certainly|be|try to|then|be sure to|promptly"
    r"|currently|still|once again|again)\s+)*"
)
_OKAY = (
    r"(?:(?:ok(?:ay)?|sure(?: thing)?|certainly|of course|absolutely|alright|all right|no problem|yes|yep|yeah|yup"
    r"|very well|understood|noted|got it|you got it|right|great|perfect|gladly|definitely|affirmative|my pleasure|now"
    r"|roger(?: that)?|with pleasure|good night|goodnight|no worries|i understand)\b[\s,.!:\u2014-]*)"
)

CERTAIN = re.compile(
    rf"\bi(?:'ve| have)\s+{_HOW}(?:{_PARTICIPLE})\b|\bi\s+{_HOW}(?:{_PAST})\b(?! up to)"
    rf"|\bi(?:'m| am)\s+{_HOW}(?:{_ING})\b"
)
"""I've turned it on; I turned it on; I'm turning it on."""

PROMISED = re.compile(
    rf"\b(?:i'll|i will|i shall|let me|let's|i'm going to|i am going to|i'm about to|i am about to|allow me to)\s+"
    rf"{_HOW}(?:{_BASE}|(?:be )?(?:{_ING}))\b"
)
"""I'll turn it on; let me turn it on."""

OWN_PROMISE = PROMISED
"""Of these what is surely the speaker's own."""

COMPLETED = re.compile(
    rf"^{_OKAY}*(?:done|all done|all set|consider it done|there you go|here you go|on it|right away|will do|at once"
    r"|as you wish|it's done|that's done|it is done|task complete|mission accomplished|success|coming (?:right )?up"
    r"|your wish is my command|finished|completed)\b(?! (?:by|in|with|at|for)\b)|\bsuccessfully\b|\bis taken care of\b"
)
"""Done; right away."""

PASSIVE = re.compile(
    r"\b(?:has|have|was|were|'s|'ve)\s+(?:(?:now|just|already|all|both|successfully)\s+)*(?:been\s+)?"
    r"(?:(?:now|just|successfully)\s+)*(?:turned (?:on|off|up|down)|switched|dimmed|brightened|locked|unlocked|muted"
    r"|unmuted|activated|deactivated|set (?:to|for|at)|adjusted|powered|enabled|disabled|paused|resumed|scheduled"
    r"|cancell?ed|added|armed|disarmed|lowered|raised|started|stopped)\b"
    r"|\b(?:is|are|'s|'re) being (?:turned|switched|dimmed|locked|unlocked|closed|opened|set|started|stopped)\b"
    rf"|\b(?:is|are|'s|'re|will be) now (?:{_STATE})\b|\bnow (?:on|off|playing|locked|unlocked|muted|paused)\b"
    rf"|\b(?:is|are|'s|'re) (?:{_STATE})(?: \w+){{0,3}} now\b"
    r"|\bwill (?:(?:now|then|automatically|be|all|both)\s+)*(?:turn(?:ed)?|switch(?:ed)?|shut|power(?:ed)?) "
    r"(?:itself |themselves )?(?:on|off|down)\b"
    r"|\b(?:timer|reminder|alarm)s? (?:is|has been|was)?\s*(?:now )?(?:set|started|running|created)\b"
)
"""It has been turned on; it is now on; it will turn off: after a question that may be how things are."""

_FINITE = (
    r"\b(?:is|are|was|were|can|could|will|would|helps?|means|requires?|has|have|do|does|not|no|already|still|please)\b"
)
STATED = re.compile(
    rf"\b(?:is|are|'s|'re|should be|will be)\s+(?:(?:all|both|set to|back|nice and|going|\w+ly)\s+)*(?:{_STATE})\b"
    rf"|\b(?:has|have)\s+{_HOW}(?:been \w+|{_PAST})\b|\b(?:is|are|will be) now\b"
    rf"|\bwill (?:(?:now|then|automatically|be)\s+)*(?:{_BASE}|{_PAST})\b"
)
"""The light is off: said to one who wanted it off, that is a claim."""

BEGUN = re.compile(
    rf"^{_OKAY}*(?:\w+ed|{_PAST}|{_ING}|{_BASE})\b(?!.*{_FINITE})"
    rf"|^(?:(?!{_FINITE}).){{1,50}}\b(?:on|off|open|closed|locked|unlocked|muted|paused)$"
    rf"|^(?:(?!{_FINITE}).){{1,50}}\b(?:{_PAST})(?:$| (?:to|on|from|for|at|in)\b)"
)
"""Turning it off; turned off; milk added to the list; lights off: at a sentence's beginning."""

AS_BEFORE = re.compile(
    r"\b(?:already|still|not|never|nothing|none|neither|no(?! problem)|no longer|currently|cannot|if)\b|n't\b"
)
"""What keeps a statement from being about something done."""

OFFERED = re.compile(
    r"\bif you\b|\bwould you\b|\bif (?:so|needed|necessary|that|desired)\b|\bonce you\b|\bjust (?:say|ask|tell)\b"
    r"|\b(?:after|when|as soon as) you (?:confirm|tell|say|specify|provide|let)\b"
    r"|\bunless you\b|\bbefore i (?:can|do)\b"
)
"""What makes a promise an offer."""

ASKED_BACK = re.compile(
    r"^\s*(?:(?:and|but|so|or|okay|ok|sure|great|alright|for example|if so|if not)\b[\s,]*)*"
    r"(?:would|should|shall|do|does|did|can|could|may|which|what"
    r"|where|when|who|how|is|are|will|have|has|want|any|anything|or|to confirm|just to)\b"
)
"""How a question begins that says nothing by itself."""

ATTEMPTED = re.compile(
    r"\bi(?:'ve| have)?\s+(?:just |already |now )*(?:attempted|tried)\b"
    r"|\bi(?:'ve| have)? (?:got|received|encountered)\b|\bcommand (?:to .*)?failed\b"
)
"""I tried, but there was an error."""

ONLY_OKAY = re.compile(rf"^{_OKAY}+$")

LATER = re.compile(
    r"\b(?:in|after) (?:about |around |another )?(?:an? |half an? |the next |\w+(?:[ -]\w+)? )"
    r"(?:second|minute|hour|day|moment|while)s?\b"
    r"|\bat (?:\d|noon|midnight|sunset|sunrise|dawn|dusk|\w+ o'clock)|\b(?:tonight|tomorrow|later|soon)\b"
    r"|\b(?:when|once|as soon as|until|after|whenever)\b"
)
"""What puts a promise off."""
