"""The engines side by side, each on its own worker, and all the voices that they have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from ..errors import EngineUnavailableError, SottoError
from ..host import EngineHost, EngineState
from ..worker import Cancellation, Priority
from .cache import SpeechCache
from .engine import Speech, TtsEngine, Voice

_LOGGER = logging.getLogger(__name__)

WAITS_S = 30.0
"""How long a piece may wait for its engine before the client is told that it is too much."""


class Roster:
    """Knows which engine has which voice, and has pieces of text spoken."""

    def __init__(self, engines: Sequence[TtsEngine], *, cache: SpeechCache | None = None) -> None:
        self.hosts = [EngineHost(engine.capabilities.name, [engine]) for engine in engines]
        self._cache = SpeechCache() if cache is None else cache

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to load; `on_change` is called whenever the voices may have changed."""
        for host in self.hosts:
            host.on_change(on_change)
            host.start()

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

    async def refresh(self) -> bool:
        """Have every engine look at its folder again; True if any voice changed."""
        changed = False
        for host in self._ready_hosts():
            try:
                changed |= await host.run(_refresh(host.engine), priority=Priority.SPECULATIVE)
            except SottoError as err:
                _LOGGER.debug("%s: %s", host.name, err)
        if changed:
            self._cache.clear()
        return changed

    async def speak(self, text: str, voice: Voice, speaker: str | None, *, urgent: bool) -> Speech:
        """Have a piece spoken by the engine that has the voice.

        Raises EngineError if it cannot, UnknownModelError for a speaker that the voice does not have, OverloadedError
        if too much else is being spoken.
        """
        host = next((host for host in self._ready_hosts() if voice in host.engine.voices), None)
        if host is None:
            raise EngineUnavailableError(f"The voice {voice.name} is gone.", remedy="Choose another one.")
        key = (host.name, voice, speaker, text)
        speech = self._cache.get(key)
        if speech is None:
            speech = await host.run(
                _synthesize(host.engine, text, voice, speaker),
                priority=Priority.LIVE if urgent else Priority.SPECULATIVE,
                deadline_s=WAITS_S,
            )
            self._cache.put(key, speech)
        return speech


def _refresh(engine: TtsEngine) -> Callable[[Cancellation], bool]:
    return lambda _: engine.refresh()


def _synthesize(engine: TtsEngine, text: str, voice: Voice, speaker: str | None) -> Callable[[Cancellation], Speech]:
    return lambda cancellation: engine.synthesize(text, voice, speaker, cancellation)
