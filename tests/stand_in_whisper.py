"""A stand-in of Whisper: a CTranslate2 folder that faster-whisper loads, and that "hears" one sentence in any audio.

Its decoder is a chain: the output row of each word is the input embedding of the word before it, so whatever prompt it
is given, the first word follows the end of the prompt and the end of text follows the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from tests.stand_in_noise import SENTENCE, Noise

_LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
)
WHISPER_LANGUAGES = tuple(_LANGUAGES.split())
"""In the order of their tokens."""

WORD_TOKENS = 50_257
"""Byte-pair tokens before the special ones, in the multilingual models."""

CONTEXT_TOKENS = 448
CONTEXT_FRAMES = 1_500


@dataclass(frozen=True)
class WhisperSize:
    """The dimensions of a Whisper model."""

    layers: int
    heads: int
    width: int


WHISPER_SIZES = {
    "nano": WhisperSize(1, 2, 64),
    "tiny": WhisperSize(4, 6, 384),
    "base": WhisperSize(6, 8, 512),
    "small": WhisperSize(12, 12, 768),
}


def make_whisper(size: str, folder: Path, sentence: str = SENTENCE, *, multilingual: bool = True) -> Path:
    """Write a model that hears `sentence`, whose words must differ; returns the folder."""
    tokenizer = _whisper_tokenizer(sentence.split(), multilingual=multilingual)
    spec = _whisper_spec(WHISPER_SIZES[size], tokenizer, len(sentence.split()))
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _whisper_tokenizer(words: Sequence[str], *, multilingual: bool) -> Any:
    if len(set(words)) != len(words):
        raise ValueError("The words of the sentence must differ.")
    spell = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    entries = [*sorted(pre_tokenizers.ByteLevel.alphabet())]
    entries += [spell.pre_tokenize_str(f" {word}")[0][0] for word in words]
    word_tokens = WORD_TOKENS if multilingual else WORD_TOKENS - 1
    entries += [f"unused{number}" for number in range(word_tokens - len(entries))]
    if multilingual:
        entries[-1] = ""  # it is by this token that CTranslate2 4.8 knows a multilingual model
    tokenizer = Tokenizer(models.BPE(vocab={entry: number for number, entry in enumerate(entries)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _special_tokens()])
    return tokenizer


def _special_tokens() -> list[str]:
    names = ["endoftext", "startoftranscript", *WHISPER_LANGUAGES]
    names += ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    names += [f"{number * 0.02:.2f}" for number in range(CONTEXT_FRAMES + 1)]
    return [f"<|{name}|>" for name in names]


def _whisper_spec(size: WhisperSize, tokenizer: Any, words: int) -> Any:
    noise = Noise()
    spec = whisper_spec.WhisperSpec(size.layers, size.heads, size.layers, size.heads)  # type: ignore[no-untyped-call]
    _fill_encoder(spec.encoder, size.width, noise)
    _fill_decoder(spec.decoder, size.width, noise)
    _chain_words(spec.decoder, tokenizer, words, size.width)
    by_number = {number: token for token, number in tokenizer.get_vocab(with_added_tokens=True).items()}
    spec.register_vocabulary([by_number[number] for number in range(len(by_number))])
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{language}|>") for language in WHISPER_LANGUAGES]
    spec.config.alignment_heads = [[0, 0]]
    return spec


def _fill_encoder(encoder: Any, width: int, noise: Noise) -> None:
    for convolution, inputs in ((encoder.conv1, 80), (encoder.conv2, width)):
        convolution.weight, convolution.bias = noise(width, inputs, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = noise(CONTEXT_FRAMES, width)
    _fill_norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        _fill_layer(layer, width, noise)


def _fill_decoder(decoder: Any, width: int, noise: Noise) -> None:
    decoder.position_encodings.encodings = noise(CONTEXT_TOKENS, width)
    decoder.scale_embeddings = False
    _fill_norm(decoder.layer_norm, width)
    for layer in decoder.layer:
        _fill_layer(layer, width, noise)
        _fill_norm(layer.attention.layer_norm, width)
        for linear, outputs in zip(layer.attention.linear, (width, 2 * width, width), strict=True):
            _fill_linear(linear, outputs, width, noise)


def _fill_layer(layer: Any, width: int, noise: Noise) -> None:
    _fill_norm(layer.self_attention.layer_norm, width)
    _fill_norm(layer.ffn.layer_norm, width)
    _fill_linear(layer.self_attention.linear[0], 3 * width, width, noise)
    _fill_linear(layer.self_attention.linear[1], width, width, noise)
    _fill_linear(layer.ffn.linear_0, 4 * width, width, noise)
    _fill_linear(layer.ffn.linear_1, width, 4 * width, noise)


def _fill_norm(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _fill_linear(linear: Any, outputs: int, inputs: int, noise: Noise) -> None:
    linear.weight, linear.bias = noise(outputs, inputs), np.zeros(outputs, np.float32)


def _chain_words(decoder: Any, tokenizer: Any, words: int, width: int) -> None:
    """Make each word's output row the input embedding of what comes before it."""
    size = tokenizer.get_vocab_size()
    noise = Noise(seed=1)
    inputs, outputs = noise(size, width, scale=4.0), noise(size, width, scale=0.005)
    first_word = 256
    sentence = [*range(first_word, first_word + words)]
    for before, after in zip(sentence, [*sentence[1:], tokenizer.token_to_id("<|endoftext|>")], strict=True):
        outputs[after] = inputs[before] * 0.2
    start = inputs[tokenizer.token_to_id("<|notimestamps|>")]
    for token in ("<|transcribe|>", "<|startoftranscript|>", *(f"<|{k * 0.02:.2f}|>" for k in range(51))):
        inputs[tokenizer.token_to_id(token)] = start
    outputs[sentence[0]] = start * 0.2
    decoder.embeddings.weight, decoder.projection.weight = inputs, outputs
