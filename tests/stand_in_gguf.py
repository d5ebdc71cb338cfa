"""A stand-in of a language model as GGUF: of Qwen2's shape, which llama.cpp loads.

What it writes freely is noise; under a grammar it is valid. Its byte-pair vocabulary is learnt on the spot from English
and Chinese sentences, so that token counts are real.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from home_assistant_intents import get_intents
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from tests.stand_in_noise import Noise

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if tools %}<tool_call></tool_call>{% endif %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The parts of Qwen's template by which its format is known."""


@dataclass(frozen=True)
class SpecialTokens:
    """The tokens that are no text, or more than text."""

    control: tuple[str, ...] = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    """Never text; the last one ends an answer."""
    marks: tuple[str, ...] = ("<tool_call>", "</tool_call>", "<think>", "</think>")
    """Written as text too."""
    begin: str | None = None
    """What is put before a prompt, by models that want it."""


CHATML_TOKENS = SpecialTokens()

_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How llama.cpp's `qwen2` cuts a text before it looks for pairs."""

_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5


@dataclass(frozen=True)
class GgufSize:
    """The dimensions of a language model."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int


GGUF_SIZES = {
    "nano": GgufSize(2, 64, 4, 2, 128, 4096),
    "mid": GgufSize(12, 512, 8, 2, 1536, 8192),
    "0.5b": GgufSize(24, 896, 14, 2, 4864, 32_000),
}


def make_gguf(
    size: str,
    path: Path,
    *,
    chat_template: str | None = CHATML,
    special: SpecialTokens = CHATML_TOKENS,
    name: str = "stand-in",
) -> Path:
    """Write a language model; returns its path. What it writes freely is text without an end."""
    dimensions = GGUF_SIZES[size]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name(name)
    gguf_dimensions(writer, dimensions)
    written = gguf_tokens(writer, dimensions.vocabulary, special)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    gguf_tensors(writer, dimensions, written)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def make_recurrent_gguf(path: Path) -> Path:
    """Write a small model of Mamba's shape, which cannot take back what it has read; returns its path."""
    layers, width, inner, state, kernel, rank, vocabulary = 2, 64, 128, 8, 4, 4, 4096
    writer = gguf.GGUFWriter(str(path), "mamba")
    writer.add_name("stand-in")
    writer.add_context_length(32_768)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_block_count(layers)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    written = gguf_tokens(writer, vocabulary, CHATML_TOKENS)
    writer.add_chat_template(CHATML)
    noise = Noise()
    output = noise(vocabulary, width, scale=0.5)
    output[~np.asarray(written)] = 0
    tensors = {"token_embd.weight": noise(vocabulary, width, scale=1.0), "output.weight": output}
    tensors["output_norm.weight"] = np.ones(width, np.float32)
    for layer in range(layers):
        tensors |= {
            f"blk.{layer}.{name}": weights
            for name, weights in {
                "attn_norm.weight": np.ones(width, np.float32),
                "ssm_in.weight": noise(2 * inner, width, scale=0.3),
                "ssm_conv1d.weight": noise(inner, kernel, scale=0.5),
                "ssm_conv1d.bias": np.zeros(inner, np.float32),
                "ssm_x.weight": noise(rank + 2 * state, inner, scale=0.3),
                "ssm_dt.weight": noise(inner, rank, scale=0.3),
                "ssm_dt.bias": np.zeros(inner, np.float32),
                "ssm_a": np.full((inner, state), -0.001, np.float32),  # it forgets slowly
                "ssm_d": np.ones(inner, np.float32),
                "ssm_out.weight": noise(width, inner, scale=0.3),
            }.items()
        }
    for name, weights in tensors.items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def gguf_dimensions(writer: gguf.GGUFWriter, size: GgufSize) -> None:
    writer.add_context_length(32_768)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)


def gguf_tokens(writer: gguf.GGUFWriter, size: int, special: SpecialTokens) -> list[bool]:
    """Add the vocabulary; returns for each token whether the model may write it of its own accord."""
    room = size - len(special.control) - len(special.marks)
    learnt, merges = _byte_pairs(room)
    unused = [f"<unused{number}>" for number in range(room - len(learnt))]
    tokens = [*learnt, *unused, *special.control, *special.marks]
    kinds = ((learnt, _NORMAL), (unused, _UNUSED), (special.control, _CONTROL), (special.marks, _USER_DEFINED))
    types = [kind for members, kind in kinds for _ in members]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(list(merges))
    writer.add_eos_token_id(tokens.index(special.control[-1]))
    writer.add_bos_token_id(tokens.index(special.begin or special.control[0]))
    writer.add_add_bos_token(special.begin is not None)
    return [kind not in {_UNUSED, _CONTROL} for kind in types]


@lru_cache
def _byte_pairs(most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Learn tokens, at most so many, and the pairs that they are made of."""
    tokenizer = Tokenizer(models.BPE())
    spell = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(_PIECES), "isolated"), spell])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=most, min_frequency=2, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    tokenizer.train_from_iterator(everyday_text(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    learnt = sorted(model["vocab"], key=lambda token: int(model["vocab"][token]))
    return tuple(learnt), tuple(" ".join(pair) for pair in model["merges"])


def everyday_text() -> Iterator[str]:
    """Yield sentences and answers of Home Assistant in English and Chinese, and what Sotto says of itself."""
    for language in ("en", "zh-CN"):
        for text in _strings(get_intents(language)):
            yield re.sub(r"[][()|<>{}_]+", " ", text)
            yield text
    root = Path(__file__).parents[1]
    for path in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")]):
        yield path.read_text(encoding="utf-8")
    for path in sorted(root.glob("wyoming_servers/**/*.py")):
        yield path.read_text(encoding="utf-8")


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _strings(key)
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)


def gguf_tensors(writer: gguf.GGUFWriter, size: GgufSize, written: Sequence[bool]) -> None:
    noise = Noise()
    q8 = gguf.GGMLQuantizationType.Q8_0
    made: dict[tuple[str, int, int], Any] = {}

    def matrix(name: str, outputs: int, inputs: int, layer: int = 0) -> None:
        kind = (name, outputs, inputs)
        if kind not in made:  # all layers share their weights: they cost the same, and take less time to make
            weights = noise(outputs, inputs)
            if name == "output":  # never as likely as the likeliest of the others
                weights[~np.asarray(written)] = 0
            made[kind] = gguf.quants.quantize(weights, q8)
        full = f"blk.{layer}.{name}.weight" if name not in {"token_embd", "output"} else f"{name}.weight"
        writer.add_tensor(full, made[kind], raw_dtype=q8)

    kv_width = size.width // size.heads * size.kv_heads
    ones = np.ones(size.width, np.float32)
    matrix("token_embd", size.vocabulary, size.width)
    matrix("output", size.vocabulary, size.width)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(size.layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)
        for name, outputs in (("attn_q", size.width), ("attn_k", kv_width), ("attn_v", kv_width)):
            matrix(name, outputs, size.width, layer)
            writer.add_tensor(f"blk.{layer}.{name}.bias", np.zeros(outputs, np.float32))
        matrix("attn_output", size.width, size.width, layer)
        matrix("ffn_gate", size.feed_forward, size.width, layer)
        matrix("ffn_up", size.feed_forward, size.width, layer)
        matrix("ffn_down", size.width, size.feed_forward, layer)
