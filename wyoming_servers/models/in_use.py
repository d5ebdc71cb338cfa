"""Which models are in use, by the names that engines have for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..conversation.engine import ModelState
from ..host import EngineState
from ..protocol.service import Service, Stage

if TYPE_CHECKING:  # they need packages that are not there without a language model or documents
    from ..conversation.knowledge.library import Library
    from ..conversation.mind import Mind


class InUse:
    """Asks, from memory, what stages, language model and documents work with."""

    def __init__(self, services: Mapping[Stage, Service], mind: Mind | None, library: Library | None) -> None:
        self._services = services
        self._mind = mind
        self._library = library

    def names(self) -> frozenset[str]:
        """Return the names: a Whisper model's folder, a voice, a file's without its ending."""
        return frozenset(self._names())

    def working(self) -> frozenset[str]:
        """Return the names of which it is known that they work: loaded, and used; without voices."""
        return frozenset(self._working())

    def _working(self) -> Iterator[str]:
        stt = self._services.get(Stage.STT)
        for report in stt.reports if stt is not None else ():
            if report.remote is None and report.state == EngineState.READY:
                yield report.model
        if self._mind is not None and self._mind.status.state in {ModelState.READY, ModelState.ASLEEP}:
            yield self._mind.status.model
        if self._library is not None:
            yield self._library.searched_model

    def _names(self) -> Iterator[str]:
        for service in self._services.values():
            if any(report.remote for report in service.reports):
                continue  # its models are on another machine
            info = service.info
            yield from (model.name for program in info.asr for model in program.models)
            yield from (voice.name for program in info.tts for voice in program.voices)
        if self._mind is not None:
            yield self._mind.status.model
        if self._library is not None:
            yield self._library.embedding_model
