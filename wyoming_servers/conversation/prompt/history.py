"""What was said in each conversation, as it was sent to the model; forgotten after five minutes. Pure logic.

Used on the event loop only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..engine import Message, Role

LIMIT_S = 300.0
"""Home Assistant's own."""

MAX_CONVERSATIONS = 64
MAX_EXCHANGES = 20


@dataclass
class _Conversation:
    last_s: float
    exchanges: list[tuple[Message, ...]] = field(default_factory=list)


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
        self._clock = clock
        self._limit_s = limit_s
        self._max_conversations = max_conversations
        self._max_exchanges = max_exchanges
        self._known: OrderedDict[str, _Conversation] = OrderedDict()

    def messages(self, conversation_id: str | None) -> tuple[Message, ...]:
        """Return the conversation so far, in whole exchanges; nothing without an id, or after the time limit."""
        self._forget()
        known = self._known.get(conversation_id or "")
        return tuple(message for exchange in known.exchanges for message in exchange) if known else ()

    def latest(self) -> tuple[Message, ...]:
        """Return the conversation in which somebody spoke last: most likely it is the one that goes on."""
        return self.messages(next(reversed(self._known), None))

    def add(self, conversation_id: str | None, messages: Sequence[Message]) -> None:
        """Keep one exchange: a user's message as it was sent, calls and results, and the assistant's last words.

        Nothing is kept without an id. Raises ValueError for what is no whole exchange: models' templates refuse it.
        """
        if not _is_whole(messages):
            raise ValueError("an exchange is a user's message, calls with all their results, and words at the end")
        self._forget()
        if not conversation_id:
            return
        conversation = self._known.setdefault(conversation_id, _Conversation(self._clock()))
        conversation.last_s = self._clock()
        conversation.exchanges.append(tuple(messages))
        if len(conversation.exchanges) > self._max_exchanges:
            # Half at once: a window that moves with every turn would have to be evaluated anew with every turn.
            del conversation.exchanges[: (self._max_exchanges + 1) // 2]
        self._known.move_to_end(conversation_id)
        while len(self._known) > self._max_conversations:
            self._known.popitem(last=False)

    def _forget(self) -> None:
        """Forget the conversations that nobody continued; the one that was silent longest is first."""
        now = self._clock()
        while self._known:
            conversation_id, oldest = next(iter(self._known.items()))
            if now - oldest.last_s <= self._limit_s:
                return
            del self._known[conversation_id]


def _is_whole(messages: Sequence[Message]) -> bool:
    """Whether messages begin with the user, end with the assistant's words, and every call has its result."""
    if not messages or messages[0].role is not Role.USER or messages[-1].role is not Role.ASSISTANT:
        return False
    called = [call.call_id for message in messages for call in message.calls]
    answered = [message.call_id for message in messages if message.role is Role.TOOL]
    users = sum(message.role is Role.USER for message in messages)
    return users == 1 and not messages[-1].calls and sorted(called) == sorted(answered)
