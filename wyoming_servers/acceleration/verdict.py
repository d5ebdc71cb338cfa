"""Whether a build is what it was meant to be, and runs where it should. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass, field

from .fatbin import Code
from .image import Image

_ANY_CPU = (frozenset({"x64", "sse42", "haswell"}), frozenset({"armv8.0_1", "armv8.2_1"}))
"""By architecture: the oldest kinds of processor, which must run, and a usual one, which must be fast."""


@dataclass(frozen=True, slots=True)
class Part:
    """A library that can compute on a GPU."""

    name: str
    """ctranslate2 (speech-to-text) or llama_cpp (the language model, embedding)."""
    code: Code = field(default_factory=Code)
    cuda: bool = False
    """Whether it was compiled for CUDA."""
    error: str = ""
    """Why it cannot be loaded."""
    kinds_of_cpu: frozenset[str] = frozenset()
    """Which kinds of processor llama.cpp has code for, by ggml's names; none where it was compiled for one kind."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """What is here now."""

    name: str
    chip: int
    """Compute capability times ten."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What CUDA's driver tells."""

    gpus: tuple[Gpu, ...] = ()
    error: str = ""
    """Why there is none."""


def faults(image: Image, parts: tuple[Part, ...]) -> list[str]:
    """Return in what a build is not what it was meant to be; true without any GPU at hand."""
    wanted = {"ctranslate2"} | ({"llama_cpp"} if image.llama else set())
    found = {part.name: part for part in parts}
    problems = [f"{name} is missing" for name in sorted(wanted - found.keys())]
    for name in sorted(wanted & found.keys()):
        problems += _faults_of(found[name], image)
    return problems


def _faults_of(part: Part, image: Image) -> list[str]:
    if part.error:
        return [f"{part.name} cannot be loaded: {part.error}"]
    if image.any_cpu and part.name == "llama_cpp" and not any(part.kinds_of_cpu >= each for each in _ANY_CPU):
        kinds = ", ".join(sorted(part.kinds_of_cpu)) or "one kind"
        return [f"{part.name} was not compiled for any processor, but for {kinds}"]
    if not image.cuda:
        return []
    if not part.cuda:
        return [f"{part.name} was compiled for the CPU"]
    # PTX would do, but a Jetson would compile it at the first start, for minutes.
    return [
        f"{part.name} has no code for {named(chip)}, but for {_listed(part.code)}"
        for chip in image.chips
        if chip not in part.code.chips
    ]


def obstacles(image: Image, parts: tuple[Part, ...], machine: Machine) -> list[str]:
    """Return why what was built for CUDA runs on the CPU here; nothing if it does not, or was not built for CUDA."""
    if not image.cuda:
        return []
    if problems := faults(image, parts):
        return problems
    if not machine.gpus:
        return [machine.error or "the driver knows no GPU"]
    gpu = machine.gpus[0]
    return [
        f"{part.name} has no code for {gpu.name} ({named(gpu.chip)}), but for {_listed(part.code)}"
        for part in parts
        if not part.code.runs_on(gpu.chip)
    ]


def named(chip: int) -> str:
    """Return a chip as NVIDIA writes it."""
    return f"sm_{chip}"


def _listed(code: Code) -> str:
    names = [named(chip) for chip in sorted(code.chips)] + [f"PTX {chip}" for chip in sorted(code.ptx)]
    return ", ".join(names) or "no chip"
