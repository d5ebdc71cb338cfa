"""What GPUs CUDA's driver knows; asked through its own library, which is there on any machine with a driver."""

from __future__ import annotations

import ctypes

from .verdict import Gpu, Machine

LIBRARY = "libcuda.so.1"
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
_LONGEST_NAME = 256
_WITHOUT = (
    f"this process finds no {LIBRARY}: no NVIDIA driver, or a container that was not started with `runtime: nvidia`"
)


def ask(library: str = LIBRARY) -> Machine:
    """Return the GPUs, or why there is none."""
    try:
        cuda = ctypes.CDLL(library)
    except OSError:
        return Machine(error=_WITHOUT)
    count = ctypes.c_int()
    if failed := cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)):
        return Machine(error=f"CUDA's driver answers with error {failed}")
    return Machine(tuple(_gpu(cuda, number) for number in range(count.value)))


def _gpu(cuda: ctypes.CDLL, number: int) -> Gpu:
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    cuda.cuDeviceGet(ctypes.byref(device), number)
    cuda.cuDeviceGetName(name, _LONGEST_NAME, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, device)
    return Gpu(name.value.decode(errors="replace"), 10 * major.value + minor.value)
