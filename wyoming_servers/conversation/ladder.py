"""The GGUF models on disk as one language model: the largest that loads, and another one when that is not any more.

A model that arrives is loaded beside the one that answers, which goes on until the new one is ready; an answer is
written to its end by the model that began it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EngineUnavailableError, SottoError
from ..settings import Settings
from .engine import ChatRequest, LanguageModel, ModelEvent, ModelState, ModelStatus
from .engines.llama_cpp import LlamaCpp
from .llama.model_choice import AUTO, find_model, models_in

_LOGGER = logging.getLogger(__name__)

_NONE = ModelStatus("llama_cpp", "", ModelState.ABSENT)
WARMED_WITHIN_S = 60.0
"""For a new model to read the latest prompt before it answers in the place of another one."""

Make = Callable[[Path], LlamaCpp]


@dataclass(frozen=True)
class Rung:
    """A file, as it is now."""

    path: Path
    size: int
    changed_ns: int


@dataclass
class _Used:
    """A model that answers, or did."""

    rung: Rung
    model: LlamaCpp
    asked: int = 0
    """Requests that are under way."""
    unused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while there are none."""

    def __post_init__(self) -> None:
        self.unused.set()

    def begin(self) -> None:
        self.asked += 1
        self.unused.clear()

    def end(self) -> None:
        self.asked -= 1
        if not self.asked:
            self.unused.set()


class Ladder(LanguageModel):
    """One model at a time of those in the folder; none at all for as long as there is none."""

    def __init__(self, settings: Settings, make: Make | None = None) -> None:
        """Look at the disk; a model that is named in the settings is the only one.

        Raises EngineUnavailableError for one that is named and is not there.
        """
        self._settings = settings
        self._make = make or (lambda path: LlamaCpp(settings, path))
        self._refused: dict[Rung, SottoError] = {}
        """Those that cannot be used, and why."""
        self._latest: ChatRequest | None = None
        self._lock = asyncio.Lock()
        self._trouble = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        if settings.llm.model != AUTO:
            find_model(settings.folder("llm"), settings.llm.model)
        rungs = self._rungs()
        self._used = self._made(rungs[0]) if rungs else None

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
        return [Rung(path, (about := path.stat()).st_size, about.st_mtime_ns) for path in paths]

    def _made(self, rung: Rung) -> _Used:
        model = self._make(rung.path)
        model.on_change(lambda: self._look_at(model))
        return _Used(rung, model)

    def _look_at(self, model: LlamaCpp) -> None:
        """Note what a model says of itself: one that answers and fails is to be replaced."""
        if self._used is not None and model is self._used.model and model.status.state is ModelState.FAILED:
            self._trouble.set()

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
                self._refused[used.rung] = used.model.failure
            for rung in rungs:
                if used is not None and rung == used.rung and used.model.failure is None:
                    return
                if rung not in self._refused and await self._changed_to(rung):
                    return
            if not rungs and used is not None:
                _LOGGER.info("The file of the language model is gone")
                self._use(None)

    async def _changed_to(self, rung: Rung) -> bool:
        """Load a model beside the present one and use it; returns whether it could be loaded."""
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
            self._refused[rung] = model.failure
            await model.stop()
            return False
        self._use(new)
        return True

    def _use(self, new: _Used | None) -> None:
        old, self._used = self._used, new
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
