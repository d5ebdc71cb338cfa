"""Reads a GGUF file's header, so that a bad file is told in words before llama.cpp sees it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import EngineUnavailableError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
LLM_FLAG = "--llm-model"

_STRING, _ARRAY = 8, 9
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_KEPT_ITEMS = 1024
"""Longer arrays, such as the vocabulary, are passed over."""
_MAX_STRING = 1 << 24
_MAX_COUNT = 1 << 24
_MAX_DIMENSIONS = 8

_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""Weights and bytes of a block by the number of its type: ggml's type traits."""


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF file says of itself."""

    path: Path
    size: int
    """Bytes of the file, or of all its parts."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """The family by llama.cpp's name, such as `qwen2`."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def name(self) -> str:
        """The model's name; the file's where it has none."""
        return str(self.metadata.get("general.name") or self.path.stem)

    def number(self, key: str, default: int = 0) -> int:
        """Return a number of the architecture's own, such as `block_count`."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        return value if isinstance(value, int) else default

    def cache_bytes(self, context: int) -> int:
        """Return how much memory the keys and values of so many tokens take, at two bytes each."""
        by_layer = self.metadata.get(f"{self.architecture}.attention.head_count_kv")
        each = self.number("attention.head_count_kv", self.number("attention.head_count"))
        total = sum(by_layer) if isinstance(by_layer, list) else each * self.number("block_count")
        width = self.number("embedding_length") // max(1, self.number("attention.head_count", 1))
        keys = self.number("attention.key_length", width)
        values = self.number("attention.value_length", width)
        return context * total * (keys + values) * 2


def read_gguf(path: Path, flag: str = LLM_FLAG) -> GgufFile:
    """Read a model's header; raises EngineUnavailableError for a file that is none, or that is cut off.

    `flag` is where another model is chosen.
    """
    remedy = f"Download it again, or choose another with {flag}."
    try:
        with path.open("rb") as file:
            metadata, end = _read(file)
        size = path.stat().st_size
    except OSError as err:
        raise EngineUnavailableError(f"{path} cannot be read: {err.strerror}.", remedy=remedy) from None
    except _NotGgufError as err:
        raise EngineUnavailableError(f"{path} is no GGUF model: {err}.", remedy=remedy) from None
    except (EOFError, struct.error):
        raise EngineUnavailableError(f"{path} is cut off in its header.", remedy=remedy) from None
    if size < end:
        raise EngineUnavailableError(
            f"{path} is cut off: it has {size:,} bytes of {end:,}.", remedy="Download it again."
        ) from None
    return GgufFile(path, _size_of_parts(path, metadata, size), metadata)


class _NotGgufError(Exception):
    """The bytes are something else."""


def _read(file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the metadata, and where the last known tensor ends."""
    if file.read(4) != MAGIC:
        raise _NotGgufError("it does not begin with GGUF")
    version, tensors, pairs = struct.unpack("<IQQ", _exactly(file, 20))
    if version not in VERSIONS:
        raise _NotGgufError(f"its version is {version}")
    if tensors > _MAX_COUNT or pairs > _MAX_COUNT:
        raise _NotGgufError("its header makes no sense")
    metadata = {}
    for _ in range(pairs):
        key = _string(file)
        metadata[key] = _value(file, _number(file, "I"))
    ends = [_tensor_end(file) for _ in range(tensors)]
    if not ends:
        return metadata, file.tell()
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1:
        raise _NotGgufError("its header makes no sense")
    return metadata, math.ceil(file.tell() / alignment) * alignment + max(ends)


def _tensor_end(file: BinaryIO) -> int:
    _string(file)
    dimensions = _number(file, "I")
    if dimensions > _MAX_DIMENSIONS:
        raise _NotGgufError("its header makes no sense")
    shape = struct.unpack(f"<{dimensions}Q", _exactly(file, 8 * dimensions))
    kind, offset = struct.unpack("<IQ", _exactly(file, 12))
    weights, size = _BLOCKS.get(kind, (1, 0))  # of an unknown type, only where it begins is known
    return int(offset + math.prod(shape) // weights * size)


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _array(file)
    if kind not in _FORMATS:
        raise _NotGgufError("its header makes no sense")
    return _number(file, _FORMATS[kind])


def _array(file: BinaryIO) -> list[Any] | None:
    kind, count = struct.unpack("<IQ", _exactly(file, 12))
    if count > _MAX_COUNT:
        raise _NotGgufError("its header makes no sense")
    if kind in _FORMATS:
        size = struct.calcsize(_FORMATS[kind]) * count
        if count > _KEPT_ITEMS:
            file.seek(size, 1)
            return None
        return list(struct.unpack(f"<{count}{_FORMATS[kind]}", _exactly(file, size)))
    if kind == _STRING and count > _KEPT_ITEMS:
        _pass_strings(file, count)
        return None
    return [_value(file, kind) for _ in range(count)]


def _pass_strings(file: BinaryIO, count: int) -> None:
    length = struct.Struct("<Q")
    for _ in range(count):
        (size,) = length.unpack(_exactly(file, 8))
        if size > _MAX_STRING:
            raise _NotGgufError("its header makes no sense")
        file.seek(size, 1)


def _string(file: BinaryIO) -> str:
    size = _number(file, "Q")
    if size > _MAX_STRING:
        raise _NotGgufError("its header makes no sense")
    return _exactly(file, size).decode("utf-8", errors="replace")


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack("<" + form, _exactly(file, struct.calcsize(form)))[0]


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _size_of_parts(path: Path, metadata: Mapping[str, Any], size: int) -> int:
    """Return the bytes of all files of a model that is split (`NAME-00001-of-00003.gguf`)."""
    parts = metadata.get("split.count", 1)
    if not isinstance(parts, int) or parts <= 1:
        return size
    stem = path.stem.rpartition("-00001-of-")[0]
    files = [path.with_name(f"{stem}-{number:05d}-of-{parts:05d}.gguf") for number in range(1, parts + 1)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise EngineUnavailableError(f"{path} lacks its part {missing[0]}.", remedy="Download all its parts.")
    return sum(file.stat().st_size for file in files)
