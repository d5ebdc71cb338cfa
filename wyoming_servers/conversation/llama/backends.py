"""What llama.cpp computes with here: a build may have code for several kinds of processor, to be loaded when it starts.

Such a build (GGML_BACKEND_DL, GGML_CPU_ALL_VARIANTS) has a library for each kind beside libllama. By itself ggml looks
for them beside Python and in the folder in which the process happens to run, and never where the package has them.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import Any

from llama_cpp import llama_cpp as _bindings

from ...errors import EngineUnavailableError
from .compiled import COMPILE_HERE

_CPU = b"CPU"
_LIBRARY = re.compile(r"libggml-cpu-(?P<kind>.+)\.so$")
_ggml: Any = _bindings._lib  # noqa: SLF001 - the bindings leave out the functions of ggml
FOLDER = Path(_ggml._name).parent  # noqa: SLF001
"""Where the bindings have llama.cpp from."""


class _Symbol(ctypes.Structure):
    """Dl_info: what dladdr(3) finds."""

    _fields_ = (
        ("library", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def load_backends() -> None:
    """Have llama.cpp compute with what suits this processor, before anything else is asked of it.

    Does nothing where that is loaded, as in builds for one kind of processor. Raises EngineUnavailableError where the
    package has nothing that runs here.
    """
    if not _ggml.ggml_backend_reg_count():
        _ggml.ggml_backend_load_all_from_path(str(FOLDER).encode())
    if not _cpu():
        kinds = ", ".join(sorted(kinds_of_cpu())) or "none"
        raise EngineUnavailableError(
            f"llama.cpp has no code for this processor in {FOLDER}; it has it for: {kinds}.", remedy=COMPILE_HERE
        )


def kind_of_cpu() -> str:
    """Return the kind of processor whose code is in use, such as `haswell`; "" in a build that has but one."""
    found = _Symbol()
    ctypes.CDLL(None).dladdr(ctypes.c_void_p(_cpu()), ctypes.byref(found))
    kind = _LIBRARY.search((found.library or b"").decode())
    return kind["kind"] if kind else ""


def kinds_of_cpu() -> frozenset[str]:
    """Return all kinds of processor that this build has code for; none in a build that has but one."""
    names = (_LIBRARY.search(path.name) for path in FOLDER.iterdir())
    return frozenset(found["kind"] for found in names if found)


def _cpu() -> Any:
    """Return the address of the backend for the CPU, a structure within its library; None if none is loaded."""
    by_name = _ggml.ggml_backend_reg_by_name
    by_name.restype, by_name.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return by_name(_CPU)
