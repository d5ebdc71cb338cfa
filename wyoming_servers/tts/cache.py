"""Pieces that were spoken before: a house says "Turned on the light" many times a day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from .engine import Speech

BUDGET_BYTES = 16 * 1024 * 1024
"""Six minutes of 22,050 Hz: some 150 confirmations."""
LARGEST_SHARE = 0.1
"""Of the budget, that one piece may take."""


class SpeechCache:
    """The most recently used speech, up to a number of bytes."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._bytes = 0
        self._entries: OrderedDict[Hashable, Speech] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Speech | None:
        """Return the speech, None if it is not there."""
        speech = self._entries.get(key)
        if speech is not None:
            self._entries.move_to_end(key)
        return speech

    def put(self, key: Hashable, speech: Speech) -> None:
        """Keep the speech, and drop what was not used for longest."""
        if len(speech.pcm) > self._budget_bytes * LARGEST_SHARE or key in self._entries:
            return
        self._entries[key] = speech
        self._bytes += len(speech.pcm)
        while self._bytes > self._budget_bytes:
            _, dropped = self._entries.popitem(last=False)
            self._bytes -= len(dropped.pcm)

    def clear(self) -> None:
        """Forget everything: a voice of the same name may sound different now."""
        self._entries.clear()
        self._bytes = 0
