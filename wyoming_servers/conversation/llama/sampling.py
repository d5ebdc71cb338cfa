"""Chooses the next token: the likeliest or one by chance, and only what the grammar allows."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt
from llama_cpp import llama_cpp as _bindings

from ...errors import EngineError
from ..formats.format import Grammar
from .native import Logits, NativeModel

_llama: Any = _bindings

CANDIDATES = 64
"""Likeliest tokens that are tried under the grammar before the whole vocabulary is."""
TOP_P = 0.95
"""Least likely tokens that together have 5 % are never drawn: llama.cpp's own default."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_Tokens = npt.NDArray[np.int64]


class Sampler:
    """Chooses the tokens of one answer."""

    def __init__(self, model: NativeModel, grammar: Grammar | None, temperature: float) -> None:
        """Create a sampler; raises EngineError for a grammar that llama.cpp cannot read."""
        self._temperature = temperature
        self._random = np.random.default_rng()
        self._rules = None if grammar is None else _Rules(model, grammar)

    def choose(self, logits: Logits) -> int:
        """Return the next token. It is tried first and the grammar asked then: that is cheap while speech is free."""
        token = self._draw(np.arange(len(logits)), logits)
        if self._rules is None or self._rules.allow(np.array([token]))[0]:
            return token
        allowed = _allowed(self._rules, logits)
        return self._draw(allowed, logits[allowed])

    def accept(self, token: int) -> None:
        """Follow the grammar with a token that was chosen and does not end the answer."""
        if self._rules is not None:
            self._rules.accept(token)

    def close(self) -> None:
        """Free the grammar."""
        if self._rules is not None:
            self._rules.close()
            self._rules = None

    def _draw(self, tokens: _Tokens, logits: Logits) -> int:
        if self._temperature <= 0 or len(tokens) == 1:
            return int(tokens[np.argmax(logits)])
        best_first = np.argsort(logits)[::-1][:CANDIDATES]
        weights = np.exp((logits[best_first] - logits[best_first[0]]).astype(np.float64) / self._temperature)
        weights /= weights.sum()
        kept = int(np.searchsorted(np.cumsum(weights), TOP_P)) + 1
        weights = weights[:kept] / weights[:kept].sum()
        return int(tokens[best_first[self._random.choice(len(weights), p=weights)]])


class _Rules:
    """A grammar of llama.cpp, and where in it the answer is."""

    def __init__(self, model: NativeModel, grammar: Grammar) -> None:
        self._sampler = _llama.llama_sampler_init_grammar(model.vocab, grammar.gbnf.encode(), grammar.root.encode())
        if not self._sampler:
            raise EngineError("llama.cpp cannot read the grammar of an answer.")

    def allow(self, tokens: _Tokens) -> npt.NDArray[np.bool_]:
        """Return for each token whether it may come next."""
        candidates = np.zeros(len(tokens), _CANDIDATE)
        candidates["id"] = tokens
        data = candidates.ctypes.data_as(ctypes.POINTER(_llama.llama_token_data))
        array = _llama.llama_token_data_array(data, len(tokens), -1, False)
        _llama.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return np.asarray(np.isfinite(candidates["logit"]), np.bool_)

    def accept(self, token: int) -> None:
        """Go on; only with a token that is allowed, for llama.cpp ends the process for any other."""
        _llama.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free it."""
        _llama.llama_sampler_free(self._sampler)


def _allowed(rules: _Rules, logits: Logits) -> _Tokens:
    """Return tokens that the grammar allows, among them the likeliest."""
    every = np.arange(len(logits))
    few = np.argpartition(logits, -CANDIDATES)[-CANDIDATES:] if len(logits) > CANDIDATES else every
    for tokens in (few, every):
        allowed = tokens[rules.allow(tokens)]
        if len(allowed):
            return allowed
    raise EngineError("The grammar of an answer allows no token of this model.")
