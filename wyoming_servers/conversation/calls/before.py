"""What was spoken of just before, which "it" and "that one" mean. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...home.model import Entity
from ..engine import Message, Role
from .sentence import Sentence

_REFERS = re.compile(r"\b(?:it|its|that|this|them|those|these|same)\b|它|[那这][个盏台扇些]", re.IGNORECASE)


def said_before(messages: Sequence[Message]) -> str:
    """Return what was said, and called, in the exchange before the user's latest words; "" if there was none.

    What the home added in brackets is left out: it names what nobody spoke of. So do results of looks.
    """
    users = [index for index, each in enumerate(messages) if each.role is Role.USER]
    if not users or not users[-1]:
        return ""
    first = users[-2] if len(users) > 1 else 0
    return "\n".join(text for each in messages[first : users[-1]] for text in _texts(each))


def _texts(message: Message) -> Iterator[str]:
    if message.role is not Role.TOOL:
        yield from (line for line in message.content.splitlines() if not line.startswith("["))
    yield from (str(value) for call in message.calls for value in call.arguments.values())


def refers_to(utterance: str, before: str, entities: Sequence[Entity]) -> bool:
    """Whether a sentence refers to what was spoken of before, and these things were."""
    if not entities or not _REFERS.search(utterance):
        return False
    said = [Sentence(line) for line in before.splitlines()]
    return all(any(each.mentions(entity.names) for each in said) for entity in entities)
