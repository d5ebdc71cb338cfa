"""The GGUF models on disk as one language model: the largest that loads, and another one when that is not any more.

A model that arrives is loaded beside the one that answers, which goes on until the new one is ready; an answer is
written to its end by the model that began it. Where there is no memory for both, the old one goes when nobody asks it
anything, and questions wait for the new one. Where there is none for the largest, the next smaller one is used.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import EngineUnavailableError, NoMemoryError, SottoError
from ..memory.budget import CLEARLY, TALKING_BYTES, talking_bytes, written
from ..memory.governor import REMEDY, Governor
from ..settings import Settings
from .engine import ChatRequest, LanguageModel, ModelEvent, ModelState, ModelStatus
from .engines.llama_cpp import LlamaCpp
from .llama.gguf_file import read_gguf
from .llama.granted import GrantedRoom, KilledError
from .llama.model_choice import AUTO, find_model, models_in
from .llama.watched import Room

_LOGGER = logging.getLogger(__name__)

_NONE = ModelStatus("llama_cpp", "", ModelState.ABSENT)
WARMED_WITHIN_S = 60.0
"""For a new model to read the latest prompt before it answers in the place of another one."""

SLEEPS_WITHIN_S = 10.0

Make = Callable[[Path, Room], LlamaCpp]
KIND = "llm"


@dataclass(frozen=True)
class Rung:
    """A file, as it is now."""

    path: Path
    size: int
    changed_ns: int
    need: int = field(compare=False, default=0)
    """Memory that it takes; 0 if it cannot be read."""


@dataclass
class _Used:
    """A model that answers, or did."""

    rung: Rung
    model: LlamaCpp
    memory: GrantedRoom
    asked: int = 0
    """Requests that are under way."""
    last_s: float = 0.0
    """When the last one ended."""
    unused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while there are none."""

    def __post_init__(self) -> None:
        self.unused.set()

    def begin(self) -> None:
        self.asked += 1
        self.unused.clear()

    def end(self) -> None:
        self.asked -= 1
        self.last_s = asyncio.get_running_loop().time()
        if not self.asked:
            self.unused.set()


class Ladder(LanguageModel):
    """One model at a time of those in the folder; none at all for as long as there is none."""

    kind = KIND

    def __init__(self, settings: Settings, governor: Governor | None = None, make: Make | None = None) -> None:
        """Look at the disk; a model that is named in the settings is the only one.

        Raises EngineUnavailableError for one that is named and is not there.
        """
        self._settings = settings
        self._governor = governor or Governor(settings.memory)
        self._governor.register(self)
        self._make = make or (lambda path, room: LlamaCpp(settings, path, room=room))
        self._needs: dict[Rung, int] = {}
        self._killed: set[Rung] = set()
        """Those that the kernel has ended for want of memory; not to be tried again."""
        self._refused: dict[Rung, SottoError] = {}
        """Those that cannot be used, and why."""
        self._latest: ChatRequest | None = None
        self._lock = asyncio.Lock()
        self._trouble = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        if settings.llm.model != AUTO:
            find_model(settings.folder("llm"), settings.llm.model)
        self._used = self._first(self._rungs())

    @property
    def status(self) -> ModelStatus:
        """How the model is that answers; absent while there is none."""
        return self._used.model.status if self._used is not None else _NONE

    @property
    def waiting(self) -> int:
        """How many answers wait until the model begins with them."""
        return self._used.model.waiting if self._used is not None else 0

    async def start(self) -> None:
        """Begin to load; returns at once."""
        if self._used is not None:
            await self._used.model.start()
        self._task = asyncio.create_task(self._follow(), name="llm-ladder")

    async def stop(self) -> None:
        """End all models."""
        tasks = [*self._leaving, *([self._task] if self._task is not None else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._used is not None:
            await self._used.model.stop()

    async def reload(self) -> None:
        """Take up what is on disk now; returns when it answers, or cannot. Raises nothing."""
        await self._settle()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Yield an answer as it is written; raises EngineUnavailableError while there is no model."""
        used = self._used
        if used is None:
            raise EngineUnavailableError(
                "There is no language model here.", remedy="Put a GGUF file into the folder `llm`."
            )
        self._latest = request
        used.begin()
        try:
            async with aclosing(used.model.chat(request)) as events:
                async for event in events:
                    yield event
        finally:
            used.end()

    async def prefill(self, request: ChatRequest) -> int:
        """Evaluate a prompt, for another model too if one comes; 0 while there is none."""
        self._latest = request
        return await self._used.model.prefill(request) if self._used is not None else 0

    def _rungs(self) -> list[Rung]:
        """Return the files that may be used, the best first. Looks at the disk."""
        folder, wanted = self._settings.folder("llm"), self._settings.llm.model
        try:
            paths = models_in(folder) if wanted == AUTO else [find_model(folder, wanted)]
        except EngineUnavailableError:
            paths = []
        return [self._measured(path) for path in paths]

    def _measured(self, path: Path) -> Rung:
        about = path.stat()
        rung = Rung(path, about.st_size, about.st_mtime_ns)
        if rung not in self._needs:
            self._needs[rung] = self._need(path)
        return replace(rung, need=self._needs[rung])

    def _need(self, path: Path) -> int:
        if self._governor.gpu_apart and self._settings.llm.gpu_layers:
            return TALKING_BYTES  # the rest is the GPU's, which llama.cpp alone can ask
        try:
            file = read_gguf(path)
        except EngineUnavailableError:
            return 0  # it is told when it is loaded
        return talking_bytes(file.size, file.cache_bytes(self._settings.llm.context))

    def _first(self, rungs: list[Rung]) -> _Used | None:
        """Return the model to begin with, not started: the largest that fits, else the smallest."""
        if not rungs:
            return None
        budget = self._governor.budget
        fitting = (rung for rung in rungs if not budget.lacking(rung.need, own_process=False))
        first = next(fitting, rungs[-1])
        for rung in rungs[: rungs.index(first)]:
            self._refused[rung] = _too_large(rung, budget.free)
            self._governor.note(f"The language model is {first.path.stem}: {self._refused[rung].message}")
        return self._made(first)

    def _made(self, rung: Rung) -> _Used:
        memory = GrantedRoom(self._governor, KIND, rung.path.stem, rung.need)
        model = self._make(rung.path, memory)
        model.on_change(lambda: self._look_at(model))
        return _Used(rung, model, memory)

    def _look_at(self, model: LlamaCpp) -> None:
        """Note what a model says of itself: one that answers and fails is to be replaced."""
        if model.status.state is not ModelState.LOADING:
            self._governor.settled(KIND)
        if self._used is None or model is not self._used.model:
            return
        if model.status.state is ModelState.FAILED:
            self._trouble.set()
        elif model.status.state is ModelState.READY:
            self._refused.pop(self._used.rung, None)  # it was tried again, and there was room

    async def _follow(self) -> None:
        while True:
            await self._trouble.wait()
            self._trouble.clear()
            await self._settle()

    async def _settle(self) -> None:
        """Use the best model that loads; the present one, however it is, where there is no other."""
        async with self._lock:
            try:
                rungs = await asyncio.to_thread(self._rungs)
            except OSError as err:
                _LOGGER.warning("The folder of language models cannot be read: %s", err.strerror)
                return
            used = self._used
            if used is not None and used.model.failure is not None:
                self._refuse(used.rung, used.model.failure)
            for rung in rungs:
                used = self._used  # another one, where it could not be loaded instead
                if used is not None and rung == used.rung and rung not in self._refused:
                    return
                if rung not in self._refused and await self._changed_to(rung):
                    return
            if not rungs and used is not None:
                _LOGGER.info("The file of the language model is gone")
                self._use(None)

    def _refuse(self, rung: Rung, why: SottoError) -> None:
        self._refused[rung] = why
        if isinstance(why, KilledError):
            self._killed.add(rung)

    async def _changed_to(self, rung: Rung) -> bool:
        """Use another model; returns whether it could be loaded."""
        used = self._used
        working = used is not None and used.model.failure is None
        if await self._governor.fits(rung.need, own_process=False) or not working or used is None:
            return await self._loaded_beside(rung)
        if await self._governor.fits(rung.need, own_process=False, freed=used.rung.need):
            return await self._loaded_instead(rung, used)
        self._refuse(rung, _too_large(rung, self._governor.budget.free))
        return False

    async def _loaded_instead(self, rung: Rung, old: _Used) -> bool:
        """Load a model once nobody asks the present one, and its memory is freed; who asks meanwhile waits."""
        await old.unused.wait()
        new = self._used = self._made(rung)
        new.memory.freed.clear()
        await new.model.start()
        await old.model.stop()
        new.memory.freed.set()
        await new.model.settled()
        if new.model.failure is not None:
            self._refuse(rung, new.model.failure)
            return False
        _LOGGER.info("The language model is %s now, %s before", _named(new), _named(old))
        return True

    async def _loaded_beside(self, rung: Rung) -> bool:
        """Load a model while the present one answers, then use it."""
        new = self._made(rung)
        model = new.model
        try:
            await model.start()
            await model.settled()
            if model.failure is None and self._latest is not None:
                async with asyncio.timeout(WARMED_WITHIN_S):
                    await model.prefill(self._latest)
        except TimeoutError:
            _LOGGER.info("%s takes long to read a prompt", model.status.model)
        except BaseException:
            await model.stop()
            raise
        if model.failure is not None:
            self._refuse(rung, model.failure)
            await model.stop()
            return False
        self._use(new)
        return True

    @property
    def name(self) -> str:
        """The model that is in memory; empty if none is."""
        return self.status.model if self.status.state in {ModelState.LOADING, ModelState.READY} else ""

    @property
    def used_bytes(self) -> int:
        """What the model takes that is in memory."""
        return self._used.rung.need if self._used is not None and self.name else 0

    @property
    def last_used_s(self) -> float:
        """When the last answer ended; infinity while there is one."""
        used = self._used
        return 0.0 if used is None else math.inf if used.asked else used.last_s

    async def give_way(self, *, to_another: bool) -> str:
        """Sleep if nobody asks; or, for good, use a smaller model if there is one."""
        used = self._used
        if used is None or not self.name or self._lock.locked():
            return ""
        before = used.model.status.model
        if not to_another and used.rung not in self._refused:
            smaller = [rung for rung in await asyncio.to_thread(self._rungs) if rung.size < used.rung.size]
            if any(rung not in self._refused for rung in smaller):
                self._refuse(used.rung, _too_large(used.rung, self._governor.budget.free + used.rung.need))
                await self._settle()
                if self._used is not used:
                    return f"The language model is {self.status.model} instead of {before}"
                del self._refused[used.rung]
        if used.asked or used.model.status.state is not ModelState.READY:
            return ""
        used.model.sleep()
        with suppress(TimeoutError):
            async with asyncio.timeout(SLEEPS_WITHIN_S):
                while used.model.pid is not None:  # noqa: ASYNC110 - the end of a process is no event here
                    await asyncio.sleep(0.05)
        return f"The language model {before} sleeps until somebody asks"

    async def take_more(self, free: int) -> str:
        """Use a larger model that did not fit before, if it clearly does now."""
        used = self._used
        if used is None or used.asked or self._lock.locked():
            return ""
        before, room = used.model.status.model, free + self.used_bytes
        for rung, why in list(self._refused.items()):
            fits = rung.need * CLEARLY <= room and isinstance(why, NoMemoryError)
            if fits and rung not in self._killed and (rung.size > used.rung.size or used.model.failure is not None):
                del self._refused[rung]
        await self._settle()
        after = self.status.model
        return "" if after == before else f"The language model is {after} again, {before} before"

    def _use(self, new: _Used | None) -> None:
        old, self._used = self._used, new
        if old is not None and new is not None and isinstance(why := self._refused.get(old.rung), NoMemoryError):
            self._governor.note(f"The language model is {_named(new)} instead of {_named(old)}: {why.message}")
        _LOGGER.info("The language model is %s now, %s before", _named(new), _named(old))
        if old is not None:
            task = asyncio.create_task(_let_go(old), name="llm-leaving")
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


def _too_large(rung: Rung, free: int) -> NoMemoryError:
    needed, there = written(rung.need), written(max(0, free))
    return NoMemoryError(f"{rung.path.stem} needs {needed} of memory, and {there} are free for models.", remedy=REMEDY)


def _named(used: _Used | None) -> str:
    return "none" if used is None else used.model.status.model


async def _let_go(old: _Used) -> None:
    """End a model after its last answer."""
    try:
        await old.unused.wait()
    finally:
        await old.model.stop()
