"""The work of a language model: answers, prompts evaluated beforehand, and their states on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..engine import ModelEvent
from ..formats.detection import detect
from .answer import Answerer
from .gguf_file import read_gguf
from .jobs import PREFILL
from .lines import Outlet
from .memory import require
from .native import LoadOptions, NativeModel, StopSign, available_with_gpu
from .native_log import NativeLog
from .prefixes import PrefixStore
from .sequence import EvaluatedSequence
from .wire import LoadOrder, event_to_json, request_from_json
from .work import Emit, Work


class Talking(Work):
    """A language model."""

    def __init__(self, order: LoadOrder, outlet: Outlet, stop_sign: StopSign) -> None:
        """Load it; raises EngineUnavailableError with the reason."""
        path = Path(order.path)
        file = read_gguf(path)
        require(file.size, file.cache_bytes(order.context), available_with_gpu(order.available_bytes, order.gpu_layers))
        log = NativeLog(outlet.log)
        model = NativeModel(LoadOptions(path, order.context, order.gpu_layers, order.threads), log, stop_sign)
        model.warm_up()
        log.loading = False
        format_ = detect(model.chat_template or "", model.special_tokens)
        identity = f"{_identity(path)};{model.description}"
        store = PrefixStore(Path(order.prefix_folder), order.prefixes, identity, outlet.warn)
        self._sequence = EvaluatedSequence(model, store, outlet.live)
        self._answerer = Answerer(model, format_, self._sequence)
        self.ready = {"model": file.name, "detail": model.place, "context": model.context, "format": format_.name}

    def carry_out(self, kind: str, request: Any, emit: Emit) -> int:
        """Answer, or evaluate a prompt beforehand."""

        def emit_event(event: ModelEvent) -> None:
            emit(event_to_json(event))

        asked = request_from_json(request)
        if kind == PREFILL:
            return self._answerer.prefill(asked)
        self._answerer.answer(asked, emit_event)
        return 0

    @property
    def unsaved(self) -> bool:
        """Whether an evaluated prompt should be written to disk."""
        return self._sequence.unsaved

    def save(self) -> None:
        """Write it."""
        self._sequence.save()

    def close(self) -> None:
        """Wait for what is being written."""
        self._sequence.close()


def _identity(path: Path) -> str:
    status = path.stat()
    return f"{path.name};{status.st_size};{status.st_mtime_ns}"
