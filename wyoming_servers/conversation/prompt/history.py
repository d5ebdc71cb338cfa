"""What was said in each conversation, as it was sent to the model; forgotten after five minutes. Pure logic.

Used on the event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..engine import Message, Role
from .recent import LIMIT_S, MAX_CONVERSATIONS, Recent
from .text import plain

MAX_EXCHANGES = 20
MAX_SENT = 200
"""So many messages of users are known again in one conversation."""


class Conversations:
    """Exchanges by conversation id; the longest silent conversation goes first where there are too many."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limit_s: float = LIMIT_S,
        max_conversations: int = MAX_CONVERSATIONS,
        max_exchanges: int = MAX_EXCHANGES,
    ) -> None:
        self._max_exchanges = max_exchanges
        self._known = Recent[tuple[tuple[Message, ...], ...]](
            clock, limit_s=limit_s, max_conversations=max_conversations
        )

    def messages(self, conversation_id: str | None) -> tuple[Message, ...]:
        """Return the conversation so far, in whole exchanges; nothing without an id, or after the time limit."""
        return _flat(self._known.get(conversation_id))

    def latest(self) -> tuple[Message, ...]:
        """Return the conversation in which somebody spoke last: most likely it is the one that goes on."""
        return _flat(self._known.latest())

    def add(self, conversation_id: str | None, messages: Sequence[Message]) -> None:
        """Keep one exchange: a user's message as it was sent, calls and results, and the assistant's last words.

        Nothing is kept without an id. Raises ValueError for what is no whole exchange: models' templates refuse it.
        """
        if not _is_whole(messages):
            raise ValueError("an exchange is a user's message, calls with all their results, and words at the end")
        exchanges = (*(self._known.get(conversation_id) or ()), tuple(messages))
        if len(exchanges) > self._max_exchanges:
            # Half at once: a window that moves with every turn would have to be evaluated anew with every turn.
            exchanges = exchanges[(self._max_exchanges + 1) // 2 :]
        self._known.put(conversation_id, exchanges)


def _flat(exchanges: Sequence[Sequence[Message]] | None) -> tuple[Message, ...]:
    return tuple(message for exchange in exchanges or () for message in exchange)


def _is_whole(messages: Sequence[Message]) -> bool:
    """Whether messages begin with the user, end with the assistant's words, and every call has its result."""
    if not messages or messages[0].role is not Role.USER or messages[-1].role is not Role.ASSISTANT:
        return False
    called = [call.call_id for message in messages for call in message.calls]
    answered = [message.call_id for message in messages if message.role is Role.TOOL]
    users = sum(message.role is Role.USER for message in messages)
    return users == 1 and not messages[-1].calls and sorted(called) == sorted(answered)


class SentMessages:
    """What stood before the words of a client's user when they were sent to a model.

    The client keeps its conversations itself, with the words alone. Sent again as it was, a message is found evaluated.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._known = Recent[tuple[str, ...]](clock)

    def recall(self, conversation_id: str | None, words: Sequence[str]) -> tuple[str | None, ...]:
        """Return for each of a user's messages, oldest first, how it was sent; None where nobody knows."""
        left = list(self._known.get(conversation_id) or ())
        found: list[str | None] = []
        for said in reversed(words):
            content = next((content for content in reversed(left) if _ends_with(content, plain(said))), None)
            if content is not None:  # earlier words are in earlier messages
                del left[len(left) - 1 - left[::-1].index(content) :]
            found.append(content)
        return tuple(reversed(found))

    def keep(self, conversation_id: str | None, contents: Sequence[str]) -> None:
        """Keep how all of a user's messages were sent, oldest first; nothing without an id."""
        self._known.put(conversation_id, tuple(contents[-MAX_SENT:]))


def _ends_with(content: str, words: str) -> bool:
    """Whether a message is these words, with whatever before them."""
    return content == words or content.endswith(f"\n{words}")
