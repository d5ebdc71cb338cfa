"""Asking the gate about what a search has found, and telling it what the household says. Blocks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from .asked import index_words
from .document import Found
from .features import Retrieved
from .gate import Example, Gate, restored, said, uncalibrated
from .store import Store

ANYTHING = "what does E24 mean, \u662f\u4ec0\u4e48\u610f\u601d"
"""To be asked before anybody else asks: then all tables are read that there are."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """What documents say to an utterance."""

    found: tuple[Found, ...]
    """Best first."""
    probability: float
    """That they answer it."""
    confident: bool
    """Whether to answer from them: the gate's word."""
    dismissed: bool = False
    """Whether the household said of this very sentence that it is not meant for an assistant."""


class Consultant:
    """The gate of a library, with what it needs of the store; there is none before `open`."""

    gate: Gate

    def __init__(self, store: Store, precision: float) -> None:
        self._store = store
        self._precision = precision

    def open(self) -> None:
        """Go on with the latest calibration, if there is one that still fits; raises StoreError."""
        examples = [Example(each.text, each.wanted) for each in self._store.examples()]
        self.gate = replace(uncalibrated(self._precision), known={said(each.text): each.wanted for each in examples})
        if (report := self._store.report()) is not None:
            with suppress(ValueError):  # of another version: it is calibrated anew
                self.gate = restored(report, examples)

    def judge(self, utterance: str, found: Sequence[Found]) -> Consultation:
        """Return whether what was found answers an utterance; raises StoreError."""
        frequency = self._store.document_frequency(index_words(utterance))
        verdict = self.gate.judge(Retrieved(utterance, tuple(found), frequency, self._store.corpus().passages))
        is_dismissed = self.gate.known.get(said(utterance)) is False
        return Consultation(tuple(found), verdict.probability, verdict.confident, is_dismissed)

    def learn(self, text: str, *, wanted: bool) -> None:
        """Keep whether documents should answer a sentence; that holds at once for the same one. Raises StoreError."""
        self._store.add_example(text, wanted=wanted)
        self.gate = replace(self.gate, known={**self.gate.known, said(text): wanted})
