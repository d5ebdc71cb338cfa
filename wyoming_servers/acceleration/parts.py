"""Loads what can compute on a GPU, and reads what it was compiled for.

To be called in a process of its own: a native library may end its process, and llama.cpp's may not be in the server's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from operator import or_
from pathlib import Path

from ..errors import SottoError
from .fatbin import Code, code_in
from .verdict import Part

_LIBRARIES = {"ctranslate2": "libctranslate2", "llama_cpp": "libggml-cuda"}
"""By the package that loads it: the library whose kernels run on the GPU."""
_CPU = "libggml-cpu"
"""Of llama.cpp: what computes on the CPU."""


def parts() -> tuple[Part, ...]:
    """Return all that are installed."""
    return tuple(_part(name) for name in _LIBRARIES if find_spec(name) is not None)


def _part(name: str) -> Part:
    try:
        import_module(name)
        kinds = _kinds_of_cpu() if name == "llama_cpp" else frozenset()
    except (ImportError, OSError, RuntimeError, SottoError) as err:
        return Part(name, error=str(err).strip().splitlines()[0])
    code = reduce(or_, (code_in(path.read_bytes()) for path in _loaded(_LIBRARIES[name])), Code())
    return Part(name, code, cuda=_KNOWS_CUDA[name](), kinds_of_cpu=kinds)


def _kinds_of_cpu() -> frozenset[str]:
    """Return which kinds of processor llama.cpp has code for, having loaded what is for this one; none if it has one.

    A build for one kind has loaded all that it has by now.
    """
    if _loaded(_CPU):
        return frozenset()
    backends = import_module(f"{__package__.rpartition('.')[0]}.conversation.llama.backends")
    backends.load_backends()
    kinds: frozenset[str] = backends.kinds_of_cpu()
    return kinds


def _loaded(library: str) -> set[Path]:
    """Return where this process has a library from: the file that computes, not one that happens to lie there."""
    mapped = (line.split(maxsplit=5)[-1].strip() for line in Path("/proc/self/maps").read_text().splitlines())
    return {Path(path) for path in mapped if Path(path).name.startswith(library)}


def _ctranslate2_knows_cuda() -> bool:
    """Whether it was compiled for CUDA: without it asking is a ValueError, without a GPU a RuntimeError."""
    try:
        import_module("ctranslate2").get_supported_compute_types("cuda")
    except ValueError:
        return False
    except RuntimeError:
        return True
    return True


def _llama_knows_cuda() -> bool:
    """Whether it was compiled for CUDA; `llama_supports_gpu_offload` says no without a GPU, too."""
    return bool(_loaded(_LIBRARIES["llama_cpp"]))


_KNOWS_CUDA: dict[str, Callable[[], bool]] = {"ctranslate2": _ctranslate2_knows_cuda, "llama_cpp": _llama_knows_cuda}
