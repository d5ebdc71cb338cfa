"""The models of this installation: fetched one after the other in the background, imported, removed, and told of."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

from ..errors import SottoError, UnknownModelError, place_of
from .catalogue import MB, Kind, Model, catalogue
from .download import Download, Patience, opened_session
from .errors import ChecksumError, DiskFullError, FetchError, NothingRecognisedError, OwnModelError
from .install import Installer
from .recognising import recognised
from .retiring import Retiring
from .shelves import Shelves
from .state import Found, ModelState, State, own_state, state_of
from .threads import in_thread
from .wanting import Wishes, choose

_LOGGER = logging.getLogger(__name__)

AGAIN_S = 900.0
"""After which what is wanted and could not be fetched is tried once more, as after a night without the internet."""
REFUSED_AGAIN_S = 86_400.0
"""The same of what every source had other bytes of: they may have been fetched whole."""
LOG_EVERY_PERCENT = 10


class ModelStore:
    """All methods but `start` and `stop` are for the event loop that it was started on."""

    def __init__(
        self,
        shelves: Shelves,
        *,
        offered: Callable[[], Sequence[Model]] = catalogue,
        wishes: Wishes | None = None,
        auto: bool = False,
        mirror: str = "",
        patience: Patience | None = None,
        retiring: Retiring | None = None,
    ) -> None:
        """`wishes` says which models are wanted; with `auto` these are fetched, and what `retiring` says is removed.

        `offered` returns the models that can be fetched; it may block, and raise SettingsError.
        """
        self._shelves = shelves
        self._offered = offered
        self._models: dict[str, Model] = {}
        self._wishes = wishes
        self._auto = auto
        self._installer = Installer(shelves, mirror)
        self._retiring = retiring or Retiring(shelves)
        self._asking = asyncio.Lock()
        """Held while somebody asks for a model, and while one is removed that nobody asked for."""
        self._patience = patience or Patience()
        self._states: dict[str, ModelState] = {}
        self._others: list[ModelState] = []
        self._wanted: frozenset[str] = frozenset()
        self._declined: set[str] = set()
        self._queue: list[str] = []
        self._current: tuple[str, asyncio.Task[None]] | None = None
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()
        self._download: Download | None = None
        self._busy: SottoError | None = None
        self._want_again = asyncio.Event()
        self._not_before_s: dict[str, float] = {}
        self._known = asyncio.Event()
        self._free_bytes = 0
        self._on_change: list[Callable[[], None]] = []
        self._on_installed: list[Callable[[Kind], None]] = []

    @property
    def models(self) -> dict[str, Model]:
        """The catalogue, by id."""
        return self._models

    @property
    def free_bytes(self) -> int:
        """Room on the disk, when it was last looked at."""
        return self._free_bytes

    def states(self) -> list[ModelState]:
        """Return how every model is, those of the user's own last."""
        return [*self._states.values(), *self._others]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever a state changes, or another percent is there."""
        self._on_change.append(listener)

    def on_installed(self, listener: Callable[[Kind], None]) -> None:
        """Call the listener whenever engines find another set of models of a kind than before."""
        self._on_installed.append(listener)

    async def start(self) -> None:
        """Look at what there is, and begin to work. Fetches nothing that is not asked for, unless it is `auto`.

        Raises what `offered` does.
        """
        models = await in_thread(self._offered)
        self._models = {model.id: model for model in models}
        try:
            await in_thread(self._shelves.lock)
        except SottoError as err:
            self._busy = err
        await self._look_at_all()
        await self._retiring.start()
        session = await self._stack.enter_async_context(opened_session(self._patience))
        self._download = Download(session, self._patience)
        self._tasks.append(asyncio.create_task(self._work_on(), name="models"))
        if self._wishes is not None:
            self._tasks.append(asyncio.create_task(self._keep_wanted(), name="models-wanted"))

    async def stop(self) -> None:
        """Stop what is being fetched; what there is of it is kept."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._stack.aclose()
        await in_thread(self._shelves.unlock)

    async def fetch(self, model_id: str) -> ModelState:
        """Have a model fetched; returns at once. Raises UnknownModelError, OwnModelError and BusyError.

        It stays from then on, also when a better one comes.
        """
        model = self._require(model_id)
        await self._decline(model_id, declined=False)
        async with self._asking:
            await in_thread(self._shelves.ask, model)
            self._states[model_id] = replace(self._states[model_id], asked=True, replaced=None)
        self._enqueue(model)
        return self._states[model_id]

    def _enqueue(self, model: Model) -> None:
        now = self._states[model.id]
        if now.state in {State.ABSENT, State.FAILED} and not now.own:
            self._queue.append(model.id)
            self._set(model, State.QUEUED, now.done_bytes)
            self._work.set()

    async def cancel(self, model_id: str) -> ModelState:
        """Stop fetching a model, and forget what there is of it; one that is installed stays.

        Raises UnknownModelError, OwnModelError and BusyError.
        """
        model = self._require(model_id)
        if self._states[model_id].state is State.INSTALLED:
            return self._states[model_id]
        if model_id in self._queue:
            self._queue.remove(model_id)
        if self._current is not None and self._current[0] == model_id:
            task = self._current[1]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._decline(model_id, declined=True)
        if self._states[model_id].state is not State.INSTALLED:
            await in_thread(self._shelves.forget_parts, model)
            await self._look_at(model)
        self._want_again.set()
        return self._states[model_id]

    async def remove(self, model_id: str) -> ModelState:
        """Remove a model that was fetched, or stop fetching it.

        Raises UnknownModelError, OwnModelError and BusyError.
        """
        model = self._require(model_id)
        if self._states[model_id].state is not State.INSTALLED:
            return await self.cancel(model_id)
        await self._decline(model_id, declined=True)
        await in_thread(self._shelves.remove, model)
        await self._look_at(model)
        self._installed(model.kind)
        return self._states[model_id]

    async def import_folder(self, folder: Path) -> list[str]:
        """Copy the models that a folder brings, and return the ids of those that are new.

        Raises NothingRecognisedError if there is none, FolderError, DiskFullError and BusyError.
        """
        self._require_lock()
        stop = Event()
        try:
            found = await in_thread(recognised, folder, tuple(self._models.values()), stop)
        except asyncio.CancelledError:
            stop.set()
            raise
        if not found:
            raise NothingRecognisedError(
                f"There is no whole model in {folder} that is known.",
                remedy="`sotto models list` names them; all files of a model must be there, unchanged.",
            )
        new = [each for each in found if self._states[each].state in {State.ABSENT, State.FAILED}]
        for model_id in new:
            await self._take(self._models[model_id], found[model_id])
        return new

    async def _take(self, model: Model, files: dict[str, Path]) -> None:
        try:
            await in_thread(self._shelves.ask, model)
            await self._with_room(
                lambda: self._installer.take(model, files, lambda state, done: self._set(model, state, done))
            )
        finally:
            await self._look_at(model)
        await self._finished(model)

    def _require(self, model_id: str) -> Model:
        self._require_lock()
        model = self._models.get(model_id)
        if any(each.id == model_id for each in self._others):
            raise OwnModelError(
                f"The model {model_id.rpartition('/')[2]} was put there by somebody, not by Sotto.",
                remedy="Remove it yourself from the folder of its kind.",
            )
        if model is None:
            raise UnknownModelError(
                f"There is no model {model_id} to fetch.", remedy="`sotto models list` names them all."
            )
        if self._states[model_id].own:
            folder = self._shelves.folder(model.kind, model.engine)
            raise OwnModelError(
                f"The model {model_id} was put there by somebody, not by Sotto.",
                remedy=f"Remove it yourself from {folder} if you want Sotto to fetch it.",
            )
        return model

    def _require_lock(self) -> None:
        if self._busy is not None:
            raise self._busy

    async def _decline(self, model_id: str, *, declined: bool) -> None:
        """Remember whether a model is not to be fetched again by itself."""
        if declined == (model_id in self._declined):
            return
        (self._declined.add if declined else self._declined.discard)(model_id)
        await in_thread(self._shelves.decline, tuple(self._declined))

    async def _work_on(self) -> None:
        """Fetch what is queued, one after the other."""
        while True:
            self._work.clear()
            while self._queue and self._busy is None:
                model = self._models[self._queue.pop(0)]
                task = asyncio.create_task(self._fetch(model), name=f"fetch-{model.id}")
                self._current = (model.id, task)
                try:
                    await asyncio.wait({task})
                finally:
                    self._current = None
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            await self._work.wait()

    async def _fetch(self, model: Model) -> None:
        assert self._download is not None  # noqa: S101 - it was started
        download = self._download
        _LOGGER.info("Fetching %s: %.0f MB", model.id, model.size_bytes / MB)
        try:
            await self._with_room(
                lambda: self._installer.fetch(model, download, lambda state, done: self._told(model, state, done))
            )
        except SottoError as err:
            _LOGGER.warning("%s could not be fetched: %s", model.id, err)
            self._failed(model, err)
        except Exception as err:  # noqa: BLE001 - whatever it is, the next model can be fetched
            _LOGGER.error("Fetching %s failed: %s at %s", model.id, type(err).__name__, place_of(err))  # noqa: TRY400
            failure = FetchError("Something went wrong here.", remedy="The server's log says what.")
            self._failed(model, failure)
        else:
            await self._finished(model)
            _LOGGER.info("%s is installed", model.id)

    async def _with_room(self, install: Callable[[], Awaitable[None]]) -> None:
        """Install a model; where the disk has no room for it, a superseded one goes. Raises what `install` does."""
        while True:
            try:
                return await install()
            except DiskFullError:
                if not await self._retire(room=True):
                    raise

    def _failed(self, model: Model, error: SottoError) -> None:
        wait_s = REFUSED_AGAIN_S if isinstance(error, ChecksumError) else AGAIN_S
        self._not_before_s[model.id] = asyncio.get_running_loop().time() + wait_s
        self._set(model, State.FAILED, self._states[model.id].done_bytes, error)

    async def _finished(self, model: Model) -> None:
        await self._look_at(model)
        self._installed(model.kind)

    def _told(self, model: Model, state: State, done_bytes: int) -> None:
        before = self._states[model.id]
        self._set(model, state, done_bytes)
        now = self._states[model.id]
        if now.percent // LOG_EVERY_PERCENT > before.percent // LOG_EVERY_PERCENT:
            _LOGGER.info("Fetching %s: %d %% of %.0f MB", model.id, now.percent, model.size_bytes / MB)

    def _set(self, model: Model, state: State, done_bytes: int, error: SottoError | None = None) -> None:
        before = self._states.get(model.id)
        wanted, asked = model.id in self._wanted, before is not None and before.asked
        now = ModelState(model.id, model.kind, state, done_bytes, model.size_bytes, error, wanted=wanted, asked=asked)
        self._states[model.id] = now
        if before is None or (before.state, before.percent, before.wanted) != (now.state, now.percent, now.wanted):
            self._changed()

    def _changed(self) -> None:
        for listener in self._on_change:
            listener()

    def _installed(self, kind: Kind) -> None:
        for listener in self._on_installed:
            listener(kind)
        self._want_again.set()

    async def _look_at(self, model: Model) -> None:
        found, self._free_bytes = await in_thread(lambda: (self._shelves.look(model), self._shelves.free_bytes()))
        self._states[model.id] = self._state_of(model, found)
        self._changed()

    async def _look_at_all(self) -> None:
        found, others, self._declined, self._free_bytes = await in_thread(self._seen)
        self._states = {model.id: self._state_of(model, found[model.id]) for model in self._models.values()}
        self._others = [own_state(*each) for each in others]
        self._changed()

    def _seen(self) -> tuple[dict[str, Found], list[tuple[Kind, str, int]], set[str], int]:
        shelves, models = self._shelves, self._models.values()
        looked = {model.id: shelves.look(model) for model in models}
        return looked, list(shelves.others(models)), shelves.declined(), shelves.free_bytes()

    def _state_of(self, model: Model, found: Found) -> ModelState:
        replaced = self._retiring.replaced(model.id)
        return state_of(model, found, wanted=model.id in self._wanted, replaced=replaced)

    async def _keep_wanted(self) -> None:
        """Know what is wanted, and with `auto` have it fetched; again after a while, for what failed."""
        while True:
            self._want_again.clear()
            try:
                await self._want()
                await self._retire()
            except SottoError as err:
                _LOGGER.warning("Which models are wanted cannot be said: %s", err)
            finally:
                self._known.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await self._want_again.wait()

    async def know_wanted(self) -> None:
        """Return when it is known what is wanted."""
        await self._known.wait()

    async def _want(self) -> None:
        assert self._wishes is not None  # noqa: S101 - only then is it called
        chosen = await choose(self._wishes, self._models, self._states, self._declined)
        self._wanted = chosen.wanted
        for each, now in self._states.items():
            self._states[each] = replace(now, wanted=each in chosen.wanted, offered=each in chosen.offered)
        self._changed()
        if self._auto and self._busy is None:
            now_s = asyncio.get_running_loop().time()
            missing = [each for each in self._wanted if self._states[each].state is not State.INSTALLED]
            due = [each for each in missing if self._not_before_s.get(each, now_s) <= now_s]
            for model_id in sorted(due, key=lambda each: self._models[each].rank):
                self._enqueue(self._models[model_id])

    async def _retire(self, *, room: bool = False) -> bool:
        """Remove superseded models that are to go, or to make `room` another one; returns whether there was any.

        Raises FolderError.
        """
        async with self._asking:
            await self._retiring.look(self._models, list(self._states.values()))
            gone = await self._retiring.remove(self._models, room=room) if self._auto and self._busy is None else []
            for each, now in self._states.items():
                if now.state is State.INSTALLED:
                    self._states[each] = replace(now, replaced=self._retiring.replaced(each))
            for model in map(self._models.__getitem__, gone):
                await self._look_at(model)
                self._installed(model.kind)
        return bool(gone)
