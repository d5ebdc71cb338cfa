"""What is true right now, in front of the user's words: time and room, then states and notes. Pure logic.

Each piece is one bracketed block; no name, state or note can open or close a bracket.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...home.model import Area, Entity, HomeSnapshot
from .home import excerpt
from .persona import Persona
from .states import STATELESS, tell
from .text import plain, shown

NOTE_CHARS = 1200
"""Longest passage that is quoted."""


@dataclass(frozen=True)
class Tail:
    """What precedes the user's words."""

    ahead: str = ""
    """Known before the words: it can be evaluated while they are spoken."""
    about: str = ""
    """What the words need."""

    def before(self, words: str) -> str:
        """Return the content of the user's message."""
        return "\n".join(filter(None, (self.ahead, self.about, plain(words))))

    @property
    def opening(self) -> str:
        """How every content with the same `ahead` begins."""
        return f"{self.ahead}\n" if self.ahead else ""


def ahead(now: datetime, here: Area | None, persona: Persona, context: str = "") -> str:
    """Return date, time and the user's room, such as "[Friday 20 November 2026, 13:36, in Kitchen]".

    `context` holds for the conversation, and follows in a block of its own.
    """
    wording = persona.wording
    told = wording.now.format(
        weekday=wording.weekdays[now.weekday()],
        day=now.day,
        month=wording.months[now.month - 1],
        year=now.year,
        hour=now.hour,
        minute=now.minute,
    )
    place = wording.here.format(area=shown(persona.spoken(here))) if here else ""
    holds = f"\n[{wording.context.format(context=plain(context))}]" if plain(context) else ""
    return f"[{told}{place}]{holds}"


def without_notes(content: str) -> str:
    """Return a user's message as it stands in later turns: without the passages that were quoted for it.

    What a document says must not be read any more in a turn in which something may be done, and answers it no more.
    """
    return "\n".join(line for line in content.split("\n") if not _is_note(line))


def _is_note(line: str) -> bool:
    """Whether a line is a quoted passage: nothing else is a JSON string in brackets, and no word of a user's is."""
    if not (line.startswith('["') and line.endswith('"]')):
        return False
    try:
        return isinstance(json.loads(line[1:-1]), str)
    except ValueError:
        return False


def about(persona: Persona, states: Sequence[Entity] = (), notes: Sequence[str] = (), listed: str = "") -> str:
    """Return the blocks on what the words are about: entities of a large home, states, quoted passages."""
    told = persona.wording.between.join(tell(each, persona) for each in states if each.domain not in STATELESS)
    quoted = [f"[{json.dumps(plain(note)[:NOTE_CHARS], ensure_ascii=False)}]" for note in notes if plain(note)]
    blocks = [f"[{listed}]" if listed else "", f"[{told}]" if told else "", *quoted]
    return "\n".join(filter(None, blocks))


def names_of(home: HomeSnapshot, entities: Sequence[Entity]) -> str:
    """Return the lines of these entities, for a home whose prompt does not name them."""
    return excerpt(home, entities) if entities else ""
