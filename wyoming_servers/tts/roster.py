"""The engines side by side, each on its own worker, and all the voices that they have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Protocol

from ..errors import EngineUnavailableError, NoMemoryError, SottoError
from ..host import EngineHost, EngineState, engine_errors
from ..turns.recording import engine as told_engine
from ..turns.turn import Phase
from ..worker import Cancellation, Priority, Stream
from .cache import SpeechCache
from .engine import Speech, TtsEngine, Voice, VoiceNeed

_LOGGER = logging.getLogger(__name__)

WAITS_S = 30.0
"""How long a piece may wait for its engine before the client is told that it is too much."""
_NOTHING = Speech(b"", 0)
"""What an engine says to a text in which nothing can be spoken."""


class VoiceMemory(Protocol):
    """What grants memory to voices before they are loaded. Its methods run on the event loop."""

    async def admit(self, need: VoiceNeed, *, asked: bool) -> None:
        """Grant it until `settled`, for a voice that was `asked` for at others' expense; raises NoMemoryError."""

    def settled(self, need: VoiceNeed) -> None:
        """Be told that the voice is loaded, or will not be."""


class Roster:
    """Knows which engine has which voice, and has pieces of text spoken."""

    def __init__(self, engines: Sequence[TtsEngine], *, cache: SpeechCache | None = None) -> None:
        self.hosts = [EngineHost(engine.capabilities.name, [engine], admit=self._prepare) for engine in engines]
        self._cache = SpeechCache() if cache is None else cache
        self.memory: VoiceMemory | None = None
        """To be set before `start`; without it, voices take what they need."""
        self._preloading: dict[str, VoiceNeed | None] = {}
        """What was granted to engines that look at their folder now."""

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to load; `on_change` is called whenever the voices may have changed."""
        for host in self.hosts:
            host.on_change(partial(self._loaded, host, on_change))
            host.start()

    def _loaded(self, host: EngineHost[TtsEngine], on_change: Callable[[], None]) -> None:
        self._preloaded(host.name)
        on_change()

    async def _prepare(self, engine: TtsEngine) -> None:
        """Have memory granted to the voice that an engine loads at the start."""
        name = engine.capabilities.name
        with engine_errors(name):
            need = await asyncio.to_thread(engine.likely_need)
        await self._preload(name, engine, need)

    async def _preload(self, name: str, engine: TtsEngine, need: VoiceNeed | None) -> None:
        """Have memory granted to the voice that an engine is to load by itself; without, it loads none."""
        try:
            await self._admit(need, asked=False)
        except NoMemoryError:
            engine.may_preload = False
        else:
            engine.may_preload = True
            self._preloading[name] = need

    def _preloaded(self, name: str) -> None:
        self._settled(self._preloading.pop(name, None))

    async def _admit(self, need: VoiceNeed | None, *, asked: bool) -> None:
        if need is not None and self.memory is not None:
            await self.memory.admit(need, asked=asked)

    def _settled(self, need: VoiceNeed | None) -> None:
        if need is not None and self.memory is not None:
            self.memory.settled(need)

    async def stop(self) -> None:
        """Stop all engines."""
        await asyncio.gather(*(host.stop() for host in self.hosts))

    @property
    def tiers(self) -> list[tuple[Voice, ...]]:
        """The voices of each engine that is ready, the preferred engine first."""
        return [host.engine.voices for host in self._ready_hosts()]

    def _ready_hosts(self) -> list[EngineHost[TtsEngine]]:
        return [host for host in self.hosts if host.state is EngineState.READY]

    async def ready(self) -> None:
        """Wait for the engines that are still loading; raises the first one's error if none can speak."""
        if not any(host.state is EngineState.LOADING for host in self.hosts) and self._ready_hosts():
            return
        results = await asyncio.gather(*(host.ready() for host in self.hosts), return_exceptions=True)
        errors = [result for result in results if isinstance(result, SottoError)]
        if len(errors) == len(results):
            raise errors[0]

    async def free(self) -> bool:
        """Have every engine free what it can load again; returns whether that was anything."""
        freed = [await host.run(_free(host.engine)) for host in self._ready_hosts()]
        return any(freed)

    async def refresh(self) -> bool:
        """Have every engine look at its folder again; True if any voice changed."""
        changed = False
        for host in self._ready_hosts():
            engine = host.engine
            try:
                need = await host.run(_likely_need(engine), priority=Priority.SPECULATIVE)
                await self._preload(host.name, engine, need)
                changed |= await host.run(_refresh(engine), priority=Priority.SPECULATIVE)
            except SottoError as err:
                _LOGGER.debug("%s: %s", host.name, err)
            finally:
                self._preloaded(host.name)
        if changed:
            self._cache.clear()
        return changed

    def speak(self, text: str, voice: Voice, speaker: str | None) -> Utterance:
        """Have a piece of text spoken by the engine that has the voice; raises EngineUnavailableError if none has."""
        host = next((host for host in self._ready_hosts() if voice in host.engine.voices), None)
        if host is None:
            raise EngineUnavailableError(f"The voice {voice.name} is gone.", remedy="Choose another one.")
        told_engine(Phase.TTS, f"{host.name} {voice.name}")
        synthesize = partial(host.engine.synthesize, text, voice, speaker)
        granted = partial(self._granted, host.engine, voice)
        return Utterance(host, synthesize, self._cache, (host.name, voice, speaker, text), granted)

    def is_at_hand(self, voice: Voice) -> bool:
        """Whether nothing must be loaded to speak with a voice."""
        host = next((host for host in self._ready_hosts() if voice in host.engine.voices), None)
        return host is not None and host.engine.need_of(voice) is None

    @asynccontextmanager
    async def _granted(self, engine: TtsEngine, voice: Voice) -> AsyncIterator[None]:
        """Have memory for a voice granted until it speaks; raises NoMemoryError."""
        need = engine.need_of(voice)
        await self._admit(need, asked=True)
        try:
            yield
        finally:
            self._settled(need)


class Utterance:
    """One piece of text being spoken."""

    def __init__(
        self,
        host: EngineHost[TtsEngine],
        synthesize: Callable[[Cancellation], Iterator[Speech]],
        cache: SpeechCache,
        key: Hashable,
        granted: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        """`granted()`: what holds the memory for the voice while it is loaded."""
        self._granted = granted
        self._host = host
        self._synthesize = synthesize
        self._stream: Stream[Speech] | None = None
        self._cache = cache
        self._key = key
        self._spoken: list[Speech] = []

    @property
    def begun(self) -> bool:
        """Whether any audio was returned."""
        return bool(self._spoken)

    async def next(self, *, urgent: bool) -> Speech:
        """Return the next portion; not to be called after one that `ends`. What was spoken before is one portion.

        `urgent`: the listener waits for the first one. Raises EngineError if the voice cannot speak, UnknownModelError
        for a speaker that it does not have, OverloadedError if too much else is being spoken.
        """
        known = None if self.begun else self._cache.get(self._key)
        speech = await self._made(urgent=urgent) if known is None else known
        self._spoken.append(speech)
        if speech.ends and known is None:
            self._cache.put(self._key, Speech(b"".join(each.pcm for each in self._spoken), self._spoken[0].rate_hz))
        return speech

    def cancel(self) -> None:
        """Have the engine end at its next portion."""
        if self._stream is not None:
            self._stream.cancel()

    async def _made(self, *, urgent: bool) -> Speech:
        if self._stream is not None:
            return await self._portion_of(self._stream)
        async with self._granted():
            priority = Priority.LIVE if urgent else Priority.SPECULATIVE
            self._stream = self._host.worker.stream(self._synthesize, priority=priority, deadline_s=WAITS_S)
            return await self._portion_of(self._stream)

    async def _portion_of(self, stream: Stream[Speech]) -> Speech:
        with self._host.engine_errors():
            return await stream.next() or _NOTHING


def _free(engine: TtsEngine) -> Callable[[Cancellation], bool]:
    return lambda _: engine.free()


def _likely_need(engine: TtsEngine) -> Callable[[Cancellation], VoiceNeed | None]:
    return lambda _: engine.likely_need()


def _refresh(engine: TtsEngine) -> Callable[[Cancellation], bool]:
    return lambda _: engine.refresh()
