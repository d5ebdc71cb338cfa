"""TensorFlow Lite's C library: a model's bytes become a network that is checked before it is used.

Every pointer and status that the library returns is looked at, since one that is ignored ends the process.
What a damaged model can still do inside the library (ask for more memory than there is: 1 of 300 models
with three bytes changed) is found out by `probe` in a process of its own; this file is that program too,
which is why it needs nothing beyond the standard library.
"""

from __future__ import annotations

import ctypes
import resource
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path

MAX_MODEL_BYTES = 32 * 1024 * 1024
"""The largest wake word that comes with openWakeWord is 1.3 MB."""
PROBE_MEMORY_BYTES = 512 * 1024 * 1024
"""Address space of the probing process; loading a sound model takes 30 MB of it beside the interpreter."""
PROBE_S = 20.0
"""A sound model takes 50 ms here; a Raspberry Pi with a busy SD card some seconds."""

_FLATBUFFER_ID = b"TFL3"
_FLOAT32 = 1
_FLOAT32_BYTES = 4
_ANY = -1

_pointer, _int, _size = ctypes.c_void_p, ctypes.c_int32, ctypes.c_size_t
_SIGNATURES: dict[str, tuple[list[type], type | None]] = {
    "TfLiteModelCreate": ([ctypes.c_char_p, _size], _pointer),
    "TfLiteModelDelete": ([_pointer], None),
    "TfLiteInterpreterOptionsCreate": ([], _pointer),
    "TfLiteInterpreterOptionsDelete": ([_pointer], None),
    "TfLiteInterpreterOptionsSetNumThreads": ([_pointer, _int], None),
    "TfLiteInterpreterOptionsAddDelegate": ([_pointer, _pointer], None),
    "TfLiteInterpreterCreate": ([_pointer, _pointer], _pointer),
    "TfLiteInterpreterDelete": ([_pointer], None),
    "TfLiteInterpreterResizeInputTensor": ([_pointer, _int, _pointer, _int], _int),
    "TfLiteInterpreterAllocateTensors": ([_pointer], _int),
    "TfLiteInterpreterInvoke": ([_pointer], _int),
    "TfLiteInterpreterGetInputTensorCount": ([_pointer], _int),
    "TfLiteInterpreterGetInputTensor": ([_pointer, _int], _pointer),
    "TfLiteInterpreterGetOutputTensorCount": ([_pointer], _int),
    "TfLiteInterpreterGetOutputTensor": ([_pointer, _int], _pointer),
    "TfLiteTensorType": ([_pointer], _int),
    "TfLiteTensorNumDims": ([_pointer], _int),
    "TfLiteTensorDim": ([_pointer, _int], _int),
    "TfLiteTensorByteSize": ([_pointer], _size),
    "TfLiteTensorCopyFromBuffer": ([_pointer, ctypes.c_char_p, _size], _int),
    "TfLiteTensorCopyToBuffer": ([_pointer, _pointer, _size], _int),
}
_OPTIONAL_SIGNATURES: dict[str, tuple[list[type], type | None]] = {
    "TfLiteXNNPackDelegateCreate": ([_pointer], _pointer),
    "TfLiteXNNPackDelegateDelete": ([_pointer], None),
}

Shape = tuple[int, ...]


class BadModelError(Exception):
    """The bytes are no model, or none of the kind that was asked for; the text says why."""


class TfLite:
    """The library. Its networks may be made on one thread and run on another, one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or AttributeError if it is not the library."""
        self.path = path
        self._library = ctypes.CDLL(str(path))
        _declare(self._library, _SIGNATURES)
        try:
            _declare(self._library, _OPTIONAL_SIGNATURES)
            self._has_xnnpack = True
        except AttributeError:
            self._has_xnnpack = False

    def network(self, model: bytes, *, input_shape: Shape, resize: bool = False) -> Network:
        """Return the model as a network from float32 values of `input_shape` to float32 values.

        -1 in the shape stands for any size. `resize` gives a model without a fixed input this one. Raises
        BadModelError.
        """
        if len(model) > MAX_MODEL_BYTES:
            raise BadModelError(f"it is larger than {MAX_MODEL_BYTES} bytes")
        if model[4:8] != _FLATBUFFER_ID:
            raise BadModelError("it is no TensorFlow Lite model")
        return Network(self._library, model, input_shape, resize=resize, xnnpack=self._has_xnnpack)

    def probe(self, model: bytes, *, input_shape: Shape) -> None:
        """Make the network and run it once in another process, which a damaged model may kill.

        Raises BadModelError if that does not go well.
        """
        # -I: the standard library suffices, so nothing of the environment need be trusted.
        command = [sys.executable, "-I", __file__, str(self.path), *map(str, input_shape)]
        try:
            done = subprocess.run(command, input=model, capture_output=True, timeout=PROBE_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise BadModelError(f"it did not load within {PROBE_S:g} s") from None
        if done.returncode:
            raise BadModelError(done.stdout.decode(errors="replace").strip() or "it is damaged")


class Network:
    """A model that can be run. What it holds of native memory is freed with it."""

    def __init__(self, library: ctypes.CDLL, model: bytes, input_shape: Shape, *, resize: bool, xnnpack: bool) -> None:
        self._library = library
        self._model = model  # the library reads it where it is
        self._frees: list[tuple[Callable[[int], None], int]] = []
        weakref.finalize(self, _free, self._frees)
        self._interpreter = self._create_interpreter(xnnpack=xnnpack)
        if resize:
            self._resize(input_shape)
        self._check(library.TfLiteInterpreterAllocateTensors(self._interpreter), "its tensors cannot be allocated")
        self._input = self._only_tensor("Input")
        self._output = self._only_tensor("Output")
        self.input_shape = self._shape(self._input)
        """Of the values that `run` takes."""
        self.output_shape = self._shape(self._output)
        """Of the values that `run` returns."""
        self._output_buffer = ctypes.create_string_buffer(_FLOAT32_BYTES * prod(self.output_shape))
        if not _matches(self.input_shape, input_shape):
            raise BadModelError(f"its input has the shape {self.input_shape} instead of {input_shape}")

    def run(self, values: bytes) -> bytes:
        """Return the output for float32 values, `input_shape` of them; raises RuntimeError if it fails."""
        library = self._library
        failed = (
            library.TfLiteTensorCopyFromBuffer(self._input, values, len(values))
            or library.TfLiteInterpreterInvoke(self._interpreter)
            or library.TfLiteTensorCopyToBuffer(self._output, self._output_buffer, len(self._output_buffer))
        )
        if failed:
            raise RuntimeError(f"TensorFlow Lite failed with status {failed}")
        return self._output_buffer.raw

    def _create_interpreter(self, *, xnnpack: bool) -> int:
        library = self._library
        model = self._own(
            library.TfLiteModelCreate(self._model, len(self._model)), library.TfLiteModelDelete, "it is damaged"
        )
        options = self._own(
            library.TfLiteInterpreterOptionsCreate(), library.TfLiteInterpreterOptionsDelete, "there is no memory"
        )
        library.TfLiteInterpreterOptionsSetNumThreads(options, 1)
        delegate = library.TfLiteXNNPackDelegateCreate(None) if xnnpack else None
        if delegate is not None:
            # The embedding takes 1.4 ms with it, 4.2 ms without.
            self._frees.append((library.TfLiteXNNPackDelegateDelete, delegate))
            library.TfLiteInterpreterOptionsAddDelegate(options, delegate)
        return self._own(
            library.TfLiteInterpreterCreate(model, options), library.TfLiteInterpreterDelete, "it is damaged"
        )

    def _own(self, pointer: int | None, free: Callable[[int], None], otherwise: str) -> int:
        if not pointer:
            raise BadModelError(otherwise)
        self._frees.append((free, pointer))
        return pointer

    def _resize(self, shape: Shape) -> None:
        sizes = (_int * len(shape))(*shape)
        status = self._library.TfLiteInterpreterResizeInputTensor(self._interpreter, 0, sizes, len(shape))
        self._check(status, f"its input cannot have the shape {shape}")

    def _only_tensor(self, side: str) -> int:
        library = self._library
        count = getattr(library, f"TfLiteInterpreterGet{side}TensorCount")(self._interpreter)
        tensor: int | None = None
        if count == 1:
            tensor = getattr(library, f"TfLiteInterpreterGet{side}Tensor")(self._interpreter, 0)
        if not tensor or library.TfLiteTensorType(tensor) != _FLOAT32:
            raise BadModelError(f"it has not one {side.lower()} of float32 values")
        return tensor

    def _shape(self, tensor: int) -> Shape:
        library = self._library
        shape = tuple(library.TfLiteTensorDim(tensor, index) for index in range(library.TfLiteTensorNumDims(tensor)))
        if library.TfLiteTensorByteSize(tensor) != _FLOAT32_BYTES * prod(shape):
            raise BadModelError(f"a tensor of the shape {shape} has another size")
        return shape

    @staticmethod
    def _check(status: int, otherwise: str) -> None:
        if status:
            raise BadModelError(otherwise)


def _declare(library: ctypes.CDLL, signatures: dict[str, tuple[list[type], type | None]]) -> None:
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = result


def _free(frees: list[tuple[Callable[[int], None], int]]) -> None:
    """Free in the reverse order of creation, as the library asks."""
    while frees:
        free, pointer = frees.pop()
        free(pointer)


def _matches(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(want in {_ANY, size} for size, want in zip(shape, wanted, strict=True))


def _probe(library: str, *shape: str) -> int:
    """Load and run the model that comes on standard input; say on standard output what is wrong with it."""
    resource.setrlimit(resource.RLIMIT_AS, (PROBE_MEMORY_BYTES, PROBE_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        network = TfLite(Path(library)).network(sys.stdin.buffer.read(), input_shape=tuple(map(int, shape)))
        network.run(bytes(_FLOAT32_BYTES * prod(network.input_shape)))
    except (BadModelError, RuntimeError, MemoryError) as err:
        sys.stdout.write(str(err) or "it is damaged")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_probe(*sys.argv[1:]))
