"""Which embedder and reranker there are, by the settings and by what is there. Looks at the disk."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib import import_module

from ....errors import EngineUnavailableError
from ....registry import KNOWLEDGE, EngineSpec, engines_of, find
from ....settings import Settings
from ...llama.model_choice import AUTO, find_model, models_in
from .engine import Embedder, Reranker

_LOGGER = logging.getLogger(__name__)

LLAMA_CPP, OPENAI, NONE = "llama_cpp", "openai", "none"


def engine_of(settings: Settings) -> str:
    """Return the name of the engine that embeds, or `none`; `auto` takes what is there.

    With `auto` a GGUF without the package that reads it is logged, and embeds nothing.
    """
    knowledge = settings.knowledge
    if knowledge.embedder != AUTO:
        return knowledge.embedder
    if knowledge.url:
        return OPENAI
    if knowledge.model == AUTO and not models_in(settings.folder(KNOWLEDGE)):
        return NONE
    spec = find(KNOWLEDGE, LLAMA_CPP)
    if spec.missing:
        _LOGGER.warning("There is an embedding model, but not the package %s. %s", ", ".join(spec.missing), spec.remedy)
    return NONE if spec.missing else LLAMA_CPP


def make_embedder(settings: Settings) -> Embedder | None:
    """Return what embeds, not yet started; None if nothing does: then documents are found by their words alone.

    Raises EngineUnavailableError for one that is named and cannot be used; with `auto` that is logged.
    """
    name = engine_of(settings)
    if name == NONE:
        return None
    try:
        embedder: Embedder = find(KNOWLEDGE, name).create(settings)
    except EngineUnavailableError as err:
        if settings.knowledge.embedder != AUTO:
            raise
        _LOGGER.warning("Documents are found by their words alone: %s", err)
        return None
    return embedder


def make_named(settings: Settings, name: str) -> Embedder | None:
    """Return what made the vectors of this name, not yet started; None if that is not to be had any more.

    So that these can be searched until another embedder has read everything.
    """
    engine = name.partition("/")[0]
    spec = next((spec for spec in engines_of(KNOWLEDGE) if spec.name == engine and not spec.missing), None)
    if spec is None:
        return None
    named: Embedder | None = import_module(_module(spec)).create_named(settings, name)
    return named


def make_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker, not yet started; None if the settings name none.

    A GGUF of that name is taken, else an endpoint's model. Raises EngineUnavailableError if it cannot be used.
    """
    wanted, url = settings.knowledge.reranker, settings.knowledge.url
    if not wanted:
        return None
    try:
        find_model(settings.folder(KNOWLEDGE), wanted)
        spec = find(KNOWLEDGE, LLAMA_CPP)
    except EngineUnavailableError:
        spec = find(KNOWLEDGE, OPENAI if url else LLAMA_CPP)
    reranker: Reranker = _reranker(spec).create(settings)
    return reranker


def _reranker(spec: EngineSpec) -> EngineSpec:
    """Return the engine's reranker, which needs what its embedder needs."""
    return replace(spec, factory=f"{_module(spec)}:create_reranker")


def _module(spec: EngineSpec) -> str:
    return spec.factory.partition(":")[0]
