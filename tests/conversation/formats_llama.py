"""A real llama.cpp with a stand-in model, which says what a grammar allows and writes by chance what it does."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llama_cpp")

from tests import stand_in_models
from wyoming_servers.conversation.engine import ChatRequest
from wyoming_servers.conversation.formats.characters import Characters
from wyoming_servers.conversation.formats.format import Format, Grammar, Part
from wyoming_servers.conversation.llama.native import LoadOptions, NativeModel, StopSign
from wyoming_servers.conversation.llama.native_log import NativeLog
from wyoming_servers.conversation.llama.sampling import Sampler

_TOKENS = stand_in_models.SpecialTokens(
    marks=(
        "<tool_call>",
        "</tool_call>",
        "<think>",
        "</think>",
        "[TOOL_CALLS]",
        "[ARGS]",
        "[CALL_ID]",
        "<|tool_call>",
        "<tool_call|>",
        '<|"|>',
        "<|channel>",
        "<|python_tag|>",
    )
)
"""Marks are one token, as in the models that know them; their text can also be written in pieces."""
_SIZE = stand_in_models.GgufSize(layers=1, width=64, heads=4, kv_heads=2, feed_forward=128, vocabulary=1_100)
_END_BIAS = np.float32(1.5)
"""So that not every answer has as many calls as it may."""
LONGEST = 4_000


@lru_cache(maxsize=1)
def model() -> NativeModel:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(stand_in_models.GGUF_SIZES, "formats", _SIZE)
        path = stand_in_models.make_gguf("formats", Path(folder) / "model.gguf", special=_TOKENS)
        return NativeModel(LoadOptions(path, 8_192, 0, 1), NativeLog(lambda _: None), StopSign())


def accepts(grammar: Grammar, text: str) -> bool:
    """Return whether a model may write this and end there."""
    return _follow(grammar, text) is True


def begins(grammar: Grammar, text: str) -> bool:
    """Return whether a model may begin so."""
    return _follow(grammar, text) is not None


def _follow(grammar: Grammar, text: str) -> bool | None:
    """Return whether the answer may end after this text; None if the text may not be written."""
    native = model()
    sampler = Sampler(native, grammar, 0.0)
    rules = sampler._rules
    assert rules is not None
    try:
        for token in native.tokenize(text, special=False):
            if not rules.allow(np.array([token]))[0]:
                return None
            rules.accept(token)
        ends = [token for token in range(native.vocabulary) if native.ends(token)]
        return bool(rules.allow(np.array(ends)).any())
    finally:
        sampler.close()


@dataclass
class Written:
    """What a model wrote."""

    text: str
    parts: list[Part]
    ended: bool


def write(format_: Format, request: ChatRequest, seed: int, begin: str = "") -> Written:
    """Return an answer that a model writes by chance under the request's grammar, after a given beginning."""
    native = model()
    sampler = Sampler(native, format_.grammar(request), request.temperature)
    sampler._random = np.random.default_rng(seed)
    ends = np.array([native.ends(token) for token in range(native.vocabulary)], np.float32)
    parser, characters = format_.parser(request), Characters()
    given = list(native.tokenize(begin, special=True))
    written, parts, ended = "", [], False
    native.clear()
    native.evaluate((seed % 256,))
    try:
        for _ in range(request.max_tokens):
            token = given.pop(0) if given else sampler.choose(native.logits() + _END_BIAS * ends)
            if native.ends(token):
                ended = True
                break
            sampler.accept(token)
            text = characters.decode(native.piece(token))
            written += text
            parts += parser.feed(text)
            native.evaluate((token,))
    finally:
        sampler.close()
    return Written(written, [*parts, *parser.finish()], ended)
