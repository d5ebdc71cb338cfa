"""Makes stand-in models that have the real file formats and the real amount of arithmetic, and no training.

Whisper: a CTranslate2 folder that faster-whisper loads and that "hears" one sentence in any audio. Its decoder is a
chain: the output row of each word is the input embedding of the word before it, so whatever prompt it is given,
the first word follows the end of the prompt and the end of text follows the last word.

Piper: an ONNX voice with its JSON that piper-tts loads and that speaks noise, four frames of 256 samples for each
phoneme id. It has the layers of a voice as Piper exports it (VITS: text encoder, flow, HiFi-GAN) and costs what one
does, 0.07 of real time on one core, a quarter of it before the decoder; the durations are fixed, and nothing is random.

GGUF: a language model of Qwen2's shape that llama.cpp loads. What it writes freely is noise; under a grammar it is
valid. Its byte-pair vocabulary is learnt on the spot from English and Chinese sentences, so that token counts are real.

    python -m tests.stand_in_models whisper base FOLDER "turn on the kitchen light"
    python -m tests.stand_in_models piper medium VOICE.onnx
    python -m tests.stand_in_models gguf 0.5b MODEL.gguf
    python -m tests.stand_in_models sensevoice small FOLDER 打开厨房灯
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import onnx
from ctranslate2.specs import whisper_spec
from home_assistant_intents import get_intents
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

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
FRAMES_PER_ID = 4


@dataclass(frozen=True)
class PiperSize:
    """The dimensions of a Piper voice; those of "medium" are piper.train's."""

    width: int = 192
    text_layers: int = 6
    flow_layers: int = 16
    decoder_width: int = 256
    upsampling: tuple[tuple[int, int], ...] = ((8, 16), (8, 16), (4, 8))
    """Stride and kernel of each step; together 256 samples for each frame."""
    residual: tuple[tuple[int, tuple[int, ...]], ...] = ((3, (1, 2)), (5, (2, 6)), (7, (3, 12)))
    """Kernel and dilations of each block after a step."""


PIPER_SIZES = {
    "nano": PiperSize(width=16, text_layers=1, flow_layers=1, decoder_width=32, residual=((3, (1, 2)), (5, (2, 6)))),
    "medium": PiperSize(),
}


def make_piper(
    size: str, path: Path, *, language: str = "en_US", espeak_voice: str = "en-us", speakers: Sequence[str] = ()
) -> Path:
    """Write a voice and its JSON beside it; returns the path of the voice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = _PiperGraph(PIPER_SIZES[size])
    graph.save(path, speakers=len(speakers))
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
    """The graph of a voice, named as Piper names its inputs and its output."""

    def __init__(self, size: PiperSize) -> None:
        self._size = size
        self._noise = Noise()
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def save(self, path: Path, *, speakers: int) -> None:
        sound = self._decode(self._flow(self._stretch(self._encode())), self._speaker(speakers))
        self._nodes.append(helper.make_node("Unsqueeze", [sound, self._const(np.array([1], np.int64))], ["output"]))
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
        """Layers of attention and convolution over the whole sentence."""
        width = self._size.width
        embedded = self._op("Gather", self._const(self._noise(PIPER_IDS, width, scale=1.0)), "input", axis=0)
        x = self._op("Transpose", embedded, perm=[0, 2, 1])
        for _ in range(self._size.text_layers):
            query, key, value = (self._convolution(x, width, width, 1) for _ in range(3))
            scores = self._op("MatMul", self._op("Transpose", query, perm=[0, 2, 1]), key)
            attention = self._op("Transpose", self._op("Softmax", scores, axis=-1), perm=[0, 2, 1])
            x = self._op("Add", x, self._op("MatMul", value, attention))
            wide = self._op("Relu", self._convolution(x, width, 4 * width, 3))
            x = self._op("Tanh", self._op("Add", x, self._convolution(wide, 4 * width, width, 3)))
        return x

    def _stretch(self, x: str) -> str:
        """Give every phoneme its frames, by the second scale; the others take part, times nothing."""
        chosen = self._op("Mul", "scales", self._const(np.array([0, FRAMES_PER_ID, 0], np.float32)))
        frames = self._op("ReduceSum", chosen, self._const(np.array([0], np.int64)), keepdims=1)
        factors = self._op("Concat", self._const(np.ones(2, np.float32)), frames, axis=0)
        return self._op("Resize", x, "", factors, mode="nearest")

    def _flow(self, x: str) -> str:
        """WaveNet's gated convolutions over frames."""
        width = self._size.width
        for _ in range(self._size.flow_layers):
            gate = self._op("Sigmoid", self._convolution(x, width, width, 5))
            gated = self._op("Mul", self._op("Tanh", self._convolution(x, width, width, 5)), gate)
            x = self._op("Add", x, self._convolution(gated, width, width, 1))
        return x

    def _speaker(self, speakers: int) -> str | None:
        """Return what a speaker adds to every frame."""
        if not speakers:
            return None
        embedded = self._op("Gather", self._const(self._noise(speakers, self._size.width, scale=1.0)), "sid", axis=0)
        column = self._op("Unsqueeze", embedded, self._const(np.array([2], np.int64)))
        return self._convolution(column, self._size.width, self._size.decoder_width, 1)

    def _decode(self, x: str, speaker: str | None) -> str:
        width = self._size.decoder_width
        x = self._convolution(x, self._size.width, width, 7)
        if speaker is not None:
            x = self._op("Add", x, speaker)
        for stride, kernel in self._size.upsampling:
            weight = self._const(self._noise(width, width // 2, kernel, scale=(width * kernel / stride) ** -0.5))
            padding = [(kernel - stride) // 2] * 2
            rectified = self._op("LeakyRelu", x, alpha=0.1)
            x = self._op("ConvTranspose", rectified, weight, kernel_shape=[kernel], strides=[stride], pads=padding)
            width //= 2
            x = self._residual_blocks(x, width)
        return self._op("Tanh", self._convolution(self._op("LeakyRelu", x, alpha=0.01), width, 1, 7))

    def _residual_blocks(self, x: str, width: int) -> str:
        blocks = [self._residual_block(x, width, *block) for block in self._size.residual]
        total = blocks[0]
        for block in blocks[1:]:
            total = self._op("Add", total, block)
        return self._op("Div", total, self._const(np.float32(len(blocks))))

    def _residual_block(self, x: str, width: int, kernel: int, dilations: Sequence[int]) -> str:
        for dilation in dilations:
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


# --- GGUF ------------------------------------------------------------------------------------------------------------

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
    _gguf_dimensions(writer, dimensions)
    written = _gguf_tokens(writer, dimensions.vocabulary, special)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    _gguf_tensors(writer, dimensions, written)
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
    written = _gguf_tokens(writer, vocabulary, CHATML_TOKENS)
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


def _gguf_dimensions(writer: gguf.GGUFWriter, size: GgufSize) -> None:
    writer.add_context_length(32_768)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)


def _gguf_tokens(writer: gguf.GGUFWriter, size: int, special: SpecialTokens) -> list[bool]:
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
    tokenizer.train_from_iterator(_everyday_text(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    learnt = sorted(model["vocab"], key=lambda token: int(model["vocab"][token]))
    return tuple(learnt), tuple(" ".join(pair) for pair in model["merges"])


def _everyday_text() -> Iterator[str]:
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


def _gguf_tensors(writer: gguf.GGUFWriter, size: GgufSize, written: Sequence[bool]) -> None:
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


def main(arguments: Sequence[str]) -> None:
    """Make one model; see the module's docstring."""
    kind, size, target, *rest = arguments
    if kind == "whisper":
        make_whisper(size, Path(target), *rest)
    elif kind == "sensevoice":
        from tests.stand_in_sensevoice import make_sensevoice  # noqa: PLC0415 - which is made of what is here

        make_sensevoice(size, Path(target), *rest)
    elif kind == "gguf":
        make_gguf(size, Path(target))
    else:
        make_piper(size, Path(target))


if __name__ == "__main__":
    main(sys.argv[1:])
