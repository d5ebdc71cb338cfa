"""Something of each conversation, until nobody went on with it for five minutes. Pure logic.

Used on the event loop only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LIMIT_S = 300.0
"""Home Assistant's own."""

MAX_CONVERSATIONS = 64


class Recent(Generic[T]):
    """Values by conversation id; the longest silent conversation goes first where there are too many."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limit_s: float = LIMIT_S,
        max_conversations: int = MAX_CONVERSATIONS,
    ) -> None:
        """`clock` tells seconds, and never goes back."""
        self._clock = clock
        self._limit_s = limit_s
        self._max_conversations = max_conversations
        self._known: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, conversation_id: str | None) -> T | None:
        """Return what is kept of a conversation; nothing without an id, or after the time limit."""
        self._forget()
        known = self._known.get(conversation_id or "")
        return None if known is None else known[1]

    def latest(self) -> T | None:
        """Return what was kept last."""
        self._forget()
        return next(reversed(self._known.values()))[1] if self._known else None

    def put(self, conversation_id: str | None, value: T) -> None:
        """Keep something of a conversation in place of what was; nothing is kept without an id."""
        self._forget()
        if not conversation_id:
            return
        self._known[conversation_id] = (self._clock(), value)
        self._known.move_to_end(conversation_id)
        while len(self._known) > self._max_conversations:
            self._known.popitem(last=False)

    def _forget(self) -> None:
        """Forget the conversations that nobody continued; the one that was silent longest is first."""
        now = self._clock()
        while self._known:
            conversation_id, (last_s, _) = next(iter(self._known.items()))
            if now - last_s <= self._limit_s:
                return
            del self._known[conversation_id]
