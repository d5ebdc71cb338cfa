"""The listening socket: connections in, each with a task of its own, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from wyoming.event import Event

from ..addresses import is_everywhere
from ..errors import OverloadedError, SettingsError
from ..protocol.connection import ClientGoneError, Connection, Limits
from ..protocol.service import Service, Stage
from ..turns.log import TurnLog
from .info import Description
from .routing import Router

_LOGGER = logging.getLogger(__name__)

LISTED_WITHIN_S = 3.0
"""How long the port stays closed for stages that do not know yet what they offer. Home Assistant makes its entities
from the first Info that it gets, and tries again where nothing listens."""


def _remove_left_behind(path: Path) -> None:
    """Remove the unix socket that an earlier run left; raises OSError if somebody listens there, for asyncio would
    take it from them. Any other file stays and makes binding fail.
    """  # noqa: D205 - one sentence
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        with contextlib.suppress(BlockingIOError):  # many wait to be served
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
                return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file this is, so that another server's socket of the same name is told from ours."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _remove_own(path: Path, identity: tuple[int, int] | None) -> None:
    if identity == _identity(path):
        path.unlink(missing_ok=True)


async def _free_port() -> int:
    """Return a TCP port that is free on every address; asyncio would choose one for each IP version."""
    async with await asyncio.start_server(lambda _, writer: writer.close(), None, 0) as probe:
        return int(probe.sockets[0].getsockname()[1])


class Server:
    """Serves the services on one address. Used as an async context manager."""

    def __init__(
        self,
        uri: str,
        services: Mapping[Stage, Service],
        *,
        limits: Limits | None = None,
        max_connections: int = 64,
        listed_within_s: float = LISTED_WITHIN_S,
        turns: TurnLog | None = None,
    ) -> None:
        self._uri = uri
        self._services = services
        self._limits = limits or Limits()
        self._max_connections = max_connections
        self._listed_within_s = listed_within_s
        self._router = Router(services, turns)
        self._description = Description(services)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._unix_socket: tuple[Path, tuple[int, int] | None] | None = None
        self._asked_at: float | None = None

    async def __aenter__(self) -> Self:
        """Let the services begin to load, and listen.

        Raises SettingsError for an address that is no URI or cannot be listened on.
        """
        self._server = await self._bind()
        try:
            for service in self._services.values():
                await service.start()
            await self._until_listed()
            await self._server.start_serving()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _until_listed(self) -> None:
        listed = [asyncio.create_task(service.listed()) for service in self._services.values()]
        try:
            await asyncio.wait(listed, timeout=self._listed_within_s)
        finally:
            for task in listed:
                task.cancel()
            await asyncio.gather(*listed, return_exceptions=True)

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(service.stop() for service in self._services.values()))
        if self._unix_socket is not None:
            await asyncio.to_thread(_remove_own, *self._unix_socket)

    @property
    def port(self) -> int | None:
        """The TCP port; None for a unix socket."""
        for sock in self._server.sockets if self._server is not None else ():
            if sock.family in {socket.AF_INET, socket.AF_INET6}:
                return int(sock.getsockname()[1])
        return None

    @property
    def uri(self) -> str:
        """The address, with the port that was given for port 0."""
        return self._uri if self.port is None else f"{self._uri.rpartition(':')[0]}:{self.port}"

    @property
    def asked_s(self) -> float | None:
        """Seconds since somebody on another machine asked what there is, as Home Assistant does every 30; None: never.

        A container's own check of its health asks too, from this machine.
        """
        return None if self._asked_at is None else monotonic() - self._asked_at

    def _description_for(self, writer: asyncio.StreamWriter) -> Callable[[], Event]:
        peer = writer.get_extra_info("peername")
        elsewhere = isinstance(peer, tuple) and not ip_address(peer[0].partition("%")[0]).is_loopback

        def described() -> Event:
            if elsewhere:
                self._asked_at = monotonic()
            return self._description.event()

        return described

    async def _bind(self) -> asyncio.Server:
        parts = urlsplit(self._uri)
        try:
            if parts.scheme == "tcp" and parts.port is not None:
                return await self._bind_tcp(parts.hostname or "", parts.port)
            if parts.scheme == "unix" and parts.path:
                return await self._bind_unix(Path(parts.path))
        except (OSError, ValueError) as err:
            reason = os.strerror(err.errno) if isinstance(err, OSError) and err.errno else str(err)
            raise SettingsError(
                f"Cannot listen on {self._uri}: {reason}.", remedy="Choose another address with --uri."
            ) from None
        raise SettingsError(f"--uri is {self._uri}.", remedy="Write tcp://HOST:PORT or unix:///PATH.")

    async def _bind_tcp(self, host: str, port: int) -> asyncio.Server:
        everywhere = is_everywhere(host)
        return await asyncio.start_server(
            self._on_client,
            None if everywhere else host,
            port or (await _free_port() if everywhere else 0),
            limit=self._limits.header_bytes,
            start_serving=False,
        )

    async def _bind_unix(self, path: Path) -> asyncio.Server:
        await asyncio.to_thread(_remove_left_behind, path)
        server = await asyncio.start_unix_server(
            self._on_client, path, limit=self._limits.header_bytes, start_serving=False
        )
        self._unix_socket = (path, await asyncio.to_thread(_identity, path))
        return server

    async def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        self._tasks.add(task)
        try:
            await self._serve(Connection(reader, writer, limits=self._limits, info=self._description_for(writer)))
        except asyncio.CancelledError:
            writer.close()  # the server stops; asyncio would report the cancellation as an error
        finally:
            self._tasks.discard(task)

    async def _serve(self, connection: Connection) -> None:
        async with connection:
            with contextlib.suppress(ClientGoneError):
                if len(self._tasks) > self._max_connections:
                    await connection.write_error(
                        OverloadedError(f"{self._max_connections} clients are connected.", remedy="Try again later.")
                    )
                    return
                await self._router.serve(connection)
