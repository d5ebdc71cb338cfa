"""An engine's home: the first of several that can be loaded, its worker, and waiting until it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
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


class EngineState(StrEnum):
    """Where an engine is between start and use."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class EngineHost(Generic[E]):
    """Loads the first of its engines that can be loaded, on a worker of its own."""

    def __init__(self, name: str, engines: Sequence[E], *, threads: int = 1) -> None:
        self.name = name
        self.worker = Worker(name, threads=threads)
        self.state = EngineState.LOADING
        self.engine = engines[0]
        """The one that is loaded, or the one that is loading."""
        self.error: SottoError | None = None
        self._engines = engines
        self._loaded = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begin to load."""
        self._task = asyncio.create_task(self._load(), name=f"load-{self.name}")

    async def stop(self) -> None:
        """Stop loading and end the worker."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.worker.close()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener when the engine is ready or failed."""
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

    async def _load(self) -> None:
        for engine in self._engines:
            self.engine = engine
            self.error = await self._try_to_load(engine)
            if self.error is None:
                break
            _LOGGER.warning("%s: %s", self.name, self.error)
        self.state = EngineState.FAILED if self.error else EngineState.READY
        self._loaded.set()
        for listener in self._listeners:
            listener()

    async def _try_to_load(self, engine: E) -> SottoError | None:
        def load(_: Cancellation) -> None:
            engine.load()

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

    async def run(
        self,
        function: Callable[[Cancellation], R],
        *,
        priority: Priority = Priority.LIVE,
        deadline_s: float | None = None,
    ) -> R:
        """Run a job on the worker; what a native library raises becomes an EngineError."""
        with self.engine_errors():
            return await self.worker.run(function, priority=priority, deadline_s=deadline_s)

    @contextlib.contextmanager
    def engine_errors(self) -> Iterator[None]:
        """Make an EngineError of what a native library raises inside."""
        try:
            yield
        except SottoError:
            raise
        except Exception as err:
            _LOGGER.debug("%s failed", self.name, exc_info=True)
            raise EngineError(f"{self.name} failed: {type(err).__name__}.") from err


R = TypeVar("R")
