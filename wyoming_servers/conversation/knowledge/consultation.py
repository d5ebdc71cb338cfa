"""Asking the gate about what a search has found, and telling it what the household says. Blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from .asked import index_words
from .calibration import Report
from .document import Found
from .errors import NoDocumentsError, UnknownExampleError
from .features import Retrieved
from .gate import Example, Gate, Told, calibrate, restored, said, uncalibrated
from .store import Example as Kept
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
    question: str = ""
    """What was searched for: the utterance, with the question before it where it refers to that."""
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
        made_with = (report.store_version, report.embedder, report.embedded, report.precision, report.examples)
        now = (self._store.version(), embedder, self._embedded(embedder), self.aim, _hash_of(self._store.examples()))
        return made_with != now

    @property
    def aim(self) -> float:
        """The precision aimed at: the setting's, or what was asked for since that was set."""
        report = self.gate.report
        return report.precision if report is not None and report.setting == self._precision else self._precision

    def calibrated(
        self,
        search: Search,
        embedder: str,
        precision: float | None = None,
        told: Told = lambda _done, _total: None,
    ) -> Gate:
        """Return a gate for the documents as they are, which takes seconds; `precision` is another aim from now on.

        Raises NoDocumentsError, StoreError, and what `search` raises.
        """
        version, corpus, embedded = self._store.version(), self._store.corpus(), self._embedded(embedder)
        if not corpus.passages:
            raise NoDocumentsError(
                "There are no documents yet.", remedy="Add some; then when they answer is calibrated."
            )
        examples = self._store.examples()

        def retrieved(sentence: str) -> Retrieved:
            frequency = self._store.document_frequency(index_words(sentence))
            return Retrieved(sentence, tuple(search(sentence)), frequency, corpus.passages)

        gate = calibrate(
            retrieved,
            self._store.sample(CALIBRATED_ON),
            [Example(each.text, each.wanted) for each in examples],
            precision=self.aim if precision is None else precision,
            embedder=embedder,
            store_version=version,
            told=told,
        )
        assert gate.report is not None  # noqa: S101 - it is calibrated
        made = datetime.now(UTC).isoformat(timespec="seconds")
        report = replace(
            gate.report, embedded=embedded, examples=_hash_of(examples), setting=self._precision, made=made
        )
        return replace(gate, report=report)

    def keep(self, gate: Gate) -> Report:
        """Go on with a gate, and keep its report; raises StoreError."""
        assert gate.report is not None  # noqa: S101 - it is calibrated
        self._store.keep_report(gate.report.to_json())
        self.gate = replace(gate, known=self.gate.known)  # it may have learnt meanwhile
        return gate.report

    def judge(self, utterance: str, found: Sequence[Found]) -> Consultation:
        """Return whether what was found answers an utterance; raises StoreError."""
        frequency = self._store.document_frequency(index_words(utterance))
        verdict = self.gate.judge(Retrieved(utterance, tuple(found), frequency, self._store.corpus().passages))
        is_dismissed = self.gate.known.get(said(utterance)) is False
        return Consultation(tuple(found), verdict.probability, verdict.confident, utterance, is_dismissed)

    def learn(self, text: str, *, wanted: bool) -> None:
        """Keep whether documents should answer a sentence; that holds at once for the same one. Raises StoreError."""
        others = [each for each in self._same(text) if each != text]
        self._store.add_example(text, wanted=wanted)
        for each in others:
            self._store.remove_example(each)
        self.gate = replace(self.gate, known={**self.gate.known, said(text): wanted})

    def unlearn(self, text: str) -> Kept:
        """Forget what was kept of a sentence, and return that; raises UnknownExampleError, StoreError."""
        there = {each.text: each for each in self._store.examples()}
        same = self._same(text)
        if not same:
            raise UnknownExampleError("The household has no such sentence of its own.", remedy="List them to see all.")
        for each in same:
            self._store.remove_example(each)
        self.gate = replace(
            self.gate, known={key: is_wanted for key, is_wanted in self.gate.known.items() if key != said(text)}
        )
        return there[same[-1]]

    def _same(self, text: str) -> list[str]:
        """Return what is kept that differs in case and punctuation alone."""
        return [each.text for each in self._store.examples() if said(each.text) == said(text)]

    def _embedded(self, embedder: str) -> int:
        return self._store.counts().embedded.get(embedder, 0) if embedder else 0


def _hash_of(examples: Sequence[Kept]) -> str:
    told = sorted(f"{each.wanted} {each.text}" for each in examples)
    return sha256("\n".join(told).encode(errors="surrogatepass")).hexdigest()[:16]
