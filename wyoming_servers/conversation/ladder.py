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
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EngineUnavailableError, NoMemoryError
from ..memory.governor import Governor
from ..settings import Settings
from .engine import ChatRequest, LanguageModel, ModelEvent, ModelState, ModelStatus
from .engines.llama_cpp import LlamaCpp
from .llama.granted import GrantedRoom, slept
from .llama.watched import Room
from .rungs import Rung, Rungs

_LOGGER = logging.getLogger(__name__)

_NONE = ModelStatus("llama_cpp", "", ModelState.ABSENT)
WARMED_WITHIN_S = 60.0
"""For a new model to read the latest prompt before it answers in the place of another one."""

Make = Callable[[Path, Room], LlamaCpp]
KIND = "llm"


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
        self._governor = governor or Governor(settings.memory)
        self._governor.register(self)
        self._make = make or (lambda path, room: LlamaCpp(settings, path, room=room))
        self._latest: ChatRequest | None = None
        self._lock = asyncio.Lock()
        self._trouble = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._rungs = Rungs(settings, self._governor)
        rungs = self._rungs.look()
        self._used = self._made(self._rungs.first(rungs)) if rungs else None

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
            self._rungs.allow(self._used.rung)  # it was tried again, and there was room

    async def _follow(self) -> None:
        while True:
            await self._trouble.wait()
            self._trouble.clear()
            await self._settle()

    async def _settle(self) -> None:
        """Use the best model that loads; the present one, however it is, where there is no other."""
        async with self._lock:
            try:
                rungs = await asyncio.to_thread(self._rungs.look)
            except OSError as err:
                _LOGGER.warning("The folder of language models cannot be read: %s", err.strerror)
                return
            used = self._used
            if used is not None and used.model.failure is not None:
                self._rungs.refuse(used.rung, used.model.failure)
            for rung in rungs:
                used = self._used  # another one, where it could not be loaded instead
                if self._rungs.why_refused(rung) is not None:
                    continue
                if (used is not None and rung == used.rung) or await self._changed_to(rung):
                    return
            if not rungs and used is not None:
                _LOGGER.info("The file of the language model is gone")
                self._use(None)

    async def _changed_to(self, rung: Rung) -> bool:
        """Use another model; returns whether it could be loaded."""
        used = self._used
        working = used is not None and used.model.failure is None
        if await self._governor.fits(rung.need, own_process=False) or not working or used is None:
            return await self._loaded_beside(rung)
        if await self._governor.fits(rung.need, own_process=False, freed=used.rung.need):
            return await self._loaded_instead(rung, used)
        self._rungs.refuse_as_too_large(rung)
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
            self._rungs.refuse(rung, new.model.failure)
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
            self._rungs.refuse(rung, model.failure)
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
        if not to_another and self._rungs.why_refused(used.rung) is None:
            smaller = [rung for rung in await asyncio.to_thread(self._rungs.look) if rung.size < used.rung.size]
            if any(self._rungs.why_refused(rung) is None for rung in smaller):
                self._rungs.refuse_as_too_large(used.rung, used.rung.need)
                await self._settle()
                if self._used is not used:
                    return f"The language model is {self.status.model} instead of {before}"
                self._rungs.allow(used.rung)
        if used.asked or used.model.status.state is not ModelState.READY:
            return ""
        await slept(used.model)
        return f"The language model {before} sleeps until somebody asks"

    async def take_more(self, free: int) -> str:
        """Use a larger model that did not fit before, if it clearly does now."""
        used = self._used
        if used is None or used.asked or self._lock.locked():
            return ""
        before, is_of_use = used.model.status.model, used.model.failure is None
        self._rungs.allow_larger(free + self.used_bytes, than=used.rung.size if is_of_use else -1)
        await self._settle()
        after = self.status.model
        return "" if after == before else f"The language model is {after} again, {before} before"

    def _use(self, new: _Used | None) -> None:
        old, self._used = self._used, new
        if old is not None and new is not None and isinstance(why := self._rungs.why_refused(old.rung), NoMemoryError):
            self._governor.note(f"The language model is {_named(new)} instead of {_named(old)}: {why.message}")
        _LOGGER.info("The language model is %s now, %s before", _named(new), _named(old))
        if old is not None:
            task = asyncio.create_task(_let_go(old), name="llm-leaving")
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


def _named(used: _Used | None) -> str:
    return "none" if used is None else used.model.status.model


async def _let_go(old: _Used) -> None:
    """End a model after its last answer."""
    try:
        await old.unused.wait()
    finally:
        await old.model.stop()
