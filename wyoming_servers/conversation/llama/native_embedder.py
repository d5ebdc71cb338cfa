"""llama.cpp as far as it embeds and ranks: whole texts in, one vector or score for each out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as _bindings

from ...errors import EngineError, EngineUnavailableError
from .backends import kind_of_cpu
from .native import AbortedError, LoadOptions, StopSign, load_weights
from .native_log import NativeLog

_llama: Any = _bindings

MOST_TEXTS = 64
"""Texts that are evaluated at once."""

_ABORTED = 2
_NONE, _MEAN, _CLS, _LAST, _RANK = range(5)
_POOLINGS = {_MEAN: "mean", _CLS: "first token", _LAST: "last token", _RANK: "rank"}
"""llama.cpp's types of pooling; the GGUF says which is the model's."""
_RERANKING = "rerank"
"""The name of the template of those rerankers that have one."""

Tokens = tuple[int, ...]
Vectors = npt.NDArray[np.float32]


class NativeEmbedder:
    """A loaded model that embeds, or ranks."""

    def __init__(self, options: LoadOptions, log: NativeLog, stop_sign: StopSign) -> None:
        """Load a model; raises EngineUnavailableError with llama.cpp's own reason, or if it is of another kind.

        `options.context` is the most tokens that are evaluated at once, and at most BATCH.
        """
        self.stop_sign = stop_sign
        self._model = load_weights(options, log)
        self._vocab = _llama.llama_model_get_vocab(self._model)
        self._context = self._make_context(options, log)
        pooling = int(_llama.llama_pooling_type(self._context))
        if pooling not in _POOLINGS:
            raise EngineUnavailableError(
                f"{options.path} embeds no texts: it says nothing of how its tokens become one vector.",
                remedy=f"Choose another with {options.flag}, such as bge-m3 or Qwen3-Embedding.",
            )
        self.pooling = _POOLINGS[pooling]
        self.ranks = pooling == _RANK
        size = _llama.llama_model_n_cls_out if self.ranks else _llama.llama_model_n_embd_out
        self.dimensions = int(size(self._model))
        trained = int(_llama.llama_model_n_ctx_train(self._model))
        self.longest = min(options.context, trained) if trained > 0 else options.context
        """Tokens of the longest text; what is longer is cut."""
        self.place = log.place(options.threads, kind_of_cpu())
        self._memory = _llama.llama_get_memory(self._context)
        self._batch = _llama.llama_batch_init(options.context, 0, 1)

    def _make_context(self, options: LoadOptions, log: NativeLog) -> Any:
        parameters = _llama.llama_context_default_params()
        # A text must fit into one physical batch: where all tokens see each other they cannot be computed in portions.
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = options.context
        parameters.n_seq_max = MOST_TEXTS
        parameters.kv_unified = True  # any number of texts share the room for tokens
        parameters.embeddings = True
        parameters.n_threads = parameters.n_threads_batch = options.threads
        parameters.no_perf = True
        parameters.abort_callback = self.stop_sign.function
        parameters.abort_callback_data = self.stop_sign.data
        context = _llama.llama_init_from_model(self._model, parameters)
        if not context:
            raise EngineUnavailableError(
                f"There is no memory to compute with {options.path}: {log.reason or 'no reason given'}.",
                remedy=f"Choose a smaller model with {options.flag}.",
            )
        return context

    def tokenize(self, text: str) -> tuple[Tokens, bool]:
        """Return the tokens of a text with those that begin and end one, and whether it had to be cut."""
        tokens = self._tokenize(text, special=False, whole=True) or (0,)
        if len(tokens) <= self.longest:
            return tokens, False
        ends = _llama.llama_vocab_get_add_eos(self._vocab) or _llama.llama_vocab_get_add_sep(self._vocab)
        return (*tokens[: self.longest - 1], tokens[-1] if ends else tokens[self.longest - 1]), True

    def pair(self, question: str, text: str) -> tuple[Tokens, bool]:
        """Return the tokens of a question and a text as rerankers read them, and whether the text had to be cut.

        With the model's template, where it has one; else with its tokens for begin, separator and end.
        """
        before, between, after = self._around(self._tokenize(question, special=False)[: self.longest // 2])
        tokens = self._tokenize(text, special=False)
        room = max(0, self.longest - len(before) - len(between) - len(after))
        return (*before, *between, *tokens[:room], *after)[: self.longest], len(tokens) > room

    def _around(self, question: Tokens) -> tuple[Tokens, Tokens, Tokens]:
        """Return the tokens up to the question's end, from there to the text, and behind the text."""
        template = _llama.llama_model_chat_template(self._model, _RERANKING.encode())
        if template:
            before, _, rest = template.decode("utf-8", errors="replace").partition("{query}")
            between, _, after = rest.partition("{document}")
            pieces = [self._tokenize(piece, special=True) for piece in (before, between, after)]
            return (*pieces[0], *question), pieces[1], pieces[2]
        vocab = self._vocab
        separator, end = int(_llama.llama_vocab_sep(vocab)), int(_llama.llama_vocab_eos(vocab))
        ends = ((separator if end < 0 else end),) if _llama.llama_vocab_get_add_eos(vocab) else ()
        begins = (int(_llama.llama_vocab_bos(vocab)),) if _llama.llama_vocab_get_add_bos(vocab) else ()
        parts = (separator,) if _llama.llama_vocab_get_add_sep(vocab) else ()
        return (*begins, *question), (*ends, *parts), ends or parts

    def _tokenize(self, text: str, *, special: bool, whole: bool = False) -> Tokens:
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 8
        tokens = (_llama.llama_token * room)()
        count = _llama.llama_tokenize(self._vocab, data, len(data), tokens, room, whole, special)
        if count < 0:
            raise EngineError("The model's tokenizer failed.")
        return tuple(tokens[:count])

    def evaluate(self, texts: Sequence[Tokens]) -> Vectors:
        """Return a row for each text: its embedding of length 1, or what the model says of a pair.

        At most `MOST_TEXTS` texts and `BATCH` tokens, none of them empty. Raises AbortedError if the stop sign was
        raised.
        """
        if self.stop_sign.raised:
            raise AbortedError
        self._fill(texts)
        status = _llama.llama_decode(self._context, self._batch)
        if self._memory:
            _llama.llama_memory_clear(self._memory, False)
        if status == _ABORTED or self.stop_sign.raised:
            raise AbortedError
        if status != 0:
            raise EngineError(f"The model could not evaluate a text: llama_decode returned {status}.")
        rows = np.stack([self._row(number) for number in range(len(texts))])
        return rows if self.ranks else rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def _fill(self, texts: Sequence[Tokens]) -> None:
        batch, at = self._batch, 0
        for number, tokens in enumerate(texts):
            for position, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
                batch.seq_id[at][0], batch.logits[at] = number, 1
                at += 1
        batch.n_tokens = at

    def _row(self, number: int) -> Vectors:
        found = _llama.llama_get_embeddings_seq(self._context, number)
        if not found:
            raise EngineError("The model gave no vector for a text.")
        return np.ctypeslib.as_array(found, shape=(self.dimensions,)).copy()

    def warm_up(self) -> None:
        """Compute once, so that the first request finds the weights read and the memory in place."""
        self.evaluate([self.tokenize(".")[0]])
