"""The text-to-speech stage on the wire: `synthesize`, or a stream of text, in; one stream of audio out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from wyoming.event import Event
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from .. import __version__
from ..errors import BadRequestError, SottoError, UnexpectedEventError
from ..host import EngineReport, EngineState
from ..memory.governor import Governor
from ..protocol.connection import Connection
from ..protocol.fields import parse, require_text
from ..protocol.service import Service, Stage
from ..registry import create_engines
from ..settings import Settings
from .engine import TtsEngine, Voice
from .giving_way import Mouth
from .language import VoiceDefaults, VoiceWish, tags_of
from .markup import from_ssml
from .reply import Pieces, Reply, too_long
from .roster import Roster
from .sound import AudioStream

_LOGGER = logging.getLogger(__name__)

WATCH_S = 5.0
"""Between two looks at the folder of voices."""

NAMED_VOICES = 4

AUTOMATIC = "automatic-"
"""Before a language, the name of a voice that stands for the best one there is now. Home Assistant's editor stores the
first voice of the language for every assistant; one that named an engine's would keep a better voice that is
installed later from being used."""


class TtsService(Service):
    """Text-to-speech with one or several engines side by side."""

    stage: ClassVar[Stage] = Stage.TTS

    def __init__(
        self,
        settings: Settings,
        engines: Sequence[TtsEngine] | None = None,
        *,
        governor: Governor | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Engines are by default those of the settings; raises what `create_engines` raises.

        `governor` grants memory to voices, and has them freed when it is short.
        """
        self._max_chars = settings.tts.max_chars
        self._defaults = VoiceDefaults(settings.tts.voice, settings.server.language)
        self._roster = Roster(create_engines(Stage.TTS, settings) if engines is None else engines)
        if governor is not None:
            Mouth(self._roster, governor)
        self._sleep = sleep
        self._watch_task: asyncio.Task[None] | None = None
        self._info = self._build_info()

    @property
    def info(self) -> Info:
        """One program with the voices of all engines; rebuilt only when they change."""
        return self._info

    @property
    def reports(self) -> list[EngineReport]:
        """The engines, the preferred first; of those that have no voice only what is wrong with them."""
        return [
            host.report(host.engine.capabilities.name, _named(host.engine.voices), host.engine.device)
            for host in self._roster.hosts
            if host.engine.voices or host.state is not EngineState.READY
        ]

    async def start(self) -> None:
        """Begin to load the engines, and to watch the folder of voices."""
        self._roster.start(self._on_change)
        self._watch_task = asyncio.create_task(self._watch(), name="watch-voices")

    async def listed(self) -> None:
        """Return when the voices of all engines are known."""
        await asyncio.gather(*(host.settled() for host in self._roster.hosts))

    async def stop(self) -> None:
        """End the watch and the engines."""
        if self._watch_task is not None:
            self._watch_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch_task
        await self._roster.stop()

    async def serve(self, connection: Connection, first: Event) -> None:
        """Speak one text, or one stream of text; dropped at the next portion of a sentence when the client leaves."""
        if Synthesize.is_type(first.type):
            await connection.while_connected(self._serve_text(connection, parse(Synthesize, first)))
        elif SynthesizeStart.is_type(first.type):
            await connection.while_connected(self._serve_stream(connection, first))
        else:
            raise UnexpectedEventError(
                f"Text-to-speech cannot begin with {first.type}.", remedy="Begin with synthesize or synthesize-start."
            )

    async def _serve_text(self, connection: Connection, request: Synthesize) -> None:
        text = require_text(request.text, "text")
        if len(text) > self._max_chars:
            raise too_long(self._max_chars)
        once = _Once(from_ssml(text) if _is_ssml(request.text_format) else text)
        await self._speak(connection, _wish(request.voice), once.more)

    async def _serve_stream(self, connection: Connection, first: Event) -> None:
        """Speak a stream. An error is told at once; `synthesize-stopped` comes last in any case, after the client's
        own stop: whoever waits for it must not wait for ever.
        """  # noqa: D205 - one sentence
        stream = _TextStream(connection, self._max_chars)
        try:
            start = parse(SynthesizeStart, first)
            more = stream.whole_ssml if _is_ssml(start.text_format) else stream.more
            await self._speak(connection, _wish(start.voice), more)
        except SottoError as err:
            if stream.broken:
                raise
            _LOGGER.info("A stream of text was answered with the error %s", err.code)
            await connection.write_error(err)
            await stream.drain()
        await connection.write(SynthesizeStopped().event())

    async def _speak(self, connection: Connection, wish: VoiceWish, more: Callable[[], Awaitable[str | None]]) -> None:
        """Send each portion while the next one is being made."""
        reply = Reply(self._roster, wish, self._defaults, Pieces(more, self._max_chars))
        audio = AudioStream(connection)
        upcoming = asyncio.create_task(reply.next(), name="speak")
        try:
            while (portion := await upcoming) is not None:
                upcoming = asyncio.create_task(reply.next(), name="speak-ahead")
                await audio.write(portion.speech, portion.pause_s)
        finally:
            reply.cancel()
            upcoming.cancel()
            await asyncio.gather(upcoming, return_exceptions=True)
        await audio.end()

    async def reload(self) -> None:
        """Look at the folder of voices now; returns when those that came can be asked for."""
        if await self._roster.refresh():
            _LOGGER.info("There are %d voices now", sum(map(len, self._roster.tiers)))
            self._on_change()

    async def _watch(self) -> None:
        while True:
            await self._sleep(WATCH_S)
            await self.reload()

    def _on_change(self) -> None:
        self._info = self._build_info()

    def _build_info(self) -> Info:
        engines = [host.engine.capabilities for host in self._roster.hosts]
        known = [voice for tier in self._roster.tiers for voice in tier]
        languages = dict.fromkeys(voice.language for voice in known)
        voices = [*map(_automatic, languages), *map(_published, known)]
        program = TtsProgram(
            name="sotto",
            description="Sotto with " + " and ".join(engine.description for engine in engines),
            attribution=Attribution("Sotto", ""),
            installed=bool(voices),  # without any, Home Assistant could not make its entity
            version=__version__,
            voices=voices,
            supports_synthesize_streaming=True,
        )
        return Info(tts=[program])


class _Once:
    """A whole text as a stream of one portion."""

    def __init__(self, text: str) -> None:
        self._text: str | None = text

    async def more(self) -> str | None:
        """Return the text, then None."""
        text, self._text = self._text, None
        return text


class _TextStream:
    """The text between `synthesize-start` and `synthesize-stop`."""

    def __init__(self, connection: Connection, max_chars: int) -> None:
        self._connection = connection
        self._max_chars = max_chars
        self.ended = False
        self.broken = False
        """The connection itself failed, so that nothing more can be read."""

    async def more(self) -> str | None:
        """Return the next chunk's text, None at the stop.

        The whole text, which Home Assistant sends again as `synthesize`, and events that mean nothing here are
        passed over. Raises UnexpectedEventError for a second start, BadRequestError for a chunk without text.
        """
        event = await self._next_event()
        while event is not None:
            if SynthesizeChunk.is_type(event.type):
                return require_text(parse(SynthesizeChunk, event).text, "text")
            if SynthesizeStart.is_type(event.type):
                raise UnexpectedEventError("A stream of text began inside another one.", remedy="Stop the first one.")
            event = await self._next_event()
        return None

    async def whole_ssml(self) -> str | None:
        """Return the words of all that is sent, at once, since a tag may span chunks; then None.

        Raises LimitExceededError for more than a text may have, tags included.
        """
        if self.ended:
            return None
        ssml = ""
        while (chunk := await self.more()) is not None:
            ssml += chunk
            if len(ssml) > self._max_chars:
                raise too_long(self._max_chars)
        return from_ssml(ssml)

    async def drain(self) -> None:
        """Pass over what the client still sends of the stream."""
        while await self._next_event() is not None:
            pass

    async def _next_event(self) -> Event | None:
        if self.ended:
            return None
        try:
            event = await self._connection.read()
        except BaseException:
            self.broken = True
            raise
        self.ended = SynthesizeStop.is_type(event.type)
        return None if self.ended else event


def _named(voices: Sequence[Voice]) -> str:
    """Return the names of a few voices; of many there is nothing to read in them."""
    return ", ".join(voice.name for voice in voices) if len(voices) <= NAMED_VOICES else ""


def _is_ssml(text_format: object) -> bool:
    """Whether the text is SSML. Raises BadRequestError for a format that is neither that nor plain."""
    if text_format in (None, "text", "ssml"):
        return text_format == "ssml"
    raise BadRequestError(f"The text's format is {str(text_format)[:40]!r}.", remedy="Send text or ssml.")


def _wish(voice: SynthesizeVoice | None) -> VoiceWish:
    if voice is None:
        return VoiceWish()
    for value, what in ((voice.name, "voice's name"), (voice.language, "language"), (voice.speaker, "speaker")):
        if value is not None:
            require_text(value, what)
    if voice.name and voice.name.startswith(AUTOMATIC):
        return VoiceWish(language=voice.name.removeprefix(AUTOMATIC))
    return VoiceWish(voice.name or None, voice.language or None, voice.speaker or None)


def _automatic(language: str) -> TtsVoice:
    """Return the voice that stands for the best one of a language."""
    return TtsVoice(
        name=f"{AUTOMATIC}{language}",
        description="Automatic: the best voice there is",
        attribution=Attribution("Sotto", ""),
        installed=True,
        version=__version__,
        languages=tags_of(language),
    )


def _published(voice: Voice) -> TtsVoice:
    return TtsVoice(
        name=voice.name,
        description=voice.description,
        attribution=Attribution(*voice.attribution),
        installed=True,
        version=voice.version,
        languages=tags_of(voice.language),
        speakers=[TtsVoiceSpeaker(name) for name in voice.speakers] or None,
    )
