"""One utterance from its first audio to its transcript."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from time import monotonic

from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event

from ..errors import UnexpectedEventError
from ..protocol.connection import Connection
from ..protocol.fields import parse
from ..turns.recording import mark
from ..turns.turn import Phase
from .endpointing import Endpointer, Signal, Timing
from .engine import Recognition
from .hearing import NOTHING, Heard, Hearing, seconds_of
from .recognizer import Recognizer
from .voice_activity import WINDOW_S

_LOGGER = logging.getLogger(__name__)

PRE_ROLL_S = 1.0
"""Audio before speech is noticed that may belong to it: the rule needs 0.1 s, Silero may hear an unvoiced first
consonant 0.11 s late ("stop"), and a word that is spoken low 0.5 s late ("turn off", recorded). The rest is quiet,
which recognisers like."""

STALL_S = 5.0
"""After so long without audio, a client that had begun to send gets the transcript of what there is."""


class Utterance:
    """Listens until the end is decided, by the audio or by the client, and has the transcript ready by then.

    A trial recognition begins at each pause and is dropped when speech resumes, so that one that exists at the end
    has heard all the speech there is.
    """

    def __init__(
        self,
        connection: Connection,
        hearing: Hearing,
        recognizer: Recognizer,
        timing: Timing,
        *,
        stall_s: float = STALL_S,
    ) -> None:
        self._connection = connection
        self._hearing = hearing
        self._recognizer = recognizer
        self._endpointer = Endpointer(timing)
        self._stall_s = stall_s
        self._pre_roll: deque[bytes] = deque()
        self._pre_roll_s = 0.0
        self._ended = asyncio.Event()
        self._client_reason = ""
        self._speech_ended_at = 0.0
        self.loudness = NOTHING
        """Of the speech so far."""

    async def recognize(self, first: Event | None) -> Recognition:
        """Return what was said; "" for silence and noise. `first` is audio that came already.

        Raises SottoError for what the client should be told, and ClientGoneError.
        """
        await self._until_end(first)
        recognition = await self._connection.while_connected(self._result())
        self._tell()
        self._log(recognition)
        return recognition

    async def close(self) -> None:
        """Free what the utterance holds; the transcript should be sent first, for this waits for the worker."""
        self._hearing.close()
        await self._recognizer.close()

    async def _until_end(self, first: Event | None) -> None:
        listen = asyncio.create_task(self._listen(first), name="stt-listen")
        ended = asyncio.create_task(self._ended.wait(), name="stt-ended")
        try:
            await asyncio.wait({listen, ended}, return_when=asyncio.FIRST_COMPLETED)
            if listen.done():
                listen.result()
        finally:
            listen.cancel()
            ended.cancel()
            await asyncio.gather(listen, ended, return_exceptions=True)

    async def _listen(self, first: Event | None) -> None:
        event = first or await self._next_event()
        while event is not None and event.type != "audio-stop":
            await self._take(event)
            if self._ended.is_set():
                return
            event = await self._next_event()
        self._client_reason = "audio-stop" if event is not None else "stalled"
        self._hear(await self._hearing.finish())

    async def _next_event(self) -> Event | None:
        """Return the client's next event; None if it began to send audio and then stalled."""
        try:
            async with asyncio.timeout(self._stall_s if self._hearing.started else None):
                return await self._connection.read()
        except TimeoutError:
            return None

    async def _take(self, event: Event) -> None:
        if event.type == "audio-chunk":
            self._hearing.add(parse(AudioChunk, event))
            while not self._ended.is_set() and (heard := await self._hearing.next()) is not None:
                self._hear(heard)
        elif event.type == "audio-start":
            start = parse(AudioStart, event)
            self._hearing.expect(start.rate, start.width, start.channels)
        elif event.type == "transcribe":
            raise UnexpectedEventError("One utterance after the other: transcribe came before audio-stop.")

    def _hear(self, heard: Heard) -> None:
        self.loudness += heard.loudness
        if self._endpointer.speech_heard:
            self._recognizer.feed(heard.pcm)
        else:
            self._keep(heard.pcm)
        for probability in heard.probabilities:
            speech_end_s = self._endpointer.speech_end_s
            signal = self._endpointer.hear(probability, WINDOW_S)
            if self._endpointer.speech_end_s > speech_end_s:
                self._speech_ended_at = monotonic()
            self._react(signal)

    def _keep(self, pcm: bytes) -> None:
        """Remember the last moments before speech."""
        self._pre_roll.append(pcm)
        self._pre_roll_s += seconds_of(pcm)
        while self._pre_roll_s - seconds_of(self._pre_roll[0]) >= PRE_ROLL_S:
            self._pre_roll_s -= seconds_of(self._pre_roll.popleft())

    def _react(self, signal: Signal | None) -> None:
        if signal is Signal.SPEECH:
            self._recognizer.feed(b"".join(self._pre_roll))
            self._pre_roll.clear()
        elif signal is Signal.PAUSE:
            self._recognizer.begin_trial(self._on_trial)
        elif signal is Signal.RESUMED:
            self._recognizer.drop_trial()
        elif signal is Signal.END:
            self._ended.set()

    def _on_trial(self, recognition: Recognition) -> None:
        if recognition.complete:
            self._react(self._endpointer.complete())

    async def _result(self) -> Recognition:
        if not self._endpointer.speech_heard:
            return Recognition("", "")
        return await self._recognizer.result()

    def _tell(self) -> None:
        """Tell the turn when there was speech."""
        if self._endpointer.speech_heard:
            spoken_s = self._endpointer.speech_end_s - self._endpointer.speech_start_s
            mark(Phase.SPEECH, self._speech_ended_at - spoken_s, self._speech_ended_at)

    def _log(self, recognition: Recognition) -> None:
        endpointer = self._endpointer
        _LOGGER.info(
            "Heard %.1f s of speech; %s %.0f ms after its end (%s)",
            endpointer.speech_end_s - endpointer.speech_start_s,
            "transcript" if recognition.text else "nothing recognised",
            (monotonic() - self._speech_ended_at) * 1000 if endpointer.speech_heard else 0.0,
            endpointer.reason or self._client_reason,
        )
