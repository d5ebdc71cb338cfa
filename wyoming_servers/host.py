"""An engine's home: the first of several that can be loaded, its worker, and another one in its place later on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from .errors import EngineError, EngineLoadingError, EngineUnavailableError, SottoError
from .worker import Cancellation, Priority, Worker

_LOGGER = logging.getLogger(__name__)

READY_WITHIN_S = 30.0
"""How long a request waits for an engine that is still loading."""


class Loadable(Protocol):
    """Anything that is loaded before it works."""

    def load(self) -> None:
        """Read models; runs on the worker."""


E = TypeVar("E", bound=Loadable)
R = TypeVar("R")


class EngineState(StrEnum):
    """Where an engine is between start and use."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What does a stage, and how it is."""

    engine: str
    model: str
    state: str
    """`loading`, `ready`, `asleep` or `failed`."""
    device: str = ""
    """Where it computes, such as `cpu, 2 threads` or `cuda:0`."""
    remote: str | None = None
    """The address of the server that does it, where that is another one."""
    error: SottoError | None = None


class Loaded(Generic[E]):
    """An engine and the worker that it was loaded on. It stays until it was replaced and nobody holds it any more."""

    def __init__(self, name: str, engine: E, threads: int) -> None:
        self.name = name
        self.engine = engine
        self.worker = Worker(name, threads=threads)
        self.replaced = False
        self._holders = 0
        self._unwanted = asyncio.Event()

    def hold(self) -> None:
        """Keep it, for one request, until `release`."""
        self._holders += 1

    def release(self) -> None:
        """Let it go."""
        self._holders -= 1
        self._look()

    def replace(self) -> None:
        """Note that new requests have another one."""
        self.replaced = True
        self._look()

    async def unwanted(self) -> None:
        """Return when it was replaced and the last one that held it let it go."""
        await self._unwanted.wait()

    def _look(self) -> None:
        if self.replaced and not self._holders:
            self._unwanted.set()

    async def run(
        self,
        function: Callable[[Cancellation], R],
        *,
        priority: Priority = Priority.LIVE,
        deadline_s: float | None = None,
    ) -> R:
        """Run a job on the worker; what a native library raises becomes an EngineError."""
        with engine_errors(self.name):
            return await self.worker.run(function, priority=priority, deadline_s=deadline_s)

    async def load(self) -> SottoError | None:
        """Load it; returns why it cannot be."""

        def load(_: Cancellation) -> None:
            self.engine.load()

        try:
            await self.worker.run(load, priority=Priority.LOAD)
        except SottoError as err:
            return err
        except Exception as err:
            _LOGGER.debug("%s failed to load", self.name, exc_info=True)
            return EngineUnavailableError(
                f"{self.name} could not be loaded: {type(err).__name__}.", remedy="`sotto doctor` says more."
            )
        return None


class EngineHost(Generic[E]):
    """Loads the first of its engines that can be loaded, on a worker of its own, and others in its place."""

    def __init__(
        self,
        name: str,
        engines: Sequence[E],
        *,
        threads: int = 1,
        admit: Callable[[E], Awaitable[None]] | None = None,
    ) -> None:
        """`admit` makes room for an engine that is about to be loaded, or raises why there is none."""
        self.name = name
        self._admit = admit
        self.state = EngineState.LOADING
        self.error: SottoError | None = None
        self._threads = threads
        self._current = Loaded(name, engines[0], threads)
        self._engines = engines
        self._loaded = asyncio.Event()
        self._replacing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def engine(self) -> E:
        """The one that is loaded, or the one that is loading."""
        return self._current.engine

    @property
    def worker(self) -> Worker:
        """Its worker."""
        return self._current.worker

    def report(self, engine: str, model: str, device: str) -> EngineReport:
        """Return how the engine is, of which the caller knows the rest."""
        return EngineReport(engine, model, self.state, device, error=self.error)

    def start(self) -> None:
        """Begin to load."""
        self._task = asyncio.create_task(self._load(), name=f"load-{self.name}")

    async def stop(self) -> None:
        """Stop loading and end the workers."""
        tasks = [*self._leaving, *([self._task] if self._task is not None else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.worker.close()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener when the engine is ready or failed, and when another one is in its place."""
        self._listeners.append(listener)

    async def settled(self) -> None:
        """Return when the engine is ready or failed."""
        await self._loaded.wait()

    async def ready(self, timeout_s: float | None = READY_WITHIN_S) -> E:
        """Return the engine once it is loaded.

        Raises EngineLoadingError when it is not within `timeout_s` seconds (None: waits as long as it takes), and why
        it cannot be loaded.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._loaded.wait()
        except TimeoutError:
            raise EngineLoadingError(f"{self.name} is still loading.", remedy="Try again in a moment.") from None
        if self.error is not None:
            raise self.error
        return self.engine

    def hold(self) -> Loaded[E]:
        """Return the engine that is ready, to be kept until its `release`, whatever comes in its place meanwhile."""
        self._current.hold()
        return self._current

    async def replace(self, engines: Sequence[E]) -> None:
        """Load the first of these that can be loaded, beside the engine that is used, and use it from then on.

        Who holds the old one ends with it; it is freed when the last one lets it go. Raises why none can be loaded:
        then all is as it was.
        """
        await self.settled()
        async with self._replacing:
            error: SottoError | None = None
            for engine in engines:
                new = Loaded(self.name, engine, self._threads)
                error = await self._loaded_or_closed(new)
                if error is None:
                    self._put_in_place(new)
                    return
                _LOGGER.warning("%s stays as it is: %s", self.name, error)
            if error is not None:
                raise error

    async def _load_one(self, loaded: Loaded[E]) -> SottoError | None:
        """Load an engine if there is room for it; returns why it cannot be."""
        try:
            if self._admit is not None:
                await self._admit(loaded.engine)
        except SottoError as err:
            return err
        return await loaded.load()

    async def _loaded_or_closed(self, new: Loaded[E]) -> SottoError | None:
        """Load an engine; returns why it cannot be, its worker closed."""
        error: SottoError | None = EngineLoadingError(f"{self.name} was stopped.")
        try:
            error = await self._load_one(new)
        finally:
            if error is not None:
                await new.worker.close()
        return error

    def _put_in_place(self, new: Loaded[E]) -> None:
        old, self._current = self._current, new
        self.state, self.error = EngineState.READY, None
        leaving = asyncio.create_task(_free(old), name=f"free-{self.name}")
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        old.replace()
        self._tell()

    async def _load(self) -> None:
        for engine in self._engines:
            self._current.engine = engine
            self.error = await self._load_one(self._current)
            if self.error is None:
                break
            _LOGGER.warning("%s: %s", self.name, self.error)
        self._engines = ()
        self.state = EngineState.FAILED if self.error else EngineState.READY
        self._loaded.set()
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    async def run(
        self,
        function: Callable[[Cancellation], R],
        *,
        priority: Priority = Priority.LIVE,
        deadline_s: float | None = None,
    ) -> R:
        """Run a job on the worker of the engine that is used now; what a native library raises becomes an EngineError.

        Who holds an engine runs jobs on that one's.
        """
        return await self._current.run(function, priority=priority, deadline_s=deadline_s)

    def engine_errors(self) -> contextlib.AbstractContextManager[None]:
        """Make an EngineError of what a native library raises inside."""
        return engine_errors(self.name)


async def _free(old: Loaded[E]) -> None:
    """Wait for the last one that holds an engine, and end its worker."""
    try:
        await old.unwanted()
    finally:
        await old.worker.close()


@contextlib.contextmanager
def engine_errors(name: str) -> Iterator[None]:
    """Make an EngineError of what a native library raises inside."""
    try:
        yield
    except SottoError:
        raise
    except Exception as err:
        _LOGGER.debug("%s failed", name, exc_info=True)
        raise EngineError(f"{name} failed: {type(err).__name__}.") from err
