"""A turn as data, and which requests belong to the same one. Pure logic.

Home Assistant asks stage by stage, on a connection for each, and names no turn. What is known is what was said: a
transcript comes back as the words of a conversation, and its answer as a text to speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

WITHIN_S = 30.0
"""From the end of one stage to the beginning of the next. A satellite's pipeline takes well under a second; Home
Assistant's own agents may think for longer."""
WOKEN_WITHIN_S = 5.0
"""From a wake word to the transcription that it began."""


class Phase(StrEnum):
    """What a turn's time went into, in the order of a spoken one."""

    WAKE = "wake"
    SPEECH = "speech"
    STT = "stt"
    DOCUMENTS = "documents"
    CONVERSATION = "conversation"
    LLM = "llm"
    TTS = "tts"


class Kind(StrEnum):
    """How a turn began."""

    SPOKEN = "spoken"
    TYPED = "typed"
    ANNOUNCED = "announced"


class Outcome(StrEnum):
    """What came of it."""

    HEARD = "heard"
    """There is a transcript, and nobody has asked for more yet."""
    DONE = "done"
    """Intents, or calls of tools, were sent."""
    ANSWERED = "answered"
    NOT_UNDERSTOOD = "not_understood"
    SILENT = "silent"
    ERROR = "error"


class Request(StrEnum):
    """What a stage was asked for."""

    WAKE = "wake"
    TRANSCRIPT = "transcript"
    ANSWER = "answer"
    ACTION = "action"
    """The demo house executed what an answer had asked for."""
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Timing:
    """A phase, from when to when. Seconds of a monotonic clock."""

    phase: Phase
    from_s: float
    to_s: float
    engine: str = ""
    note: str = ""
    """Figures and codes; no words that were said."""
    first_s: float | None = None
    """When the first of what it makes was there: a token, a portion of sound."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    request: Request
    began_s: float
    ended_s: float
    timings: tuple[Timing, ...] = ()
    outcome: Outcome | None = None
    said: str = field(default="", repr=False)
    answered: str = field(default="", repr=False)
    language: str = ""
    conversation: str = ""
    """Its id; "" where there is none."""
    intents: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Name and template of each intent that was sent or executed."""
    continues: bool = False
    """The results of calls came back: this is no new turn of its conversation."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An utterance, or an announcement, through the stages."""

    id: str
    started: datetime
    began_s: float
    ended_s: float
    kind: Kind
    outcome: Outcome
    timings: tuple[Timing, ...] = ()
    """By when they began."""
    said: str = field(default="", repr=False)
    answered: str = field(default="", repr=False)
    language: str = ""
    conversation: str = ""
    intents: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def has(self, phase: Phase) -> bool:
        """Whether there is a timing of this phase."""
        return any(each.phase is phase for each in self.timings)

    @property
    def awaits_words(self) -> bool:
        """Whether somebody else has yet to say what is answered: Home Assistant fills in the answer of an intent, or
        another agent than ours was asked.
        """  # noqa: D205 - one sentence
        return not self.answered and self.outcome in {Outcome.HEARD, Outcome.DONE}


def belongs_to(exchange: Exchange, turns: Iterable[Turn]) -> Turn | None:
    """Return the turn that an exchange continues, of these, the latest first; None if it begins one."""
    near = [each for each in turns if exchange.began_s - each.ended_s <= WITHIN_S]
    match exchange.request:
        case Request.ANSWER:
            return _asked(exchange, near)
        case Request.ACTION:
            return next((each for each in near if each.intents == exchange.intents), None)
        case Request.SPEECH:
            return _spoken(exchange, near)
        case _:
            return None


def _asked(exchange: Exchange, near: Sequence[Turn]) -> Turn | None:
    """Return the turn whose transcript is what a conversation was asked, or whose calls' results came back."""
    if exchange.continues:
        return next((each for each in near if each.conversation and each.conversation == exchange.conversation), None)
    said = _bare(exchange.said)
    return next((each for each in near if each.outcome is Outcome.HEARD and _bare(each.said) == said), None)


def _spoken(exchange: Exchange, near: Sequence[Turn]) -> Turn | None:
    """Return the turn whose answer is what is spoken; else one whose answer is not known."""
    text = _bare(exchange.answered)
    silent = [each for each in near if not each.has(Phase.TTS)]
    same = (each for each in silent if each.answered and _bare(each.answered) == text)
    return next(same, None) or next((each for each in silent if each.awaits_words), None)


def _bare(text: str) -> str:
    """Return a text without its blanks: parts of a stream are put together in more than one way."""
    return "".join(text.split())


def woke(wakes: Iterable[Exchange], transcript: Exchange) -> Exchange | None:
    """Return the wake word after which a transcription began, of these, the latest first."""
    return next((each for each in wakes if 0 <= transcript.began_s - each.ended_s <= WOKEN_WITHIN_S), None)


def begun(exchange: Exchange, turn_id: str, started: datetime) -> Turn:
    """Return the turn that an exchange begins."""
    kinds = {Request.TRANSCRIPT: Kind.SPOKEN, Request.SPEECH: Kind.ANNOUNCED}
    without = Outcome.ANSWERED if exchange.request is Request.SPEECH else Outcome.HEARD
    return Turn(
        id=turn_id,
        started=started,
        began_s=exchange.began_s,
        ended_s=exchange.ended_s,
        kind=kinds.get(exchange.request, Kind.TYPED),
        outcome=exchange.outcome or without,
        timings=_sorted(exchange.timings),
        said=exchange.said,
        answered=exchange.answered,
        language=exchange.language,
        conversation=exchange.conversation,
        intents=exchange.intents,
    )


def after_wake(turn: Turn, wake: Exchange, started: datetime) -> Turn:
    """Return the turn, begun by a wake word."""
    return replace(turn, began_s=wake.began_s, started=started, timings=_sorted((*wake.timings, *turn.timings)))


def grown(turn: Turn, exchange: Exchange) -> Turn:
    """Return the turn with one more exchange in it."""
    return replace(
        turn,
        ended_s=max(turn.ended_s, exchange.ended_s),
        timings=_sorted((*turn.timings, *exchange.timings)),
        outcome=_outcome(turn, exchange),
        answered=_answer(turn, exchange),
        language=exchange.language or turn.language,
        conversation=exchange.conversation or turn.conversation,
        intents=exchange.intents or turn.intents,
    )


def _outcome(turn: Turn, exchange: Exchange) -> Outcome:
    if exchange.outcome is Outcome.ERROR or exchange.request is Request.ACTION:
        return exchange.outcome or turn.outcome
    if exchange.request is Request.SPEECH:
        return Outcome.ANSWERED if turn.outcome is Outcome.HEARD else turn.outcome
    is_told = exchange.continues and turn.outcome is Outcome.DONE and exchange.outcome is Outcome.ANSWERED
    return turn.outcome if is_told else exchange.outcome or turn.outcome


def _answer(turn: Turn, exchange: Exchange) -> str:
    """Return what is said: before calls and after them; what is spoken, where that was not known."""
    if exchange.request is Request.SPEECH:
        return turn.answered or exchange.answered
    if exchange.continues and turn.answered and exchange.answered:
        return f"{turn.answered} {exchange.answered}"
    return exchange.answered or turn.answered


def _sorted(timings: Iterable[Timing]) -> tuple[Timing, ...]:
    order = list(Phase)
    return tuple(sorted(timings, key=lambda each: (each.from_s, order.index(each.phase))))
