"""The wake stage: its engine, the words that it publishes, and the folder of custom words that it watches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import string
from collections.abc import Awaitable, Callable, Sequence

from wyoming.event import Event
from wyoming.info import Attribution, Info, WakeModel, WakeProgram

from ..errors import OverloadedError, place_of
from ..host import EngineHost, EngineReport, EngineState
from ..protocol.connection import Connection
from ..protocol.service import Service, Stage
from ..registry import create_engines
from ..settings import Settings
from ..worker import Cancellation, Worker
from .engine import WakeEngine, WakeWord
from .listening import Listening

_LOGGER = logging.getLogger(__name__)

WATCH_S = 5.0
"""Between two looks at the folder of custom words; Home Assistant asks for Info every 30 s."""


class WakeService(Service):
    """Wake word detection."""

    stage = Stage.WAKE

    def __init__(
        self,
        settings: Settings,
        engines: Sequence[WakeEngine] | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`engines` are tried in their order; by default those that the settings name.

        Raises SettingsError for an engine that does not exist, EngineUnavailableError for one not installed.
        """
        self._host = EngineHost("wake", engines or create_engines(Stage.WAKE, settings))
        self._watcher = Worker("wake-watch")
        self._sleep = sleep
        self._watch_task: asyncio.Task[None] | None = None

    @property
    def info(self) -> Info:
        """The engine and its words; not installed if it cannot be loaded."""
        engine = self._host.engine
        about = engine.capabilities
        return Info(
            wake=[
                WakeProgram(
                    name="sotto",  # what Home Assistant calls its entity
                    attribution=Attribution(*about.attribution),
                    installed=self._host.state != EngineState.FAILED,
                    description=about.description,
                    version=about.version,
                    models=[_wake_model(word) for word in engine.words],
                )
            ]
        )

    @property
    def reports(self) -> list[EngineReport]:
        """The engine and its words."""
        engine = self._host.engine
        return [self._host.report(engine.capabilities.name, ", ".join(word.phrase for word in engine.words), "cpu")]

    async def start(self) -> None:
        """Begin to load, and then to watch the folder."""
        self._host.start()
        self._watch_task = asyncio.create_task(self._watch(), name="wake-watch")

    async def listed(self) -> None:
        """Return when the words are known."""
        await self._host.settled()

    async def stop(self) -> None:
        """End loading, watching and detection."""
        if self._watch_task is not None:
            self._watch_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch_task
        await asyncio.gather(self._watcher.close(), self._host.stop())

    async def serve(self, connection: Connection, first: Event) -> None:
        """Listen until `audio-stop`. Audio that arrives while the engine loads waits in the connection."""
        await connection.while_connected(self._host.ready())
        await Listening(self._host, connection).run(first)

    async def _watch(self) -> None:
        while True:
            await self._sleep(WATCH_S)
            if self._host.state == EngineState.READY:
                await self._refresh(self._host.engine)

    async def _refresh(self, engine: WakeEngine) -> None:
        def refresh(_: Cancellation) -> bool:
            return engine.refresh()

        try:
            await self._watcher.run(refresh)
        except OverloadedError:
            return  # the server stops
        except Exception as err:  # noqa: BLE001 - the next look may go well
            said = type(err).__name__, place_of(err)
            _LOGGER.error("The folder of wake words could not be looked at: %s at %s", *said)  # noqa: TRY400


def _wake_model(word: WakeWord) -> WakeModel:
    return WakeModel(
        name=word.name,
        description=string.capwords(word.phrase),  # what Home Assistant shows
        phrase=word.phrase,
        languages=list(word.languages),
        attribution=Attribution(*word.attribution),
        installed=True,
        version=word.version or None,
    )
