"""Which models are wanted: the best that fit together into memory and onto the disk. Pure logic.

Models are taken in the order of their rank, whatever their kind, each in the place of the one of its kind before it:
first a voice for each language, then a small model of each kind, then larger ones in turn. This order does not depend
on the memory, only how far it is followed does. So more memory never takes a better model away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .catalogue import MB, Kind, Model

_MACRO = {"nb": "no", "nn": "no"}
"""Home Assistant writes Bokmaal, Piper Norwegian."""

Slot = tuple[Kind, str]
"""A place for one model: of a kind; voices have one each."""


def wanted(
    models: Iterable[Model],
    *,
    languages: Sequence[str],
    memory_mb: int,
    disk_mb: int | None = None,
    kinds: Collection[Kind] = tuple(Kind),
    gpu: bool = False,
    installed: Collection[str] = (),
) -> list[Model]:
    """Return the models to have: a voice for each language, and at most one of every other kind.

    Args:
        models: those there are.
        languages: BCP 47 tags of the household.
        memory_mb: what all of them may take together.
        disk_mb: what those that are not `installed` may take; None: as much as they need.
        kinds: those that are needed at all.
        gpu: whether there is one, for models that are too slow without.
        installed: ids of models that are on disk.
    """
    usable = [model for model in models if model.auto and model.kind in kinds and (gpu or not model.gpu)]
    best: dict[Slot, Model] = {}
    chosen: dict[Slot, Model] = {}
    for slot, model in _steps(usable, languages):
        chosen[slot] = model
        if _fits(chosen.values(), memory_mb, disk_mb, installed):
            best = dict(chosen)
    return list(best.values())


def _steps(models: Sequence[Model], languages: Sequence[str]) -> list[tuple[Slot, Model]]:
    """Return what is taken in turn."""
    steps: dict[str, tuple[Slot, Model]] = {}
    for language in languages:
        voice = _voice(models, language)
        if voice is not None:
            steps[voice.id] = ((Kind.TTS, voice.id), voice)
    for model in models:
        if model.kind is not Kind.TTS and all(speaks(model, language) for language in languages):
            steps[model.id] = ((model.kind, ""), model)
    return sorted(steps.values(), key=lambda step: (step[1].rank, step[1].id))


def _voice(models: Sequence[Model], language: str) -> Model | None:
    """Return the best voice of a language: one of the same region, if there is one."""
    voices = [model for model in models if model.kind is Kind.TTS and speaks(model, language)]
    return max(voices, key=lambda model: (_same_region(model, language), model.rank, model.id), default=None)


def speaks(model: Model, language: str) -> bool:
    """Return whether a model is for this language, of whatever region."""
    return not model.languages or primary(language) in {primary(each) for each in model.languages}


def _same_region(model: Model, language: str) -> bool:
    return _normal(language) in {_normal(each) for each in model.languages}


def primary(language: str) -> str:
    """Return the language of a tag without region and script: `zh` of zh-CN."""
    code = _normal(language).partition("-")[0]
    return _MACRO.get(code, code)


def _normal(language: str) -> str:
    return language.replace("_", "-").lower()


def _fits(models: Collection[Model], memory_mb: int, disk_mb: int | None, installed: Collection[str]) -> bool:
    disk = sum(model.size_bytes for model in models if model.id not in installed)
    return sum(model.memory_mb for model in models) <= memory_mb and (disk_mb is None or disk <= disk_mb * MB)
