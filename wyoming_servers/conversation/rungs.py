"""Which GGUF files of the folder may be used, the best first, what memory each needs, and which cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import EngineUnavailableError, NoMemoryError, SottoError
from ..memory.budget import CLEARLY, TALKING_BYTES, talking_bytes, written
from ..memory.governor import REMEDY, Governor
from ..settings import Settings
from .llama.gguf_file import read_gguf
from .llama.granted import KilledError
from .llama.model_choice import AUTO, find_model, models_in


@dataclass(frozen=True)
class Rung:
    """A file, as it is now."""

    path: Path
    size: int
    changed_ns: int
    need: int = field(compare=False, default=0)
    """Memory that it takes; 0 if it cannot be read."""


class Rungs:
    """The files, and what became of each that was tried; a file that changes is another one."""

    def __init__(self, settings: Settings, governor: Governor) -> None:
        """Raises EngineUnavailableError for a model that the settings name, and that is not there."""
        self._folder, self._wanted = settings.folder("llm"), settings.llm.model
        self._settings = settings
        self._governor = governor
        self._needs: dict[Rung, int] = {}
        self._killed: set[Rung] = set()
        """Those that the kernel has ended for want of memory; not to be tried again."""
        self._refused: dict[Rung, SottoError] = {}
        """Those that cannot be used, and why."""
        if self._wanted != AUTO:
            find_model(self._folder, self._wanted)

    def look(self) -> list[Rung]:
        """Return the files that there are, the best first. Blocks; raises OSError."""
        try:
            paths = models_in(self._folder) if self._wanted == AUTO else [find_model(self._folder, self._wanted)]
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

    def first(self, rungs: list[Rung]) -> Rung:
        """Return the one of these to begin with: the largest that fits, else the smallest; larger ones are refused."""
        budget = self._governor.budget
        fitting = (rung for rung in rungs if not budget.lacking(rung.need, own_process=False))
        first = next(fitting, rungs[-1])
        for rung in rungs[: rungs.index(first)]:
            self._governor.note(f"The language model is {first.path.stem}: {self.refuse_as_too_large(rung).message}")
        return first

    def why_refused(self, rung: Rung) -> SottoError | None:
        """Return why a file cannot be used; None if it can, as far as is known."""
        return self._refused.get(rung)

    def refuse(self, rung: Rung, why: SottoError) -> None:
        """Note why a file cannot be used."""
        self._refused[rung] = why
        if isinstance(why, KilledError):
            self._killed.add(rung)

    def refuse_as_too_large(self, rung: Rung, freed: int = 0) -> NoMemoryError:
        """Note that a file does not fit into what is free, and into what another model frees; return that."""
        needed, there = written(rung.need), written(max(0, self._governor.budget.free + freed))
        what = f"{rung.path.stem} needs {needed} of memory, and {there} are free for models."
        why = NoMemoryError(what, remedy=REMEDY)
        self.refuse(rung, why)
        return why

    def allow(self, rung: Rung) -> None:
        """Note that a file can be used after all, or may be tried."""
        self._refused.pop(rung, None)

    def allow_larger(self, room: int, than: int) -> None:
        """Let those be tried again that are larger, in bytes of the file, and were too large, but clearly fit now."""
        for rung, why in list(self._refused.items()):
            fits = rung.need * CLEARLY <= room and isinstance(why, NoMemoryError)
            if fits and rung not in self._killed and rung.size > than:
                self.allow(rung)
