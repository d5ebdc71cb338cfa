"""A real house: mirrors a Home Assistant over its WebSocket API and follows it as long as it runs.

Nothing is ever changed there. States come by a subscription to the exposed entities alone; names, areas and
exposure are read anew when an event says that they changed. Exposure of entities without a unique id, and of
entities that are not in the registry, changes without an event: it is asked for every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ..errors import HomeError, SettingsError
from .failures import HomeRefusedError, HomeSupportMissingError, HomeUnreachableError
from .mirror import Mirror, Registries
from .model import Home, HomeSnapshot

if TYPE_CHECKING:
    from .link import Link

_LOGGER = logging.getLogger(__name__)

ASSISTANT = "conversation"
"""Home Assistant's name for Assist where exposure is concerned."""

_LISTS = {
    "area_registry_updated": ("areas", "config/area_registry/list"),
    "floor_registry_updated": ("floors", "config/floor_registry/list"),
    "device_registry_updated": ("devices", "config/device_registry/list"),
}
"""By the event that tells of changes: the part of Registries, and the command that reads it."""

_RUNNING = "RUNNING"
"""Home Assistant's word for having started."""

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}

_ENTITY_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*\.[a-z0-9]+(_[a-z0-9]+)*")

_EVENTS = (*_LISTS, "entity_registry_updated", "homeassistant_started")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often things are done, in seconds."""

    gather_s: float = 0.25
    """From the first event of a burst until it is acted upon: a renamed device renames its entities."""
    busy_s: float = 0.5
    """The same when something was acted upon less than this ago, as while Home Assistant starts."""
    starting_s: float = 1.0
    """Between two questions whether Home Assistant has started."""
    starting_most_s: float = 300.0
    """After which it counts as started."""
    states_s: float = 20.0
    """How long the first states may take to come."""
    exposure_s: float = 1.0
    """Between two questions for what is exposed."""
    exposure_share: float = 0.05
    """No more than this share of Home Assistant's time goes into answering that question."""
    retry_s: float = 1.0
    """Before the first new attempt to connect; each further one waits twice as long."""
    retry_most_s: float = 60.0
    refused_s: float = 600.0
    """After a refusal: Home Assistant counts failed logins and may ban the address."""


class HomeState(StrEnum):
    """Where a house that is followed is."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    UNREACHABLE = "unreachable"
    """It will be tried again within a minute."""
    REFUSED = "refused"
    """The token is not accepted; it is tried again every ten minutes."""
    UNSUPPORTED = "unsupported"
    """A package is missing."""


_STATES_OF_ERRORS = {HomeRefusedError: HomeState.REFUSED, HomeSupportMissingError: HomeState.UNSUPPORTED}


class HomeAssistantHome(Home):
    """The house of one Home Assistant. Until it has first been read, the snapshot is empty."""

    def __init__(self, url: str, token: str, *, pace: Pace | None = None) -> None:
        """Take the address as one would type it in a browser, or the Supervisor's.

        Raises SettingsError when it is none.
        """
        super().__init__()
        self.state = HomeState.STOPPED
        self.error: HomeError | None = None
        """Why the house is not followed, while it is not."""
        self._url = websocket_url(url)
        self._token = token.strip()
        self._pace = pace or Pace()
        self._mirror = Mirror()
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()

    @property
    def snapshot(self) -> HomeSnapshot:
        """The house as it was last known, also while the connection is lost."""
        return self._mirror.snapshot

    async def start(self) -> None:
        """Begin to follow the house; returns at once."""
        self.state = HomeState.CONNECTING
        self._task = asyncio.create_task(self._follow(), name="home-assistant")

    async def stop(self) -> None:
        """Leave the house."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._task = None
        self.state = HomeState.STOPPED

    async def settled(self) -> None:
        """Return when the house was read for the first time, or could not be: `error` says why."""
        await self._settled.wait()

    async def _follow(self) -> None:
        delays = retry_delays(self._pace)
        while True:
            try:
                open_link = await asyncio.to_thread(_load_link)
                async with open_link(self._url, self._token) as link:
                    await self._follow_over(link)
            except HomeError as err:
                if self.state is HomeState.CONNECTED:
                    delays = retry_delays(self._pace)
                self._note(err)
            except Exception as err:  # an oddity of a library must not end the house; its text may hold anything
                _LOGGER.debug("Following Home Assistant failed", exc_info=True)
                self._note(HomeUnreachableError(f"Following Home Assistant failed: {type(err).__name__}."))
            soon = self.state is HomeState.UNREACHABLE
            await asyncio.sleep(next(delays) if soon else self._pace.refused_s)

    def _note(self, err: HomeError) -> None:
        """Keep and log why there is no connection: once as a warning, then for those who debug."""
        repeated = self.error is not None and type(self.error) is type(err)
        self.error = err
        self.state = _STATES_OF_ERRORS.get(type(err), HomeState.UNREACHABLE)
        self._settled.set()
        _LOGGER.log(logging.DEBUG if repeated else logging.WARNING, "%s", err)

    async def _follow_over(self, link: Link) -> None:
        """Read the house and keep it current until the connection is lost, which raises."""
        if self.snapshot.entities:
            await self._wait_until_started(link)
        session = _Session(link, self._pace, self._publish)
        await session.begin()
        self._mirror = session.mirror
        _LOGGER.info("Following Home Assistant: %s exposed entities", len(self.snapshot.entities))
        self.state, self.error = HomeState.CONNECTED, None
        self._settled.set()
        self._publish()
        await session.keep_current()

    async def _wait_until_started(self, link: Link) -> None:
        """Let Home Assistant start first: a house that is known whole is not to be replaced by half of one."""
        deadline = monotonic() + self._pace.starting_most_s
        while monotonic() < deadline:
            config = await link.command("get_config")
            if not isinstance(config, dict) or config.get("state", _RUNNING) == _RUNNING:
                return
            await asyncio.sleep(self._pace.starting_s)


class _Session:
    """The house over one connection."""

    def __init__(self, link: Link, pace: Pace, publish: Callable[[], None]) -> None:
        self.mirror = Mirror()
        self._link = link
        self._pace = pace
        self._publish = publish
        self._lists: dict[str, Any] = {}
        self._entries: dict[str, Any] = {}
        self._exposed: tuple[str, ...] = ()
        self._stale: set[str] = set(_EVENTS)
        self._is_stale = asyncio.Event()
        self._states_number: int | None = None
        self._has_states = asyncio.Event()

    async def begin(self) -> None:
        """Subscribe and read everything once."""
        for event in _EVENTS:
            await self._link.subscribe(partial(self._mark, event), "subscribe_events", event_type=event)
        await self._read_stale()

    async def keep_current(self) -> None:
        """Read anew what becomes stale; raises HomeError when that is no longer possible."""
        tasks = [asyncio.create_task(work) for work in (self._refresh(), self._watch_exposure(), self._watch_link())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _mark(self, event: str, _data: Any = None) -> None:
        self._stale.add(event)
        self._is_stale.set()

    def _on_states(self, event: Any) -> None:
        if self.mirror.apply(event):
            self._is_stale.set()
        self._has_states.set()

    async def _watch_link(self) -> None:
        await self._link.wait_lost()
        raise HomeUnreachableError.lost()

    async def _refresh(self) -> None:
        last = -self._pace.busy_s
        while True:
            await self._is_stale.wait()
            busy = monotonic() - last < self._pace.busy_s
            await asyncio.sleep(self._pace.busy_s if busy else self._pace.gather_s)
            await self._read_stale()
            last = monotonic()
            self._publish()

    async def _watch_exposure(self) -> None:
        pause_s = self._pace.exposure_s
        while True:
            await asyncio.sleep(pause_s)
            started = monotonic()
            if await self._read_exposed() != self._exposed:
                self._mark("entity_registry_updated")
            pause_s = max(self._pace.exposure_s, (monotonic() - started) / self._pace.exposure_share)

    async def _read_stale(self) -> None:
        stale, self._stale = self._stale, set()
        self._is_stale.clear()
        for event in stale & _LISTS.keys():
            part, command = _LISTS[event]
            self._lists[part] = await self._link.command(command)
        if stale - _LISTS.keys():
            await self._read_entries()
        if stale:
            self._load()

    async def _read_entries(self) -> None:
        exposed = await self._read_exposed()
        entries = await self._link.command("config/entity_registry/get_entries", entity_ids=exposed) if exposed else {}
        known = entries if isinstance(entries, dict) else {}
        self._entries = {entity_id: known.get(entity_id) for entity_id in exposed}
        if exposed != self._exposed:
            self._load()  # the states of what is new here are taken from now on
            await self._subscribe_states(exposed)
            self._exposed = exposed

    async def _read_exposed(self) -> tuple[str, ...]:
        return exposed_from(await self._link.command("homeassistant/expose_entity/list"))

    def _load(self) -> None:
        self.mirror.load(Registries(**self._lists, entries=self._entries))

    async def _subscribe_states(self, exposed: tuple[str, ...]) -> None:
        """Follow the states of these entities; the subscription so far ends when the new one has delivered."""
        former, self._states_number = self._states_number, None
        self._has_states.clear()
        if exposed:  # none would mean all
            self._states_number = await self._link.subscribe(self._on_states, "subscribe_entities", entity_ids=exposed)
            await self._first_states()
        if former is not None:
            await self._link.unsubscribe(former)

    async def _first_states(self) -> None:
        try:
            async with asyncio.timeout(self._pace.states_s):
                await self._has_states.wait()
        except TimeoutError:
            raise HomeUnreachableError("Home Assistant does not send its states.") from None


def exposed_from(answer: Any) -> tuple[str, ...]:
    """Return the ids of the entities that `homeassistant/expose_entity/list` says are exposed to Assist.

    Those that Home Assistant would not take back as ids are left out: one would fail the question for all.
    """
    listed = answer.get("exposed_entities") if isinstance(answer, dict) else None
    exposed = listed.items() if isinstance(listed, dict) else ()
    return tuple(
        sorted(
            entity_id
            for entity_id, to in exposed
            if isinstance(to, dict) and to.get(ASSISTANT) is True and _ENTITY_ID.fullmatch(entity_id)
        )
    )


def websocket_url(url: str) -> str:
    """Return the address of the WebSocket of a Home Assistant; raises SettingsError when it is no address.

    `http://homeassistant.local:8123` is served at `ws://homeassistant.local:8123/api/websocket`, and the
    Supervisor's `http://supervisor/core/api` at `ws://supervisor/core/websocket`.
    """
    parts = _split(url)
    if parts is None:
        raise SettingsError("The address of Home Assistant is not a URL.", remedy="Write it as http://HOST:PORT.")
    path = parts.path.rstrip("/")
    if not path.endswith("/websocket"):
        path = f"{path.removesuffix('/api')}/{'' if path.endswith('/core/api') else 'api/'}websocket"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, "", ""))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def retry_delays(pace: Pace) -> Iterator[float]:
    """Yield the seconds to wait before each attempt: doubling, spread by half so that clients do not come at once."""
    delay = pace.retry_s
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        delay = min(delay * 2, pace.retry_most_s)


def _load_link() -> type[Link]:
    """Import the package for Home Assistant's API; slow, so on a thread. Raises HomeSupportMissingError."""
    if find_spec("homeassistant_api") is None:
        raise HomeSupportMissingError(
            "The package homeassistant-api is not installed.",
            remedy="Install it with: pip install 'sotto[homeassistant]'",
        )
    from .link import Link  # noqa: PLC0415 - takes a second and needs an extra

    return Link
