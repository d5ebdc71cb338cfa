"""Makes stand-in models that have the real file formats and the real amount of arithmetic, and no training.

Whisper: a CTranslate2 folder that faster-whisper loads and that "hears" one sentence in any audio. Its decoder is a
chain: the output row of each word is the input embedding of the word before it, so whatever prompt it is given,
the first word follows the end of the prompt and the end of text follows the last word.

Piper: an ONNX voice with its JSON that piper-tts loads and that speaks noise, four frames of 256 samples for each
phoneme id.

    python -m tests.stand_in_models whisper base FOLDER "turn on the kitchen light"
    python -m tests.stand_in_models piper medium VOICE.onnx
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from ctranslate2.specs import whisper_spec
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

Weights = npt.NDArray[np.float32]

SENTENCE = "turn on the kitchen light"


class Noise:
    """Small random weights, the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._generator = np.random.default_rng(seed)

    def __call__(self, *shape: int, scale: float = 0.02) -> Weights:
        return self._generator.standard_normal(shape, np.float32) * np.float32(scale)


# --- Whisper ---------------------------------------------------------------------------------------------------------

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


# --- Piper -----------------------------------------------------------------------------------------------------------

PIPER_SYMBOLS = (
    "abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞βθχᵻⱱ"  # noqa: RUF001 - they are phonemes
    " .,!?:;-'\"()"
)
PIPER_IDS = 256
UPSAMPLING = ((8, 16), (8, 16), (2, 4), (2, 4))
"""Stride and kernel of each step; together 256 samples for each frame."""


@dataclass(frozen=True)
class PiperSize:
    """The dimensions of a Piper voice."""

    width: int
    decoder_width: int
    flow_layers: int
    kernels: tuple[int, ...]


PIPER_SIZES = {"nano": PiperSize(16, 32, 1, (3,)), "medium": PiperSize(192, 512, 16, (3, 5, 7))}


def make_piper(
    size: str, path: Path, *, language: str = "en_US", espeak_voice: str = "en-us", speakers: Sequence[str] = ()
) -> Path:
    """Write a voice and its JSON beside it; returns the path of the voice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = _PiperGraph(PIPER_SIZES[size])
    graph.save(path, speakers=bool(speakers))
    config = _piper_config(size, language, espeak_voice, speakers)
    path.with_name(path.name + ".json").write_text(json.dumps(config), encoding="utf-8")
    return path


def _piper_config(size: str, language: str, espeak_voice: str, speakers: Sequence[str]) -> dict[str, Any]:
    family, _, region = language.partition("_")
    ids = {"_": [0], "^": [1], "$": [2]}
    ids |= {symbol: [number + 3] for number, symbol in enumerate(PIPER_SYMBOLS)}
    return {
        "audio": {"sample_rate": 22_050, "quality": size},
        "espeak": {"voice": espeak_voice},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": ids,
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "num_symbols": PIPER_IDS,
        "num_speakers": len(speakers) or 1,
        "speaker_id_map": {name: number for number, name in enumerate(speakers)},
        "piper_version": "1.0.0",
        "dataset": "stand-in",
        "language": {"code": language, "family": family, "region": region},
    }


class _PiperGraph:
    """Embedding, residual convolutions in place of the flow, and HiFi-GAN's shape of upsampling."""

    def __init__(self, size: PiperSize) -> None:
        self._size = size
        self._noise = Noise()
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def save(self, path: Path, *, speakers: bool) -> None:
        output = self._decode(self._encode())
        self._nodes.append(helper.make_node("Identity", [output], ["output"]))
        described = helper.make_tensor_value_info
        inputs = [
            described("input", TensorProto.INT64, [1, "phonemes"]),
            described("input_lengths", TensorProto.INT64, [1]),
            described("scales", TensorProto.FLOAT, [3]),
        ]
        if speakers:
            inputs.append(described("sid", TensorProto.INT64, [1]))
        outputs = [described("output", TensorProto.FLOAT, None)]
        graph = helper.make_graph(self._nodes, "voice", inputs, outputs, self._weights)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), str(path))

    def _encode(self) -> str:
        size = self._size
        embedded = self._op("Gather", self._const(self._noise(PIPER_IDS, size.width, scale=1.0)), "input", axis=0)
        x = self._op("Transpose", embedded, perm=[0, 2, 1])
        # The scales take part, times nothing, so that the runtime keeps the input.
        sum_of_scales = self._op("ReduceSum", "scales", self._const(np.array([0], np.int64)), keepdims=0)
        x = self._op("Add", x, self._op("Mul", sum_of_scales, self._const(np.float32(0))))
        x = self._op("Resize", x, "", self._const(np.array([1, 1, 4], np.float32)), mode="nearest")
        for _ in range(size.flow_layers):
            x = self._op("Add", x, self._op("Tanh", self._convolution(x, size.width, size.width, 5)))
        return x

    def _decode(self, x: str) -> str:
        width = self._size.decoder_width
        x = self._convolution(x, self._size.width, width, 7)
        for stride, kernel in UPSAMPLING:
            weight = self._const(self._noise(width, width // 2, kernel, scale=(width * kernel) ** -0.5))
            padding = [(kernel - stride) // 2] * 2
            rectified = self._op("LeakyRelu", x, alpha=0.1)
            x = self._op("ConvTranspose", rectified, weight, kernel_shape=[kernel], strides=[stride], pads=padding)
            width //= 2
            x = self._residual_blocks(x, width)
        x = self._convolution(self._op("LeakyRelu", x, alpha=0.01), width, 1, 7)
        return self._op("Unsqueeze", self._op("Tanh", x), self._const(np.array([1], np.int64)))

    def _residual_blocks(self, x: str, width: int) -> str:
        for kernel in self._size.kernels:
            for dilation in (1, 3):
                rectified = self._op("LeakyRelu", x, alpha=0.1)
                x = self._op("Add", x, self._convolution(rectified, width, width, kernel, dilation))
        return x

    def _convolution(self, x: str, inputs: int, outputs: int, kernel: int, dilation: int = 1) -> str:
        weight = self._const(self._noise(outputs, inputs, kernel, scale=(inputs * kernel) ** -0.5))
        bias = self._const(np.zeros(outputs, np.float32))
        padding = [dilation * (kernel - 1) // 2] * 2
        return self._op("Conv", x, weight, bias, kernel_shape=[kernel], pads=padding, dilations=[dilation])

    def _const(self, array: Any) -> str:
        name = f"weight{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name


def main(arguments: Sequence[str]) -> None:
    """Make one model; see the module's docstring."""
    kind, size, target, *rest = arguments
    if kind == "whisper":
        make_whisper(size, Path(target), *rest)
    else:
        make_piper(size, Path(target))


if __name__ == "__main__":
    main(sys.argv[1:])
