"""A stage that another Wyoming server does: its programs in our Info, its events passed on both ways."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from wyoming.client import AsyncClient
from wyoming.event import Event
from wyoming.info import Describe, Info

from ..errors import RemoteError, SettingsError
from ..host import EngineReport, EngineState
from ..protocol.connection import Connection
from ..protocol.service import Service, Stage

_LOGGER = logging.getLogger(__name__)

_NOT_WYOMING = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError)
"""What the wyoming package raises where another end is gone, or is something else."""

DESCRIBE_EVERY_S = 30.0
"""As often as Home Assistant asks us."""
CONNECT_WITHIN_S = 5.0

_PROGRAMS = {
    Stage.WAKE: ("wake",),
    Stage.STT: ("asr",),
    Stage.CONVERSATION: ("intent", "handle"),
    Stage.TTS: ("tts",),
    Stage.HOME: (),
}


class RemoteService(Service):
    """Forwards a stage to the Wyoming server at `uri` (tcp:// or unix://)."""

    def __init__(self, stage: Stage, uri: str) -> None:
        """Raises SettingsError for a URI that is none."""
        self.stage = stage  # type: ignore[misc] # a remote server can do any stage
        self._uri = uri
        self._info = Info()
        self._reachable = True
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        try:
            AsyncClient.from_uri(uri)
        except ValueError as err:
            raise SettingsError(f"--{stage} is {uri}: {err}.", remedy="Write tcp://HOST:PORT.") from None

    @property
    def info(self) -> Info:
        """The remote's programs of this stage as last heard; none before it first answered."""
        return self._info

    @property
    def reports(self) -> list[EngineReport]:
        """What the remote said of itself when it was asked last."""
        programs = [each for kind in _PROGRAMS[self.stage] for each in getattr(self._info, kind)]
        name = programs[0].name if programs else ""
        if not self._asked.is_set():
            return [EngineReport(name, "", EngineState.LOADING, remote=self._uri)]
        if self._reachable:
            return [EngineReport(name, "", EngineState.READY, remote=self._uri)]
        return [EngineReport(name, "", EngineState.FAILED, remote=self._uri, error=self._unreachable())]

    async def start(self) -> None:
        """Begin to ask the remote what it offers."""
        self._task = asyncio.create_task(self._follow(), name=f"describe-{self.stage}")

    async def listed(self) -> None:
        """Return when the remote was asked for the first time."""
        await self._asked.wait()

    async def stop(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def serve(self, connection: Connection, first: Event) -> None:
        """Pass events both ways until the remote has answered.

        Raises RemoteError if the remote cannot be reached or goes away in the middle.
        """
        remote = AsyncClient.from_uri(self._uri, connect_timeout=CONNECT_WITHIN_S)
        try:
            await self._connect(remote)
            await self._forward(connection, remote, first)
        finally:
            with contextlib.suppress(OSError):
                await remote.disconnect()

    async def _connect(self, remote: AsyncClient) -> None:
        try:
            await remote.connect()
        except (OSError, TimeoutError):
            raise self._unreachable() from None

    def _unreachable(self) -> RemoteError:
        return RemoteError(
            f"The {self.stage} server at {self._uri} cannot be reached.", remedy="See whether it is running."
        )

    async def _forward(self, connection: Connection, remote: AsyncClient, first: Event) -> None:
        up = asyncio.create_task(self._send_up(connection, remote, first))
        down = asyncio.create_task(self._send_down(connection, remote, first.type))
        try:
            done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _send_down(self, connection: Connection, remote: AsyncClient, first_type: str) -> None:
        several = False
        while True:
            event = await self._read(remote)
            await connection.write(event)
            several = several or event.type == "intents-start"
            if event.type in _LAST_EVENTS[first_type] and not (several and event.type == "intent"):
                return

    async def _send_up(self, connection: Connection, remote: AsyncClient, first: Event) -> None:
        event = first
        while True:
            try:
                await remote.write_event(event)
            except OSError as err:
                raise self._broken() from err
            if event.type == _REQUEST_ENDS[first.type]:
                break
            event = await connection.read()
        # What follows is the client's next request; until this one is answered only its leaving matters.
        await connection.while_connected(asyncio.Event().wait())

    async def _read(self, remote: AsyncClient) -> Event:
        try:
            event = await remote.read_event()
        except _NOT_WYOMING as err:
            raise self._broken() from err
        if event is None:
            raise self._broken()
        return event

    def _broken(self) -> RemoteError:
        return RemoteError(f"The {self.stage} server at {self._uri} broke off.", remedy="See whether it is running.")

    async def _follow(self) -> None:
        while True:
            await self._ask()
            self._asked.set()
            await asyncio.sleep(DESCRIBE_EVERY_S)

    async def _ask(self) -> None:
        """Describe once; what was heard before stays when the remote does not answer."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S), AsyncClient.from_uri(self._uri) as remote:
                await remote.write_event(Describe().event())
                while (event := await remote.read_event()) is not None:
                    if Info.is_type(event.type):
                        self._info = _only(Info.from_event(event), self.stage)
                        self._reachable = True
                        return
            raise self._broken()
        except (*_NOT_WYOMING, RemoteError) as err:
            level = logging.WARNING if self._reachable else logging.DEBUG
            self._reachable = False
            _LOGGER.log(level, "The %s server at %s does not answer: %s", self.stage, self._uri, type(err).__name__)


def _only(info: Info, stage: Stage) -> Info:
    kept = Info()
    for kind in _PROGRAMS[stage]:
        setattr(kept, kind, getattr(info, kind))
    return kept


_REQUEST_ENDS = {
    "detect": "audio-stop",
    "transcribe": "audio-stop",
    "transcript": "transcript",
    "recognize": "recognize",
    "synthesize": "synthesize",
    "synthesize-start": "synthesize-stop",
}
"""The event that ends a request, by its first event."""
_FAILED = {"error"}
_UNDERSTOOD = {"intent", "intents-stop", "not-recognized", "handled", "not-handled"} | _FAILED
_LAST_EVENTS = {
    "detect": {"not-detected"} | _FAILED,
    "transcribe": {"transcript"} | _FAILED,
    "transcript": _UNDERSTOOD,
    "recognize": _UNDERSTOOD,
    "synthesize": {"audio-stop"} | _FAILED,
    "synthesize-start": {"synthesize-stopped"} | _FAILED,
}
"""The events that end the answer to a request, by the request's first event."""
