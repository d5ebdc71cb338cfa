"""`sotto run`: the servers, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from .. import __version__
from ..assembly import (
    STAGES,
    add_health,
    add_models,
    add_page,
    make_arrivals,
    make_home,
    make_http_door,
    make_library,
    make_looking,
    make_mind,
    make_models,
    make_services,
    make_site,
)
from ..errors import SettingsError
from ..front.discovery import SOTTO, WYOMING, Advertised, Announcement, addresses_for
from ..front.server import Server
from ..memory.governor import Governor
from ..models.in_use import InUse
from ..protocol.connection import Limits
from ..protocol.service import Stage
from ..settings import Settings, build, from_environment
from ..turns.log import TurnLog
from .arguments import given_settings

_LOGGER = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_AGAIN = 75
"""Of servers that are to be started again with other settings; as sysexits.h calls a failure that passes."""
QUIET_S = 20.0
"""So long nobody was answered before servers are stopped to be started again: a turn has no pause as long."""
STOP_WITHIN_S = 2.5
"""SIGTERM is followed by SIGKILL after 3 s in some containers; what has not stopped by then is left."""


def read_settings(args: argparse.Namespace) -> Settings:
    """Return the settings of flags, then of the environment, then the defaults."""
    return build({**from_environment(os.environ), **given_settings(args)})


async def run(args: argparse.Namespace) -> int:
    """Serve as the command line and the environment say, until told to stop."""
    return await serve(read_settings(args), _stages(args.service))


async def serve(settings: Settings, stages: Sequence[Stage] = STAGES, again: asyncio.Event | None = None) -> int:
    """Serve until SIGTERM or SIGINT comes, and return EXIT_OK.

    When `again` is set, the servers stop once nobody was answered for a while, and EXIT_AGAIN is returned.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    stack = AsyncExitStack()
    turns = TurnLog()
    starting = asyncio.create_task(_start(stack, settings, stages, turns), name="start")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    leaving = asyncio.create_task(_quiet_after(again or asyncio.Event(), turns), name="stop-to-start-again")
    tasks = (starting, stopping, leaving)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await asyncio.wait((stopping, leaving), return_when=asyncio.FIRST_COMPLETED)
        code = EXIT_OK if stop.is_set() else EXIT_AGAIN
    except BaseException:
        await stack.aclose()
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _LOGGER.info("Stopping")
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await stack.aclose()
    except TimeoutError:
        _LOGGER.warning("Not everything stopped within %s s; it is left behind", STOP_WITHIN_S)
    return code


async def _quiet_after(event: asyncio.Event, turns: TurnLog) -> None:
    """Return when nobody was answered for a while after an event."""
    await event.wait()
    await turns.until_quiet(QUIET_S)


def _stages(names: list[str]) -> list[Stage]:
    if unknown := set(names) - set(STAGES):
        raise SettingsError(f"There is no service {', '.join(unknown)}.", remedy=f"Choose from: {', '.join(STAGES)}.")
    return [stage for stage in STAGES if stage in names] or list(STAGES)


async def _start(stack: AsyncExitStack, settings: Settings, stages: Sequence[Stage], turns: TurnLog) -> None:
    home = make_home(settings)
    governor = Governor(settings.memory)
    mind = make_mind(settings, governor) if Stage.CONVERSATION in stages else None
    library = make_library(settings, governor) if Stage.CONVERSATION in stages else None
    door = make_http_door(settings, home, mind, library, turns) if Stage.CONVERSATION in stages else None
    services = make_services(settings, home, stages, mind, library, governor)
    limits, most = Limits(idle_s=settings.server.idle_s), settings.server.max_connections
    server = Server(settings.server.uri, services, limits=limits, max_connections=most, turns=turns)
    used = InUse(services, mind, library)
    models = make_models(settings, services, used)
    if door is not None:
        door.tell("memory", governor.report)
        told_models = add_models(door, models, used)
        add_health(door, settings, home, services, lambda: server.asked_s, told_models, library)
        add_page(door, home, services, mind, turns, lambda: server.uri)
    shown = [each for each in (door, make_site(settings, door)) if each is not None]
    for each in shown:  # before anything loads, so that it can be seen loading
        stack.push_async_callback(each.stop)
        await each.start()
    stack.push_async_callback(governor.stop)
    await governor.start()
    await stack.enter_async_context(server)
    await home.start()
    stack.push_async_callback(home.stop)
    if library is not None:
        stack.push_async_callback(library.stop)
        await library.start()
    arrivals = make_arrivals(settings, services, library)
    stack.push_async_callback(arrivals.stop)
    arrivals.start()
    if models is not None:
        models.on_installed(arrivals.arrived)
        stack.push_async_callback(models.stop)
        await models.start()
    if (looking := make_looking(door)) is not None:
        stack.push_async_callback(looking.stop)
        looking.start()
    for each in shown:  # and closed first
        stack.push_async_callback(each.stop)
    _LOGGER.info("Sotto %s listens on %s: %s", __version__, server.uri, ", ".join(services))
    if settings.server.zeroconf:
        ports = [
            await _advertised(WYOMING, settings.server.uri, server.port, {"version": __version__}),
            await _advertised(SOTTO, settings.http.uri, door.port, door.about) if door is not None else None,
        ]
        if told := [each for each in ports if each is not None]:
            await stack.enter_async_context(Announcement(settings.server.name, told))


async def _advertised(type_: str, uri: str, port: int | None, properties: Mapping[str, str]) -> Advertised | None:
    """Return what is told of a port; None if it is none, but a unix socket."""
    if port is None:
        return None
    addresses = await asyncio.to_thread(addresses_for, urlsplit(uri).hostname or "")
    return Advertised(type_, port, addresses, properties)
