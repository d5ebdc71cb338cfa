"""One utterance through a running server, stage by stage, in the order in which Home Assistant does it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, IntentsStart, IntentsStop, NotRecognized
from wyoming.tts import Synthesize, SynthesizeVoice
from wyoming.wake import Detect, Detection, NotDetected

from ..errors import RemoteError, SottoError

CONNECT_WITHIN_S = 3.0


class UnreachableError(RemoteError):
    """No server answers at the address."""

    code = "unreachable"


@dataclass(frozen=True)
class Audio:
    """Raw PCM in one format."""

    pcm: bytes
    rate: int
    width: int
    channels: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / (self.rate * self.width * self.channels)

    def after(self, start_s: float) -> Audio:
        """Return what follows that moment."""
        frame = self.width * self.channels
        return Audio(self.pcm[int(start_s * self.rate) * frame :], self.rate, self.width, self.channels)

    def events(self, chunk_s: float = 0.064) -> Iterator[Event]:
        """Return the stream as events: start, chunks, stop."""
        chunk_bytes = max(1, int(chunk_s * self.rate)) * self.width * self.channels
        yield AudioStart(self.rate, self.width, self.channels, timestamp=0).event()
        for start in range(0, len(self.pcm), chunk_bytes):
            yield self._chunk(self.pcm[start : start + chunk_bytes])
        yield AudioStop().event()

    def _chunk(self, pcm: bytes) -> Event:
        return AudioChunk(self.rate, self.width, self.channels, pcm).event()


@dataclass(frozen=True)
class Understanding:
    """What the conversation made of a sentence: intents to execute, or an answer."""

    intents: tuple[Intent, ...] = ()
    text: str = ""
    understood: bool = True


@dataclass(frozen=True)
class Outcome:
    """What the house answered, and what changed in it."""

    text: str
    changes: tuple[dict[str, Any], ...] = field(default=())
    succeeded: bool = True


class Assistant:
    """The server at `uri`. Every call is a connection of its own, as Home Assistant's are."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    async def describe(self) -> Info:
        """Return what the server offers."""
        async for event in self._exchange([Describe().event()]):
            if Info.is_type(event.type):
                return Info.from_event(event)
        raise self._broke_off()

    async def detect(self, audio: Audio, names: list[str] | None = None) -> list[Detection]:
        """Return the wake words in the audio, in their order."""
        found = []
        async for event in self._exchange([Detect(names=names).event(), *audio.events()]):
            if Detection.is_type(event.type):
                found.append(Detection.from_event(event))
                return found
            if NotDetected.is_type(event.type):
                return found
        raise self._broke_off()

    async def transcribe(self, audio: Audio, language: str | None = None) -> Transcript:
        """Return what was said."""
        async for event in self._exchange([Transcribe(language=language).event(), *audio.events()]):
            if Transcript.is_type(event.type):
                return Transcript.from_event(event)
        raise self._broke_off()

    async def understand(self, text: str, language: str | None = None) -> Understanding:
        """Return what a sentence means."""
        intents: list[Intent] = []
        several = False
        async for event in self._exchange([Transcript(text=text, language=language).event()]):
            if IntentsStart.is_type(event.type):
                several = True
            elif Intent.is_type(event.type):
                intents.append(Intent.from_event(event))
                if not several:
                    return Understanding(tuple(intents))
            elif IntentsStop.is_type(event.type):
                return Understanding(tuple(intents))
            elif Handled.is_type(event.type):
                return Understanding(text=Handled.from_event(event).text or "")
            elif NotHandled.is_type(event.type) or NotRecognized.is_type(event.type):
                return Understanding(text=event.data.get("text") or "", understood=False)
        raise self._broke_off()

    async def execute(self, intents: Iterable[Intent]) -> Outcome:
        """Let the demo house do what the intents say; raises RemoteError where the house is not a demo."""
        events = [intent.event() for intent in intents]
        if len(events) > 1:
            events = [IntentsStart().event(), *events, IntentsStop().event()]
        async for event in self._exchange(events):
            if Handled.is_type(event.type) or NotHandled.is_type(event.type):
                changes = (event.data.get("context") or {}).get("changes") or ()
                return Outcome(event.data.get("text") or "", tuple(changes), Handled.is_type(event.type))
        raise self._broke_off()

    async def speak(self, text: str, voice: SynthesizeVoice | None = None) -> AsyncIterator[Audio]:
        """Return the spoken text piece by piece, as it is made."""
        async for event in self._exchange([Synthesize(text=text, voice=voice).event()]):
            if AudioChunk.is_type(event.type):
                chunk = AudioChunk.from_event(event)
                yield Audio(chunk.audio, chunk.rate, chunk.width, chunk.channels)
            elif AudioStop.is_type(event.type):
                return
        raise self._broke_off()

    async def _exchange(self, events: Iterable[Event]) -> AsyncIterator[Event]:
        client = AsyncClient.from_uri(self.uri, connect_timeout=CONNECT_WITHIN_S)
        try:
            await client.connect()
        except (OSError, TimeoutError):
            raise UnreachableError(f"No server answers at {self.uri}.", remedy="Start one with: sotto run") from None
        sending = asyncio.create_task(_send(client, events))
        try:
            while (event := await client.read_event()) is not None:
                if Error.is_type(event.type):
                    error = Error.from_event(event)
                    raise RemoteError(error.text)
                yield event
        except (OSError, asyncio.IncompleteReadError):
            raise self._broke_off() from None
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            with contextlib.suppress(OSError):
                await client.disconnect()

    def _broke_off(self) -> SottoError:
        return RemoteError(f"The server at {self.uri} broke off.", remedy="Its log says why.")


async def _send(client: AsyncClient, events: Iterable[Event]) -> None:
    for event in events:
        await client.write_event(event)
