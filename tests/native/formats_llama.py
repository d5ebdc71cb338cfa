"""A real llama.cpp with a stand-in model, which says what a grammar allows and writes by chance what it does."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llama_cpp")

from tests import stand_in_gguf
from wyoming_servers.conversation.engine import ChatRequest
from wyoming_servers.conversation.formats.characters import Characters
from wyoming_servers.conversation.formats.format import Format, Grammar, Part
from wyoming_servers.conversation.llama.native import LoadOptions, Logits, NativeModel, StopSign
from wyoming_servers.conversation.llama.native_log import NativeLog
from wyoming_servers.conversation.llama.sampling import Sampler

_TOKENS = stand_in_gguf.SpecialTokens(
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
_SIZE = stand_in_gguf.GgufSize(layers=1, width=64, heads=4, kv_heads=2, feed_forward=128, vocabulary=1_100)
LONGEST = 4_000


@lru_cache(maxsize=1)
def model() -> NativeModel:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(stand_in_gguf.GGUF_SIZES, "formats", _SIZE)
        path = stand_in_gguf.make_gguf("formats", Path(folder) / "model.gguf", special=_TOKENS)
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
    """Return an answer that a model writes by chance under the request's grammar, after a given beginning.

    With an even seed the product's own sampler chooses, with an odd one all that is allowed may come.
    """
    native = model()
    random = np.random.default_rng(seed)
    sampler = Sampler(native, format_.grammar(request), request.temperature)
    sampler._random = random
    choose = sampler.choose if seed % 2 == 0 else partial(_any_allowed, sampler, random)
    hurry = _hurry()
    parser, characters = format_.parser(request), Characters()
    given = list(native.tokenize(begin, special=True))
    written, parts, ended = "", [], False
    native.clear()
    native.evaluate((seed % 256,))
    try:
        for _ in range(request.max_tokens):
            token = given.pop(0) if given else choose(native.logits() + hurry)
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


@lru_cache(maxsize=1)
def _hurry() -> Logits:
    """Return what makes the end of an answer and of a string likelier: noise would be at it for long."""
    native = model()
    ends = [native.ends(token) or native.piece(token)[:1] in {b'"', b"<"} for token in range(native.vocabulary)]
    return 3 * np.array(ends, np.float32)


def _any_allowed(sampler: Sampler, random: np.random.Generator, logits: Logits) -> int:
    assert sampler._rules is not None
    allowed = np.flatnonzero(sampler._rules.allow(np.arange(len(logits))))
    noise = random.gumbel(size=len(allowed))  # the greatest sum is a draw from the softmax
    return int(allowed[np.argmax(logits[allowed] + noise)])
