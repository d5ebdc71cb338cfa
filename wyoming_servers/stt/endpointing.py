"""Decides when somebody began and finished speaking. Pure logic, in audio time.

The `Endpointer` is told the probability of speech in one short window after another and answers with at most one
`Signal` for each. Time is the audio's own, so that a client that sends faster or slower than real time is served
alike.

    waiting --SPEECH--> speaking --PAUSE--> paused --END--> ended
                            ^--------RESUMED---'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

SPEECH_PROBABILITY = 0.5
"""From here on a window counts as speech: Silero's own threshold. White and pink noise, hum and clicks stay below 0.15,
a loud chord below 0.45."""

SILENCE_PROBABILITY = 0.35
"""Below this a window no longer counts as speech, once some was heard: Silero's own hysteresis."""

MIN_SPEECH_S = 0.09
"""Shorter sounds are no speech. "stop", spoken fast, is above the threshold for 0.26 s. The hardest of 20 recorded
commands, a lone "pause", is noticed in 17 of 32 alignments with Silero's windows; with one window more in 12, with one
less in 19, and then a whistle is speech too."""

MIN_RESUMED_S = 0.05
"""Shorter sounds in a pause do not end it: one window of 32 ms is a click, two are a consonant."""

SENSITIVITY = {"default": 1.0, "relaxed": 1.25 / 0.7, "aggressive": 0.25 / 0.7}
"""What a client's `vad_sensitivity` does to the silence that ends an utterance: Home Assistant waits for 0.7, 1.25
and 0.25 s."""


class Signal(Enum):
    """What changed with a window."""

    SPEECH = "speech"
    """Somebody speaks; it began up to `MIN_SPEECH_S` ago."""
    PAUSE = "pause"
    """The speaker may have finished."""
    RESUMED = "resumed"
    """The speaker had not finished."""
    END = "end"
    """The utterance is over; `Endpointer.reason` says why."""


class EndReason(StrEnum):
    """Why an utterance is over."""

    SILENCE = "silence"
    COMPLETE = "complete"
    """A whole command, and a shorter silence."""
    NO_SPEECH = "no speech"
    MAX_LENGTH = "maximum length"


class _State(Enum):
    WAITING = "waiting"
    SPEAKING = "speaking"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of audio after which something is decided; `settings.SttSettings` says what each means."""

    pause_s: float
    silence_s: float
    complete_silence_s: float
    no_speech_s: float
    max_utterance_s: float

    def for_sensitivity(self, sensitivity: str | None) -> Timing:
        """Return the timing with the silences that a client asks for; an unknown sensitivity changes nothing."""
        factor = SENSITIVITY.get(sensitivity or "default", 1.0)
        return replace(
            self,
            pause_s=self.pause_s * min(factor, 1.0),
            silence_s=self.silence_s * factor,
            complete_silence_s=self.complete_silence_s * factor,
        )


class Endpointer:
    """Follows one utterance."""

    def __init__(self, timing: Timing) -> None:
        self.reason: EndReason | None = None
        """Why the utterance is over, once it is."""
        self.speech_start_s = 0.0
        """When speech began."""
        self.speech_end_s = 0.0
        """When the last speech so far ended."""
        self._timing = timing
        self._state = _State.WAITING
        self._now_s = 0.0
        self._voiced_s = 0.0
        self._complete = False

    @property
    def speech_heard(self) -> bool:
        """Whether anything was said."""
        return self.speech_end_s > 0.0

    @property
    def paused(self) -> bool:
        """Whether the speaker may have finished."""
        return self._state is _State.PAUSED

    def hear(self, probability: float, duration_s: float) -> Signal | None:
        """Take the next window. After END nothing more is heard."""
        if self._state is _State.ENDED:
            return None
        self._now_s += duration_s
        threshold = SILENCE_PROBABILITY if self._voiced_s else SPEECH_PROBABILITY
        self._voiced_s = self._voiced_s + duration_s if probability >= threshold else 0.0
        if self._state is _State.WAITING:
            return self._wait()
        if self._now_s - self.speech_start_s >= self._timing.max_utterance_s:
            return self._end(EndReason.MAX_LENGTH)
        return self._speak() if self._state is _State.SPEAKING else self._pause()

    def complete(self) -> Signal | None:
        """Note that what was said before this pause is a whole command, so that less silence need follow."""
        if self._state is not _State.PAUSED:
            return None
        self._complete = True
        return self._end_of_silence()

    def _wait(self) -> Signal | None:
        if self._voiced_s >= MIN_SPEECH_S:
            self._state = _State.SPEAKING
            self.speech_start_s, self.speech_end_s = self._now_s - self._voiced_s, self._now_s
            return Signal.SPEECH
        if self._now_s >= self._timing.no_speech_s and not self._voiced_s:
            return self._end(EndReason.NO_SPEECH)
        return None

    def _speak(self) -> Signal | None:
        if self._voiced_s:
            self.speech_end_s = self._now_s
            return None
        if (ended := self._end_of_silence()) is not None:
            return ended
        if self._now_s - self.speech_end_s < self._timing.pause_s:
            return None
        self._state = _State.PAUSED
        return Signal.PAUSE

    def _pause(self) -> Signal | None:
        if not self._voiced_s:
            return self._end_of_silence()
        if self._voiced_s < MIN_RESUMED_S:
            return None
        self._state, self._complete = _State.SPEAKING, False
        self.speech_end_s = self._now_s
        return Signal.RESUMED

    def _end_of_silence(self) -> Signal | None:
        silence_s = self._now_s - self.speech_end_s
        if silence_s >= self._timing.silence_s:
            return self._end(EndReason.SILENCE)
        if self._complete and silence_s >= self._timing.complete_silence_s:
            return self._end(EndReason.COMPLETE)
        return None

    def _end(self, reason: EndReason) -> Signal:
        self._state, self.reason = _State.ENDED, reason
        return Signal.END
