"""A stand-in of a Piper voice: ONNX with its JSON, which piper-tts loads, and which speaks noise.

It speaks four frames of 256 samples for each phoneme id. It has the layers of a voice as Piper exports it (VITS: text
encoder, flow, HiFi-GAN) and costs what one does, 0.07 of real time on one core, a quarter of it before the decoder;
the durations are fixed, and nothing is random.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.stand_in_noise import Noise

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
