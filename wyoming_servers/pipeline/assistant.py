"""One utterance through a running server, stage by stage, in the order in which Home Assistant does it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, IntentsStart, IntentsStop, NotRecognized
from wyoming.tts import Synthesize, SynthesizeVoice
from wyoming.wake import Detect, Detection, NotDetected

from ..errors import RemoteError, SettingsError, SottoError
from .audio import Audio, AudioFormat
from .recording import Recording

CONNECT_WITHIN_S = 3.0
DESCRIBED_WITHIN_S = 5.0
"""As long as Home Assistant waits; `describe` is answered from memory."""


class UnreachableError(RemoteError):
    """No server answers at the address."""

    code = "unreachable"


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
        """Raises SettingsError for a URI that is none."""
        self.uri = uri
        if not uri.startswith(("tcp://", "unix://")):
            raise self._bad_uri()
        try:
            AsyncClient.from_uri(uri)
        except ValueError:
            raise self._bad_uri() from None

    def _bad_uri(self) -> SettingsError:
        return SettingsError(f"--uri is {self.uri}.", remedy="Write tcp://HOST:PORT or unix:///PATH.")

    async def describe(self) -> Info:
        """Return what the server offers."""
        try:
            async with asyncio.timeout(DESCRIBED_WITHIN_S), self._exchange([Describe().event()]) as events:
                async for event in events:
                    if Info.is_type(event.type):
                        return Info.from_event(event)
        except TimeoutError:
            raise RemoteError(f"The server at {self.uri} does not answer.", remedy="Its log says why.") from None
        raise self._broke_off()

    async def detect(self, recording: Recording, names: list[str] | None = None) -> Detection | None:
        """Return the first wake word in the recording, as soon as it is heard; None if it ends without one."""
        async with self._exchange([Detect(names=names).event()], recording) as events:
            async for event in events:
                if Detection.is_type(event.type):
                    return Detection.from_event(event)
                if NotDetected.is_type(event.type):
                    return None
        raise self._broke_off()

    async def transcribe(self, recording: Recording, language: str | None = None) -> Transcript:
        """Return what was said, as soon as the server knows, which may be before the recording ends."""
        async with self._exchange([Transcribe(language=language).event()], recording) as events:
            async for event in events:
                if Transcript.is_type(event.type):
                    return Transcript.from_event(event)
        raise self._broke_off()

    async def understand(
        self, text: str, language: str | None = None, context: dict[str, Any] | None = None
    ) -> Understanding:
        """Return what a sentence means; `context` may name the conversation and the device, as Home Assistant does."""
        intents: list[Intent] = []
        several = False
        async with self._exchange([Transcript(text=text, language=language, context=context).event()]) as events:
            async for event in events:
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
        request = [intent.event() for intent in intents]
        if len(request) > 1:
            request = [IntentsStart().event(), *request, IntentsStop().event()]
        async with self._exchange(request) as events:
            async for event in events:
                if Handled.is_type(event.type) or NotHandled.is_type(event.type):
                    changes = (event.data.get("context") or {}).get("changes") or ()
                    return Outcome(event.data.get("text") or "", tuple(changes), Handled.is_type(event.type))
        raise self._broke_off()

    async def speak(self, text: str, voice: SynthesizeVoice | None = None) -> AsyncGenerator[Audio, None]:
        """Return the spoken text piece by piece, as it is made."""
        async with self._exchange([Synthesize(text=text, voice=voice).event()]) as events:
            async for event in events:
                if AudioChunk.is_type(event.type):
                    chunk = AudioChunk.from_event(event)
                    yield Audio(chunk.audio, AudioFormat(chunk.rate, chunk.width, chunk.channels))
                elif AudioStop.is_type(event.type):
                    return
        raise self._broke_off()

    @asynccontextmanager
    async def _exchange(
        self, request: Iterable[Event], recording: Recording | None = None
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """Send the request, then the recording as it arrives, and give the answer's events meanwhile."""
        client = AsyncClient.from_uri(self.uri, connect_timeout=CONNECT_WITHIN_S)
        try:
            await client.connect()
        except (OSError, TimeoutError):
            raise UnreachableError(f"No server answers at {self.uri}.", remedy="Start one with: sotto run") from None
        sending = asyncio.create_task(_send(client, request, recording))
        try:
            yield self._events(client)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            with contextlib.suppress(OSError):
                await client.disconnect()

    async def _events(self, client: AsyncClient) -> AsyncIterator[Event]:
        while True:
            try:
                event = await client.read_event()
            except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError):
                raise self._broke_off() from None
            if event is None:
                return
            if Error.is_type(event.type):
                raise _told(Error.from_event(event))
            yield event

    def _broke_off(self) -> SottoError:
        return RemoteError(f"The server at {self.uri} broke off, or is no Wyoming server.", remedy="Its log says why.")


def _told(error: Error) -> RemoteError:
    """Return what the server said went wrong, under the code that it gave."""
    failure = RemoteError(error.text)
    failure.code = error.code or RemoteError.code
    return failure


async def _send(client: AsyncClient, request: Iterable[Event], recording: Recording | None) -> None:
    for event in request:
        await client.write_event(event)
    if recording is not None:
        async for event in recording.events():
            await client.write_event(event)
