"""The work of an embedder or a reranker: texts in batches, from which somebody who asks may take it away."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import EngineUnavailableError
from .gguf_file import read_gguf
from .jobs import RERANK
from .lines import Outlet
from .memory import require
from .native import BATCH, LoadOptions, StopSign, available_with_gpu
from .native_embedder import MOST_TEXTS, NativeEmbedder, Tokens
from .native_log import NativeLog
from .vectors import vectors_to_text
from .wire import EmbedderOrder
from .work import Emit, Work

NICENESS = 5
"""A manual takes minutes on all cores; speech and the language model get three quarters of these meanwhile."""


class Embedding(Work):
    """A model that embeds, or ranks."""

    def __init__(self, order: EmbedderOrder, outlet: Outlet, stop_sign: StopSign) -> None:
        """Load it; raises EngineUnavailableError with the reason."""
        os.nice(NICENESS)
        self._outlet = outlet
        path, flag = Path(order.path), order.flag
        file = read_gguf(path, flag)
        available = available_with_gpu(order.available_bytes, order.gpu_layers)
        require(file.size, file.cache_bytes(BATCH), available, remedy=f"Choose a smaller model with {flag}.")
        log = NativeLog(outlet.log)
        self._model = NativeEmbedder(LoadOptions(path, BATCH, order.gpu_layers, order.threads, flag), log, stop_sign)
        if self._model.ranks != order.ranks:
            raise EngineUnavailableError(
                f"{path} {'ranks texts and embeds none' if self._model.ranks else 'embeds texts and ranks none'}.",
                remedy=f"Choose another with {flag}.",
            )
        self._model.warm_up()
        log.loading = False
        self.ready = {
            "model": file.name,
            "detail": self._model.place,
            "context": self._model.longest,
            "format": f"pooling: {self._model.pooling}",
            "dimensions": self._model.dimensions,
        }

    def carry_out(self, kind: str, request: Any, emit: Emit) -> int:
        """Embed texts, or rank them for a question; each batch is emitted when it is done."""
        if kind == RERANK:
            read = [self._model.pair(request["question"], text) for text in request["texts"]]
        else:
            read = [self._model.tokenize(text) for text in request["texts"]]
        if cut := sum(was_cut for _, was_cut in read):
            self._outlet.log(f"{cut} of {len(read)} texts were cut to {self._model.longest} tokens")
        for batch in batches([tokens for tokens, _ in read]):
            vectors = self._model.evaluate(batch)
            emit({"vectors": vectors_to_text(vectors[:, :1] if kind == RERANK else vectors)})
        return 0


def batches(texts: Sequence[Tokens]) -> Iterator[list[Tokens]]:
    """Yield the texts in their order, as many at a time as are evaluated at once."""
    batch: list[Tokens] = []
    for tokens in texts:
        if batch and (len(batch) == MOST_TEXTS or sum(map(len, batch)) + len(tokens) > BATCH):
            yield batch
            batch = []
        batch.append(tokens)
    if batch:
        yield batch
