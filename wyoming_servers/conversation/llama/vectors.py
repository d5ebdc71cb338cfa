"""Vectors on the wire to and from the process of llama.cpp. Pure logic."""

from __future__ import annotations

from base64 import b64decode, b64encode

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
_LITTLE_ENDIAN = np.dtype("<f4")


def vectors_to_text(vectors: Vectors) -> str:
    """Write rows of numbers, without their shape."""
    return b64encode(vectors.astype(_LITTLE_ENDIAN, copy=False).tobytes()).decode("ascii")


def vectors_from_text(text: str, dimensions: int) -> Vectors:
    """Read rows of so many numbers; raises ValueError if they are no whole rows."""
    numbers = np.frombuffer(b64decode(text, validate=True), _LITTLE_ENDIAN)
    return numbers.reshape(-1, dimensions).astype(np.float32)
