"""Asking the gate about what a search has found, and telling it what the household says. Blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from .asked import index_words
from .calibration import Report
from .document import Found
from .features import Retrieved
from .gate import Example, Gate, calibrate, restored, said, uncalibrated
from .store import Store

ANYTHING = "what does E24 mean, \u662f\u4ec0\u4e48\u610f\u601d"
"""To be asked before anybody else asks: then all tables are read that there are."""


CALIBRATED_ON = 1_000
"""So many passages questions are made of, at most."""

Search = Callable[[str], Sequence[Found]]
"""Finds passages for a sentence; more than are looked at, as some are to be hidden."""


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

    def is_stale(self, embedder: str) -> bool:
        """Whether the latest calibration was with other documents or sentences, another embedder, or another aim.

        Never without documents: then nothing is found that could be judged.
        """
        if not self._store.corpus().passages:
            return False
        if (report := self.gate.report) is None:
            return True
        own = report.counts.own_answered + report.counts.own_unanswered
        made_with = (report.store_version, report.embedder, report.precision, own)
        return made_with != (self._store.version(), embedder, self._precision, len(self._store.examples()))

    def calibrated(self, search: Search, embedder: str) -> Gate:
        """Return a gate for the documents as they are; raises StoreError, and what `search` raises. Takes seconds."""
        version, corpus = self._store.version(), self._store.corpus()

        def retrieved(sentence: str) -> Retrieved:
            frequency = self._store.document_frequency(index_words(sentence))
            return Retrieved(sentence, tuple(search(sentence)), frequency, corpus.passages)

        return calibrate(
            retrieved,
            self._store.sample(CALIBRATED_ON),
            [Example(each.text, each.wanted) for each in self._store.examples()],
            precision=self._precision,
            embedder=embedder,
            store_version=version,
        )

    def keep(self, gate: Gate) -> Report:
        """Go on with a gate, and keep its report; raises StoreError."""
        assert gate.report is not None  # noqa: S101 - it is calibrated
        self._store.keep_report(gate.report.to_json())
        self.gate = replace(gate, known={**gate.known, **self.gate.known})
        return gate.report

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
