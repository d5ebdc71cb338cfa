"""Tells Home Assistant, through the Supervisor, that the app is here: once, when it answers.

Wyoming is told at once. The integration of this project is told as soon as it is installed; Home Assistant would log
an error for one that is not. The Supervisor keeps what it was told and repeats it when Home Assistant starts.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from wyoming_servers.cli.door import opened_door
from wyoming_servers.errors import RemoteError
from wyoming_servers.settings import PORT, Settings

from .environment import TOKEN_VARIABLE, is_app
from .health import Sleep, answers
from .supervisor import Supervisor, SupervisorError, TokenRefusedError, connected

_LOGGER = logging.getLogger(__name__)

INTEGRATION = "sotto"
INSTALLED_EVERY_S = 1800.0
"""Between two questions whether the integration is installed by now; each is three lines in the Supervisor's log."""
RETRY_S = 2.0
"""Before the second attempt; each further one waits twice as long."""
RETRY_MOST_S = 300.0

_T = TypeVar("_T")


async def discover(settings: Settings, environment: Mapping[str, str], sleep: Sleep = asyncio.sleep) -> None:
    """Return when everybody was told who is to be; logs what goes wrong, once, and tries on.

    Gives up when the Supervisor refuses the token, which no attempt would change.
    """
    if not is_app(environment):
        _LOGGER.info("This is no Home Assistant app (no %s): nobody is told of it", TOKEN_VARIABLE)
        return
    await answers(settings, sleep)
    async with connected(environment) as supervisor:
        teller = _Teller(supervisor, settings, sleep)
        try:
            await teller.told("wyoming", teller.wyoming)
            if settings.http.uri:
                await teller.installed()
                await teller.told(INTEGRATION, teller.door)
        except TokenRefusedError as err:
            _LOGGER.error("%s", err)  # noqa: TRY400 - where it comes from is nothing to a user


class _Teller:
    """Tells one Supervisor."""

    def __init__(self, supervisor: Supervisor, settings: Settings, sleep: Sleep) -> None:
        self._supervisor = supervisor
        self._settings = settings
        self._sleep = sleep

    async def told(self, service: str, config: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        """Return when the Supervisor has taken the message for this service."""
        await self._until_done(lambda: self._tell(service, config))
        _LOGGER.info("Home Assistant is told of this app as %s", service)

    async def installed(self) -> None:
        """Return when the integration is installed in Home Assistant."""
        while not await self._until_done(lambda: self._supervisor.has_integration(INTEGRATION)):
            await self._sleep(INSTALLED_EVERY_S)

    async def wyoming(self) -> Mapping[str, Any]:
        """Return what Home Assistant's Wyoming integration wants to be told."""
        port = urlsplit(self._settings.server.uri).port or PORT
        return {"uri": f"tcp://{socket.gethostname()}:{port}"}

    async def door(self) -> Mapping[str, Any]:
        """Return what this project's integration wants to be told; raises RemoteError while the door is closed."""
        async with opened_door(self._settings) as door:
            server_id = str((await door.get("/api/info"))["id"])
            return {
                "id": server_id,
                "host": socket.gethostname(),
                "port": urlsplit(self._settings.http.uri).port,
                "token": door.token,
            }

    async def _tell(self, service: str, config: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        await self._supervisor.announce(service, await config())

    async def _until_done(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Try until it succeeds; what goes wrong is a warning once, and later told to those who debug."""
        complained = False
        for delay_s in retry_delays():
            try:
                return await attempt()
            except TokenRefusedError:
                raise
            except (SupervisorError, RemoteError) as err:
                _LOGGER.log(logging.DEBUG if complained else logging.WARNING, "%s It is tried again.", err)
                complained = True
                await self._sleep(delay_s)
        raise AssertionError("the delays never end")


def retry_delays() -> Iterator[float]:
    """Yield the seconds before each further attempt."""
    delay_s = RETRY_S
    while True:
        yield delay_s
        delay_s = min(delay_s * 2, RETRY_MOST_S)
