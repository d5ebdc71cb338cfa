"""Makes a stand-in SenseVoice model, as sherpa-onnx's export writes one: the real format and arithmetic, no training.

The graph has the layers of SenseVoiceSmall (attention with a memory of eleven frames, and a feed-forward), multiplied
in 8 bit as in model.int8.onnx, and what they compute takes part in the output. Frame after frame, the output is then
set to one sentence after the tags that SenseVoice writes: the language that was asked for (Chinese if it is to find
out), a mood, an event and whether punctuation is written, which it is if that was asked for. A further event follows
the sentence.

    python -m tests.stand_in_models sensevoice small FOLDER 打开厨房灯
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.stand_in_noise import SENTENCE, Noise

LANGUAGE_IDS = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12, "nospeech": 13}
WITH_ITN, WITHOUT_ITN = 14, 15
QUERIES = 16
"""Entries that the four queries before the frames are taken from."""
LFR_WINDOW, LFR_SHIFT, MEL_BANDS = 7, 6, 80
FEATURES = LFR_WINDOW * MEL_BANDS
FULL_STOP = "。"
_TAGS = ("HAPPY", "Speech", "Laughter", "withitn", "woitn", *(code for code in LANGUAGE_IDS if code != "auto"))


@dataclass(frozen=True)
class SenseVoiceSize:
    """The dimensions of a model; those of "small" are SenseVoiceSmall's."""

    layers: int = 70
    width: int = 512
    feed_forward: int = 2048
    vocabulary: int = 25_055


SENSEVOICE_SIZES = {
    "nano": SenseVoiceSize(layers=1, width=32, feed_forward=64, vocabulary=64),
    "small": SenseVoiceSize(),
}


def make_sensevoice(size: str, folder: Path, sentence: str = SENTENCE) -> Path:
    """Write a model that hears `sentence`, in which no two words, or characters without spaces, are alike side by side.

    Returns the folder.
    """
    dimensions = SENSEVOICE_SIZES[size]
    tokens = _tokens(sentence, dimensions.vocabulary)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(tokens)), "utf-8")
    model = _Graph(dimensions).model(_schedules(sentence, tokens))
    helper.set_model_props(model, _metadata(dimensions.vocabulary))
    onnx.save(model, str(folder / "model.int8.onnx"))
    return folder


def _pieces(sentence: str) -> list[str]:
    return [f"▁{word}" for word in sentence.split()] if " " in sentence else list(sentence)


def _tokens(sentence: str, vocabulary: int) -> list[str]:
    tags = [f"<|{tag}|>" for tag in _TAGS]
    tokens = ["<unk>", "<s>", "</s>", *_pieces(sentence), FULL_STOP, *tags]
    return [*tokens, *(f"unused{number}" for number in range(vocabulary - len(tokens)))]


def _schedules(sentence: str, tokens: Sequence[str]) -> Any:
    """Return the tokens of all frames but the first for each way to write, and of the first for each language.

    The last token is that of all frames that follow.
    """
    rows = np.zeros((QUERIES, len(_pieces(sentence)) + 6), np.int64)
    for itn, tag in ((WITH_ITN, "withitn"), (WITHOUT_ITN, "woitn")):
        end = [FULL_STOP] if itn == WITH_ITN else []
        heard = ["<|HAPPY|>", "<|Speech|>", f"<|{tag}|>", *_pieces(sentence), *end, "<|Laughter|>"]
        rows[itn, : len(heard)] = [tokens.index(token) for token in heard]
    return rows, np.array([tokens.index(f"<|{_spoken(number)}|>") for number in range(QUERIES)])


def _spoken(number: int) -> str:
    return next((code for code, each in LANGUAGE_IDS.items() if each == number and code != "auto"), "zh")


def _metadata(vocabulary: int) -> dict[str, str]:
    return {
        "lfr_window_size": str(LFR_WINDOW),
        "lfr_window_shift": str(LFR_SHIFT),
        "normalize_samples": "0",
        "neg_mean": ",".join(["-8.0"] * FEATURES),
        "inv_stddev": ",".join(["0.2"] * FEATURES),
        "model_type": "sense_voice_ctc",
        "version": "2",
        "model_author": "nobody",
        "vocab_size": str(vocabulary),
        "comment": "stand-in",
        "with_itn": str(WITH_ITN),
        "without_itn": str(WITHOUT_ITN),
        **{f"lang_{code}": str(number) for code, number in LANGUAGE_IDS.items()},
    }


class _Graph:
    """The graph, with the inputs and the output of sherpa-onnx's export."""

    def __init__(self, size: SenseVoiceSize) -> None:
        self._size = size
        self._noise = Noise()
        self._random = np.random.default_rng(1)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def model(self, schedules: Any) -> Any:
        encoded = self._encode(self._with_queries())
        computed = self._matrix(encoded, self._size.width, self._size.vocabulary)
        self._nodes.append(helper.make_node("Add", [computed, self._set(encoded, *schedules)], ["logits"]))
        described = helper.make_tensor_value_info
        inputs = [described("x", TensorProto.FLOAT, ["N", "T", FEATURES])]
        inputs += [described(name, TensorProto.INT32, ["N"]) for name in ("x_length", "language", "text_norm")]
        outputs = [described("logits", TensorProto.FLOAT, ["N", "T", self._size.vocabulary])]
        graph = helper.make_graph(self._nodes, "sensevoice", inputs, outputs, self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    def _with_queries(self) -> str:
        """Put language, event, mood and way of writing before the frames."""
        table = self._const(self._noise(QUERIES, FEATURES))
        first = [self._const(np.array([1], np.int64))]
        language, writing = (
            self._op("Unsqueeze", self._op("Gather", table, name), *first) for name in ("language", "text_norm")
        )
        between = self._op("Gather", table, self._const(np.array([[1, 2]], np.int64)))
        return self._op("Concat", language, between, writing, "x", axis=1)

    def _encode(self, x: str) -> str:
        width = self._size.width
        x = self._op("Tanh", self._matrix(x, FEATURES, width))
        for _ in range(self._size.layers):
            query, key, value = (self._matrix(x, width, width) for _ in range(3))
            scores = self._op("MatMul", query, self._op("Transpose", key, perm=[0, 2, 1]))
            attended = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
            mixed = self._op("Add", self._matrix(attended, width, width), self._memory(value))
            wide = self._op("Relu", self._matrix(self._op("Add", x, mixed), width, self._size.feed_forward))
            x = self._op("Tanh", self._op("Add", x, self._matrix(wide, self._size.feed_forward, width)))
        return x

    def _memory(self, value: str) -> str:
        """Each channel's own convolution over eleven frames."""
        weight = self._const(self._noise(self._size.width, 1, 11))
        across = self._op("Transpose", value, perm=[0, 2, 1])
        kept = self._op("Conv", across, weight, group=self._size.width, kernel_shape=[11], pads=[5, 5])
        return self._op("Transpose", kept, perm=[0, 2, 1])

    def _matrix(self, x: str, inputs: int, outputs: int) -> str:
        """Multiply in 8 bit, as onnxruntime's dynamic quantization writes it."""
        weight = self._const(self._random.integers(0, 256, (inputs, outputs), np.uint8))
        quantized = [f"quantized{len(self._nodes)}_{number}" for number in range(3)]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [x], quantized))
        product = self._op("MatMulInteger", quantized[0], weight, quantized[2], self._const(np.uint8(128)))
        scale = self._op("Mul", quantized[1], self._const(np.float32(0.01 / inputs)))
        return self._op("Mul", self._op("Cast", product, to=TensorProto.FLOAT), scale)

    def _set(self, encoded: str, rows: Any, languages: Any) -> str:
        """Return what makes each frame's token the likeliest by far."""
        zero, one = self._const(np.int64(0)), self._const(np.int64(1))
        frames = self._op("Gather", self._op("Shape", encoded), one)
        later = self._op("Range", zero, self._op("Sub", frames, one), one)
        row = self._op("Squeeze", self._op("Gather", self._const(rows), "text_norm"), self._const(np.array([0])))
        last = self._const(np.int64(rows.shape[1] - 1))
        written = self._op("Gather", row, self._op("Min", later, last))
        tokens = self._op("Concat", self._op("Gather", self._const(languages), "language"), written, axis=0)
        depth = self._const(np.int64(self._size.vocabulary))
        likely = self._op("OneHot", tokens, depth, self._const(np.array([0, 1000], np.float32)))
        return self._op("Unsqueeze", likely, self._const(np.array([0])))

    def _const(self, array: Any) -> str:
        name = f"weight{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name
