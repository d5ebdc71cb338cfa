"""The only place that calls llama.cpp: a model, its vocabulary, and one evaluated sequence of tokens."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as _bindings

from ...errors import EngineError, EngineUnavailableError
from .backends import kind_of_cpu, load_backends
from .gguf_file import LLM_FLAG
from .memory import available_bytes
from .native_log import NativeLog

_llama: Any = _bindings

BATCH = 512
"""Most tokens that are evaluated at once: llama.cpp's own size of a physical batch."""

_SEQUENCE = 0
_COPY = 1
"""A second sequence, which shares what it has with the first, to take a copy of its beginning."""
_CONTROL, _USER_DEFINED = 1 << 3, 1 << 4
_ABORTED = 2
_GPU = 1
"""ggml's type of a device with memory of its own."""

Logits = npt.NDArray[np.float32]


class AbortedError(Exception):
    """The evaluation was stopped because nobody wants it any more."""


@dataclass(frozen=True)
class LoadOptions:
    """How a model is loaded."""

    path: Path
    context: int
    gpu_layers: int
    threads: int
    flag: str = LLM_FLAG
    """Where people choose another."""


class StopSign:
    """Stops an evaluation that is under way, from any thread.

    llama.cpp asks a C function between any two steps of its computation. Libc's `strlen` is one that returns 0 until
    a byte is set: Python's lock, for which a Python function would wait, is never needed.
    """

    def __init__(self) -> None:
        self._flag = ctypes.create_string_buffer(2)
        strlen = ctypes.CDLL(None).strlen
        self.function = ctypes.cast(strlen, _llama.ggml_abort_callback)
        self.data = ctypes.cast(self._flag, ctypes.c_void_p)

    def raise_(self) -> None:
        """Stop what is being evaluated."""
        self._flag[0] = b"\1"

    def lower(self) -> None:
        """Let the next evaluation run."""
        self._flag[0] = b"\0"

    @property
    def raised(self) -> bool:
        """Whether evaluations are to stop."""
        return bool(self._flag[0] != b"\0")


def gpu_memory() -> int:
    """Return the free bytes of all GPUs that have memory of their own; integrated ones share the machine's."""
    load_backends()
    library = _llama._lib  # noqa: SLF001 - the bindings leave out the functions of ggml
    count, device_at, kind_of = (getattr(library, f"ggml_backend_dev_{name}") for name in ("count", "get", "type"))
    memory_of = library.ggml_backend_dev_memory
    count.restype, device_at.restype, memory_of.restype = ctypes.c_size_t, ctypes.c_void_p, None
    device_at.argtypes, kind_of.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    memory_of.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_size_t)]
    total = 0
    for index in range(count()):
        device = device_at(index)
        if kind_of(device) == _GPU:
            free, all_of_it = ctypes.c_size_t(), ctypes.c_size_t()
            memory_of(device, ctypes.byref(free), ctypes.byref(all_of_it))
            total += free.value
    return total


def available_with_gpu(available: int | None, gpu_layers: int) -> int | None:
    """Return the bytes that a model may take: of memory, or as many as are given, and of the GPUs that are used."""
    here = available_bytes() if available is None else available
    return here if here is None or gpu_layers == 0 else here + gpu_memory()


def load_weights(options: LoadOptions, log: NativeLog) -> Any:
    """Load a model and return llama.cpp's pointer to it; raises EngineUnavailableError with llama.cpp's own reason."""
    log.listen()
    load_backends()
    _llama.llama_backend_init()
    parameters = _llama.llama_model_default_params()
    parameters.n_gpu_layers = options.gpu_layers
    model = _llama.llama_model_load_from_file(str(options.path).encode(), parameters)
    if not model:
        raise _unloadable(options, log.reason)
    return model


class NativeModel:
    """A loaded model with room for one sequence of tokens."""

    def __init__(self, options: LoadOptions, log: NativeLog, stop_sign: StopSign) -> None:
        """Load a model; raises EngineUnavailableError with llama.cpp's own reason."""
        self.stop_sign = stop_sign
        self._model = load_weights(options, log)
        if _llama.llama_model_has_encoder(self._model) or not _llama.llama_model_has_decoder(self._model):
            raise EngineUnavailableError(
                f"{options.path} writes no text: it is an encoder.", remedy="Choose another with --llm-model."
            )
        self._vocab = _llama.llama_model_get_vocab(self._model)
        self.vocabulary = int(_llama.llama_vocab_n_tokens(self._vocab))
        self._pieces: dict[int, bytes] = {}
        self._tokens: dict[tuple[str, bool], tuple[int, ...]] = {}
        self.can_forget = not (
            _llama.llama_model_is_recurrent(self._model) or _llama.llama_model_is_hybrid(self._model)
        )
        """Whether the end of what was evaluated can be taken back. A recurrent state cannot."""
        self._context = self._make_context(options, log)
        self._memory = _llama.llama_get_memory(self._context)
        self.context = int(_llama.llama_n_ctx(self._context))
        self.place = log.place(options.threads, kind_of_cpu())
        self.on_gpu = not self.place.startswith("cpu")

    def _make_context(self, options: LoadOptions, log: NativeLog) -> Any:
        trained = int(_llama.llama_model_n_ctx_train(self._model))
        parameters = _llama.llama_context_default_params()
        parameters.n_ctx = min(options.context, trained) if trained > 0 else options.context
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_seq_max = 2 if self.can_forget else 1
        parameters.kv_unified = True
        parameters.swa_full = True  # else the beginning of a long prompt is gone and nothing can be reused
        parameters.n_threads = parameters.n_threads_batch = options.threads
        parameters.no_perf = True
        parameters.abort_callback = self.stop_sign.function
        parameters.abort_callback_data = self.stop_sign.data
        context = _llama.llama_init_from_model(self._model, parameters)
        if not context:
            raise EngineUnavailableError(
                f"There is no memory for a context of {parameters.n_ctx} tokens: {log.reason or 'no reason given'}.",
                remedy="Choose a smaller --llm-context, or a smaller model.",
            )
        return context

    @property
    def description(self) -> str:
        """What decides whether a saved state fits: architecture, size, quantisation and shape of the cache."""
        buffer = ctypes.create_string_buffer(256)
        _llama.llama_model_desc(self._model, buffer, len(buffer))
        flash = _llama.llama_context_default_params().flash_attn_type
        version = _llama.llama_version().decode()
        return f"{buffer.value.decode(errors='replace')};{version};{self.context};{flash};{self.place}"

    @property
    def chat_template(self) -> str | None:
        """The Jinja template in the file."""
        found = _llama.llama_model_chat_template(self._model, None)
        return found.decode("utf-8", errors="replace") if found else None

    @property
    def special_tokens(self) -> frozenset[str]:
        """The texts of all tokens that are more than text."""
        special = _CONTROL | _USER_DEFINED
        return frozenset(
            _llama.llama_vocab_get_text(self._vocab, token).decode("utf-8", errors="replace")
            for token in range(self.vocabulary)
            if _llama.llama_vocab_get_attr(self._vocab, token) & special
        )

    @property
    def vocab(self) -> Any:
        """The vocabulary, for grammars."""
        return self._vocab

    @property
    def begin(self) -> int | None:
        """The token that begins every text, of models that want one."""
        return int(_llama.llama_vocab_bos(self._vocab)) if _llama.llama_vocab_get_add_bos(self._vocab) else None

    def ends(self, token: int) -> bool:
        """Return whether a token ends an answer."""
        return bool(_llama.llama_vocab_is_eog(self._vocab, token))

    def tokenize(self, text: str, *, special: bool) -> tuple[int, ...]:
        """Return the tokens of a text on its own; with `special`, names of special tokens in it are those tokens."""
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 8
        tokens = (_llama.llama_token * room)()
        count = _llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, special)
        if count < 0:
            raise EngineError("The model's tokenizer failed.")
        return tuple(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Return the text of a token; it may be a part of a character."""
        known = self._pieces.get(token)
        if known is None:
            buffer = ctypes.create_string_buffer(256)
            size = _llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, True)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = _llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, True)
            known = self._pieces[token] = buffer.raw[:size]
        return known

    def evaluate(self, tokens: Sequence[int]) -> None:
        """Append at most `BATCH` tokens to the sequence; raises AbortedError if the stop sign was raised."""
        if self.stop_sign.raised:
            raise AbortedError
        array = (_llama.llama_token * len(tokens))(*tokens)
        status = _llama.llama_decode(self._context, _llama.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            _llama.llama_synchronize(self._context)
            return
        if status == _ABORTED or self.stop_sign.raised:
            raise AbortedError
        raise EngineError(f"The model could not evaluate the prompt: llama_decode returned {status}.")

    @property
    def evaluated(self) -> int:
        """How many tokens the sequence has."""
        return int(_llama.llama_memory_seq_pos_max(self._memory, _SEQUENCE)) + 1

    def warm_up(self) -> None:
        """Compute once, so that the first request finds the weights read and the memory in place."""
        self.evaluate((self.begin or 0,))
        self.clear()

    def forget_from(self, position: int) -> bool:
        """Take back all tokens from a position on; False if this model cannot."""
        return bool(_llama.llama_memory_seq_rm(self._memory, _SEQUENCE, position, -1))

    def clear(self) -> None:
        """Take back everything."""
        _llama.llama_memory_clear(self._memory, True)

    def logits(self) -> Logits:
        """Return how likely each token is to come next; valid until something is evaluated."""
        found = _llama.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(found, shape=(self.vocabulary,))

    def state(self, count: int) -> bytearray | None:
        """Return what was evaluated of the first `count` tokens.

        None if it cannot be told apart from the rest, or if there is no memory for a copy.
        """
        if count == self.evaluated:
            return self._state_of(_SEQUENCE)
        if not self.can_forget:
            return None
        _llama.llama_memory_seq_cp(self._memory, _SEQUENCE, _COPY, 0, count)
        try:
            return self._state_of(_COPY)
        finally:
            _llama.llama_memory_seq_rm(self._memory, _COPY, -1, -1)

    def _state_of(self, sequence: int) -> bytearray | None:
        size = int(_llama.llama_state_seq_get_size(self._context, sequence))
        available = available_bytes()
        if available is not None and size > available // 2:
            return None
        data = bytearray(size)
        view = (ctypes.c_uint8 * size).from_buffer(data)
        written = int(_llama.llama_state_seq_get_data(self._context, view, size, sequence))
        return data[:written] if written else None

    def restore(self, state: bytearray) -> bool:
        """Put back a saved state in place of everything; False, and nothing evaluated, if it does not fit."""
        self.clear()
        view = (ctypes.c_uint8 * len(state)).from_buffer(state)
        if _llama.llama_state_seq_set_data(self._context, view, len(state), _SEQUENCE):
            return True
        self.clear()
        return False


def _unloadable(options: LoadOptions, reason: str) -> EngineUnavailableError:
    if "unknown model architecture" in reason:
        architecture = reason.rpartition(":")[2].strip(" '")
        return EngineUnavailableError(
            f"llama.cpp {_llama.llama_version().decode()} does not know the architecture {architecture} of "
            f"{options.path}.",
            remedy=f"Update it with: pip install -U llama-cpp-python, or choose another with {options.flag}.",
        )
    return EngineUnavailableError(
        f"llama.cpp cannot load {options.path}: {reason or 'it gives no reason'}.",
        remedy=f"Download it again, or choose another with {options.flag}.",
    )
