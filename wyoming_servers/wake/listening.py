"""One client that is listened to: its events become audio for a session, and what is heard goes back."""

from __future__ import annotations

from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event
from wyoming.wake import Detect, Detection, NotDetected

from ..errors import BadRequestError, LimitExceededError, UnexpectedEventError
from ..host import EngineHost
from ..protocol.audio import AudioConverter
from ..protocol.connection import Connection
from ..protocol.fields import parse
from .backlog import Backlog
from .engine import WakeEngine, WakeSession

PIECE_S = 0.64
"""Most audio in one job: 8 steps, 10 ms on a desktop core and 100 ms on a slow one. It is what a client that
sends faster than real time may take before it is another client's turn."""
DEADLINE_S = 5.0
"""A job that waits longer than this is an error that the client is told: a wake word heard so late wakes nobody."""


class Listening:
    """One request, from `detect` or the first audio to `audio-stop`. Another `detect` meanwhile begins anew."""

    def __init__(self, host: EngineHost[WakeEngine], connection: Connection) -> None:
        self._host = host
        self._connection = connection
        self._names: tuple[str, ...] | None = None
        self._session: WakeSession | None = None
        self._session_is_fresh = False
        self._converter: AudioConverter | None = None
        self._backlog = Backlog(PIECE_S)
        self._detected = False

    async def run(self, first: Event) -> None:
        """Listen until `audio-stop`; raises what the client should be told, and ClientGoneError."""
        try:
            event = first
            while event.type != "audio-stop":
                await self._take(event)
                event = await self._next_event()
            await self._stop()
        finally:
            self._end_session()

    async def _take(self, event: Event) -> None:
        if event.type == "audio-chunk":
            await self._take_audio(parse(AudioChunk, event))
        elif event.type == "audio-start":
            await self._start_audio(parse(AudioStart, event))
        elif event.type == "detect":
            await self._start_listening(_names_of(parse(Detect, event)))
        else:
            raise UnexpectedEventError(
                f"{event.type} came while a wake word was listened for.", remedy="Send audio-stop before it."
            )

    async def _start_listening(self, names: tuple[str, ...] | None) -> None:
        await self._catch_up()
        self._names = names
        await self._start_session()

    async def _start_audio(self, start: AudioStart) -> None:
        converter = AudioConverter(rate_hz=start.rate, width=start.width, channels=start.channels)
        if not self._session_is_fresh:
            await self._catch_up()
            await self._start_session()
        self._converter = converter

    async def _take_audio(self, chunk: AudioChunk) -> None:
        if self._session is None:
            await self._start_session()
        if self._converter is None or self._converter.format != (chunk.rate, chunk.width, chunk.channels):
            # The chunk is right: some clients announce another format than they send, or announce none.
            self._converter = AudioConverter(rate_hz=chunk.rate, width=chunk.width, channels=chunk.channels)
        self._backlog.add(self._converter, chunk.audio)
        self._session_is_fresh = False

    async def _next_event(self) -> Event:
        """Return the next event. What has arrived is collected while there is room, and computed before waiting."""
        while self._backlog:
            event = None if self._backlog.full else await self._arrived()
            if event is not None:
                return event
            await self._compute_piece()
        return await self._connection.read()

    async def _arrived(self) -> Event | None:
        """Return an event that is here already."""
        try:
            return await self._connection.read(timeout_s=0)
        except LimitExceededError:
            return None  # nothing has; an error of the connection is raised again by the next read

    async def _stop(self) -> None:
        await self._catch_up()
        if self._converter is not None:
            await self._compute(self._converter, b"", last=True)
        if not self._detected:
            await self._connection.write(NotDetected().event())

    async def _catch_up(self) -> None:
        while self._backlog:
            await self._compute_piece()

    async def _compute_piece(self) -> None:
        converter, pcm = self._backlog.take()
        await self._compute(converter, pcm)

    async def _compute(self, converter: AudioConverter, pcm: bytes, *, last: bool = False) -> None:
        session = self._session
        if session is None:
            return
        job = self._host.run(lambda _: session.feed(converter.convert(pcm, last=last)), deadline_s=DEADLINE_S)
        for heard in await self._connection.while_connected(job):
            self._detected = True
            await self._connection.write(Detection(name=heard.name, timestamp=heard.at_ms).event())

    async def _start_session(self) -> None:
        """Begin a session for a stream that begins."""
        self._end_session()
        engine, names = self._host.engine, self._names
        # Not given up when the client leaves: nobody would close the session of a job that had begun.
        self._session = await self._host.run(lambda _: engine.start_session(names), deadline_s=DEADLINE_S)
        self._session_is_fresh = True
        self._converter = None
        self._detected = False

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _names_of(detect: Detect) -> tuple[str, ...] | None:
    """Return the words that are asked for, each once; None for any. No words are any, too."""
    names: object = detect.names
    if names is None or names == []:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequestError("The names of a detect event must be a list of texts, or null for any word.")
    return tuple(dict.fromkeys(names))
