"""What the events of one request at the Wyoming door say of a turn."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from wyoming.event import Event

from ..errors import SottoError
from ..protocol.connection import ClientGoneError
from ..protocol.service import Stage
from .log import TurnLog
from .recording import Marks, marking
from .turn import Exchange, Outcome, Phase, Request, Timing

_LOGGER = logging.getLogger(__name__)

Saw = Callable[[Event], None]

_REQUESTS = {
    Stage.STT: Request.TRANSCRIPT,
    Stage.CONVERSATION: Request.ANSWER,
    Stage.HOME: Request.ACTION,
    Stage.TTS: Request.SPEECH,
}
_LONGEST_WAKE_S = 2.0
"""From a wake word's end to its detection; a recording that is sent faster or slower than it was spoken tells none."""


def _nothing(_: Event) -> None:
    """Take an event that says nothing of a turn."""


@contextlib.contextmanager
def recorded(log: TurnLog | None, stage: Stage) -> Iterator[Saw]:
    """Record one request of a stage; what is returned is to be told each of its events, both ways, in their order."""
    if log is None:
        yield _nothing
        return
    with marking() as marks:
        if stage is Stage.WAKE:
            yield WakeRecording(log).saw
            return
        recording = Recording(log, stage, marks)
        try:
            with log.under_way():
                yield recording.saw
        except ClientGoneError:
            recording.leave()
            raise
        except Exception as err:
            recording.end(err.code if isinstance(err, SottoError) else SottoError.code)
            raise
        recording.end()


class WakeRecording:
    """A client that is listened to for a wake word, for hours perhaps: each detection is an exchange."""

    def __init__(self, log: TurnLog) -> None:
        self._log = log
        self._first_audio_s: float | None = None

    def saw(self, event: Event) -> None:
        """Take an event."""
        if event.type == "audio-chunk":
            if self._first_audio_s is None:
                self._first_audio_s = self._log.clock()
        elif event.type == "audio-start":
            self._first_audio_s = None
        elif event.type == "detection":
            self._log.add(self._exchange(event.data))

    def _exchange(self, data: dict[str, Any]) -> Exchange:
        now_s = self._log.clock()
        heard_ms = data.get("timestamp")
        spoken_s = now_s
        if self._first_audio_s is not None and isinstance(heard_ms, int):
            spoken_s = self._first_audio_s + heard_ms / 1000
        from_s = spoken_s if now_s - _LONGEST_WAKE_S <= spoken_s <= now_s else now_s
        timing = Timing(Phase.WAKE, from_s, now_s, note=str(data.get("name") or ""))
        return Exchange(Request.WAKE, from_s, now_s, (timing,))


class Recording:
    """One request of any other stage. It is told of as soon as its last event was sent: the next may follow at once."""

    def __init__(self, log: TurnLog, stage: Stage, marks: Marks) -> None:
        self._log = log
        self._marks = marks
        self._several = False
        self._is_told = False
        self._began_s = log.clock()
        self._first_audio_s: float | None = None
        self._texts: list[str] = []
        self._intents: list[tuple[str, str]] = []
        self._exchange = Exchange(_REQUESTS[stage], self._began_s, self._began_s)
        self._take: dict[str, Callable[[dict[str, Any]], None]] = {
            "transcript": self._take_transcript,
            "recognize": self._take_transcript,
            "intent": self._take_intent,
            "intents-start": self._take_intents_start,
            "intents-stop": self._take_intents_stop,
            "handled": self._take_handled,
            "not-handled": self._take_not_handled,
            "not-recognized": self._take_not_handled,
            "synthesize": self._take_whole_text,
            "synthesize-chunk": self._take_text,
            "audio-chunk": self._take_audio,
            "audio-stop": self._take_audio_stop,
        }

    def saw(self, event: Event) -> None:
        """Take an event; of a type of which nothing is said, as audio that comes, this costs a look-up."""
        take = self._take.get(event.type)
        if take is None:
            return
        try:
            take(event.data)
        except Exception as err:  # noqa: BLE001 - whatever a client put there, its request goes on
            _LOGGER.debug("%s said nothing of a turn: %s", event.type, type(err).__name__)

    def leave(self) -> None:
        """Tell what a client has left; nothing of it before there was an answer."""
        if self._exchange.outcome is not None or self._first_audio_s is not None:
            self.end()

    def end(self, failure: str = "") -> None:
        """Tell the log, if that was not done; `failure` is an error's code."""
        if self._is_told:
            return
        self._is_told = True
        exchange = replace(
            self._exchange,
            began_s=self._began_s,
            ended_s=self._log.clock(),
            outcome=Outcome.ERROR if failure else self._exchange.outcome,
            answered=self._exchange.answered or "".join(self._texts),
            intents=tuple(self._intents),
        )
        if failure or exchange.request is not Request.SPEECH or exchange.answered.strip():
            self._log.add(replace(exchange, timings=self._timings(exchange, failure)))

    def _timings(self, exchange: Exchange, failure: str) -> tuple[Timing, ...]:
        if exchange.request is Request.ACTION:
            return ()
        told = [self._within(each, exchange) for each in self._marks.timings]
        phase = _PHASES[exchange.request]
        spoken = next((each for each in told if each.phase is Phase.SPEECH), None)
        from_s = spoken.to_s if spoken is not None else exchange.began_s
        engine = self._marks.engine_of(phase)
        own = Timing(phase, from_s, exchange.ended_s, engine, failure, self._first_audio_s)
        return (*told, own)

    def _within(self, timing: Timing, exchange: Exchange) -> Timing:
        """Return a phase that lies in the request, also where a recording was sent faster than it was spoken."""
        from_s = min(max(timing.from_s, exchange.began_s), exchange.ended_s)
        to_s = min(max(timing.to_s, from_s), exchange.ended_s)
        return replace(timing, from_s=from_s, to_s=to_s, engine=timing.engine or self._marks.engine_of(timing.phase))

    def _take_transcript(self, data: dict[str, Any]) -> None:
        """Take what was heard, or what a conversation is asked."""
        text, language = str(data.get("text") or ""), str(data.get("language") or "")
        context = data.get("context")
        conversation = str(context.get("conversation_id") or "") if isinstance(context, dict) else ""
        outcome = self._exchange.outcome
        if self._exchange.request is Request.TRANSCRIPT:
            outcome = Outcome.HEARD if text.strip() else Outcome.SILENT
        self._exchange = replace(
            self._exchange, said=text, language=language, conversation=conversation, outcome=outcome
        )
        if outcome is not None:
            self.end()

    def _take_intent(self, data: dict[str, Any]) -> None:
        self._intents.append((str(data.get("name")), str(data.get("text") or "")))
        if self._exchange.request is Request.ANSWER:
            self._exchange = replace(self._exchange, outcome=Outcome.DONE)
            if not self._several:
                self.end()

    def _take_intents_start(self, _: dict[str, Any]) -> None:
        self._several = True

    def _take_intents_stop(self, _: dict[str, Any]) -> None:
        if self._exchange.request is Request.ANSWER:
            self.end()

    def _take_handled(self, data: dict[str, Any]) -> None:
        outcome = Outcome.DONE if self._exchange.request is Request.ACTION else Outcome.ANSWERED
        self._exchange = replace(self._exchange, answered=str(data.get("text") or ""), outcome=outcome)
        self.end()

    def _take_not_handled(self, data: dict[str, Any]) -> None:
        text = str(data.get("text") or "")
        self._exchange = replace(self._exchange, answered=text, outcome=Outcome.NOT_UNDERSTOOD)
        self.end()

    def _take_text(self, data: dict[str, Any]) -> None:
        """Take a portion of a stream of text: time runs from the first one, not from when a model began to think."""
        if not self._texts:
            self._began_s = self._log.clock()
        self._texts.append(str(data.get("text") or ""))

    def _take_whole_text(self, data: dict[str, Any]) -> None:
        if not self._texts:  # Home Assistant sends the whole of a stream again
            self._texts.append(str(data.get("text") or ""))

    def _take_audio(self, _: dict[str, Any]) -> None:
        if self._first_audio_s is None and self._exchange.request is Request.SPEECH:
            self._first_audio_s = self._log.clock()

    def _take_audio_stop(self, _: dict[str, Any]) -> None:
        if self._exchange.request is Request.SPEECH:
            self.end()


_PHASES = {
    Request.TRANSCRIPT: Phase.STT,
    Request.ANSWER: Phase.CONVERSATION,
    Request.SPEECH: Phase.TTS,
}
