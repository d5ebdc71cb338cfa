"""What this installation wants models for: the stages that it runs, its languages, and what the machine has. Blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ..conversation.knowledge.packages import missing as missing_for_documents
from ..memory.budget import budget_of
from ..memory.measured import Limit, Measured, measure
from ..protocol.service import Stage
from ..registry import KNOWLEDGE, LLM, find
from ..settings import Settings
from ..stt.sensevoice.languages import LANGUAGES, hears_best
from ..stt.sensevoice.model import SENSEVOICE
from .catalogue import MB, Kind, Model
from .choice import primary, wanted
from .part import RESERVE_BYTES
from .shelves import Shelves
from .threads import in_thread

_AUTO = "auto"
_WHISPER = "whisper"
SERVERS_MB = 300
"""What the servers take without a model."""


class Wishes:
    """Says which models should be there."""

    def __init__(
        self, settings: Settings, stages: Sequence[Stage], shelves: Shelves, memory_mb: Callable[[], int]
    ) -> None:
        """`memory_mb()`: what all models may take together."""
        self._settings = settings
        self._stages = stages
        self._shelves = shelves
        self._memory_mb = memory_mb

    async def __call__(self, models: Sequence[Model], installed: frozenset[str]) -> list[Model]:
        """Return those that should be there, of all that may be chosen."""
        return await in_thread(self._choose, models, installed)

    def _choose(self, models: Sequence[Model], installed: frozenset[str]) -> list[Model]:
        kinds = frozenset(needed(self._settings, self._stages))
        languages = spoken(self._settings)
        ears = hearing(self._settings, languages)
        return wanted(
            [model for model in models if _runs(model, ears)],
            languages=languages,
            memory_mb=self._memory_mb(),
            disk_mb=max(0, self._shelves.free_bytes() + self._can_go(models) - RESERVE_BYTES) // MB,
            kinds=kinds,
            gpu=Kind.STT in kinds and SENSEVOICE not in ears and _hears_on_gpu(self._settings),
            installed=installed,
        )

    def _can_go(self, models: Sequence[Model]) -> int:
        """Return the bytes of superseded models, which go where the disk has no room for a wanted one."""
        superseded = self._shelves.unused()
        return sum(model.size_bytes for model in models if model.id in superseded)


def spoken(settings: Settings) -> tuple[str, ...]:
    """Return the languages of the household, as BCP 47 tags."""
    return settings.models.languages or (settings.server.language,)


def named_in(settings: Settings) -> frozenset[str]:
    """Return the names of the models that these settings name."""
    knowledge = settings.knowledge
    named = (settings.stt.model, settings.llm.model, knowledge.model, knowledge.reranker, settings.tts.voice)
    return frozenset(Path(each).name.removesuffix(".gguf") for each in named if each not in {"", _AUTO})


def needed(settings: Settings, stages: Sequence[Stage]) -> Iterator[Kind]:
    """Yield the kinds of which `auto` would use a model: nothing else is named, and its engine can run."""
    stt, tts, llm, knowledge = settings.stt, settings.tts, settings.llm, settings.knowledge
    if Stage.STT in stages and stt.model == _AUTO and hearing(settings, settings.models.languages):
        yield Kind.STT
    if Stage.TTS in stages and tts.engine in {_AUTO, "piper"} and _can(Stage.TTS, "piper"):
        yield Kind.TTS
    if Stage.CONVERSATION not in stages or settings.conversation.engine != _AUTO:
        return
    here = llm.engine == "llama_cpp" or (llm.engine == _AUTO and not llm.url)
    if here and llm.model == _AUTO and _can(LLM, "llama_cpp"):
        yield Kind.LLM
    here = knowledge.embedder == "llama_cpp" or (knowledge.embedder == _AUTO and not knowledge.url)
    if here and knowledge.model == _AUTO and _can(KNOWLEDGE, "llama_cpp") and not missing_for_documents():
        yield Kind.EMBEDDING


def hearing(settings: Settings, languages: Sequence[str]) -> list[str]:
    """Return the engines of speech-to-text that use models here: with `auto` the one that hears these languages best.

    Beside SenseVoice a small Whisper is of use, until there is memory for it.
    """
    first = hears_best(settings.server.language) and all(primary(each) in LANGUAGES for each in languages)
    by_itself = [SENSEVOICE, _WHISPER] if first else [_WHISPER]
    engines = by_itself if settings.stt.engine == _AUTO else [settings.stt.engine]
    return [engine for engine in engines if engine in {SENSEVOICE, _WHISPER} and _can(Stage.STT, engine)]


def _runs(model: Model, ears: Sequence[str]) -> bool:
    return all(map(find_spec, model.modules)) and (model.kind is not Kind.STT or model.engine in ears)


def _can(stage: str, engine: str) -> bool:
    return not find(stage, engine).missing


def _hears_on_gpu(settings: Settings) -> bool:
    """Return whether speech is recognised on a GPU, as the engine decides it."""
    if settings.stt.device != _AUTO:
        return settings.stt.device == "cuda"
    count: int = import_module("ctranslate2").get_cuda_device_count()
    return count > 0


def models_mb(settings: Settings, measured: Measured | None = None) -> int:
    """Return the memory for all models: what the user allows, or else three quarters of what there is.

    The rest is for everything else on the machine, such as Home Assistant. What is taken at this moment does not count:
    it may be by the very models that better ones are to replace. Whether one fits then is the governor's business.
    """
    measured = measured or measure()
    budget = budget_of(
        measured, limit_mb=settings.memory.limit_mb, reserve_mb=settings.memory.reserve_mb, used=0, promised=0
    )
    if budget.limit is Limit.SETTING:
        return max(0, budget.total // MB - SERVERS_MB)
    return min(budget.total, measured.total * 3 // 4) // MB
