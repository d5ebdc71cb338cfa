"""What an ONNX file says of itself, read without what it computes: sherpa-onnx ends the process if a key is missing.

The file is one message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), of which only the
outermost fields are looked at: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, ModelProto.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_METADATA = 14
"""ModelProto.metadata_props: entries of a key (1) and a value (2)."""
_KEY, _VALUE = 1, 2
_VARINT, _BYTES = 0, 2
"""How a field is written; the outermost ones of a model are no other."""
_LONGEST_ENTRY = 1_000_000


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a model. Raises OSError, and ValueError for what is no whole ONNX file."""
    with path.open("rb") as file:
        return metadata_of(file)


def metadata_of(file: BinaryIO) -> dict[str, str]:
    """Return the metadata of a model that is open; raises ValueError for what is no whole ONNX file."""
    entries = [dict(_fields(io.BytesIO(entry))) for entry in _contents(file, _METADATA)]
    return {_text(entry, _KEY): _text(entry, _VALUE) for entry in entries}


def _text(entry: dict[int, bytes], field: int) -> str:
    return entry.get(field, b"").decode("utf-8")


def _contents(file: BinaryIO, wanted: int) -> Iterator[bytes]:
    return (content for field, content in _fields(file, wanted) if field == wanted)


def _fields(file: BinaryIO, wanted: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field of a message; of those that are not wanted, nothing is read."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    while file.tell() < end:
        field, kind = divmod(_varint(file), 8)
        if kind == _VARINT:
            _varint(file)
            continue
        length = _varint(file) if kind == _BYTES else end
        if length > end - file.tell():
            raise ValueError("it is no whole ONNX file")
        if wanted is None or field == wanted:
            if length > _LONGEST_ENTRY:
                raise ValueError("its metadata are no metadata")
            yield field, file.read(length)
        else:
            file.seek(length, os.SEEK_CUR)


def _varint(file: BinaryIO) -> int:
    number = 0
    for position in range(10):
        byte = file.read(1)
        if not byte:
            break
        number |= (byte[0] & 0x7F) << 7 * position
        if byte[0] < 0x80:
            return number
    raise ValueError("it is no whole ONNX file")
