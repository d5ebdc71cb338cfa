"""What this processor lacks of what libraries were compiled for: they would end the process without a word."""

from __future__ import annotations

from pathlib import Path

from .errors import EngineUnavailableError

CPU_INFO = Path("/proc/cpuinfo")
X86_64_V2 = frozenset({"popcnt", "sse4_1", "sse4_2", "ssse3"})
"""What NumPy needs, and faiss; https://numpy.org/doc/stable/reference/simd/build-options.html. In Linux's words."""
AVX2 = frozenset({"avx2", "bmi2", "f16c", "fma"})
"""What ggml needs where it was compiled neither for the machine itself nor for several kinds of processor."""


def lacks(needed: frozenset[str], cpu_info: Path = CPU_INFO) -> frozenset[str]:
    """Return which of these an x86-64 processor does not have; nothing for others, and where Linux does not tell."""
    if not cpu_info.exists():
        return frozenset()
    with cpu_info.open() as lines:
        for line in lines:
            name, _, flags = line.partition(":")
            if name.strip() == "flags":
                return needed - set(flags.split())
    return frozenset()


def require_baseline(cpu_info: Path = CPU_INFO) -> None:
    """Raise EngineUnavailableError where nothing of Sotto can run; to be called before anything large is imported."""
    if lacking := lacks(X86_64_V2, cpu_info):
        raise EngineUnavailableError(
            f"This processor lacks {', '.join(sorted(lacking))}, without which none of this can compute.",
            remedy="A virtual machine may have its host's, if it is told so: in Proxmox, the processor's type `host`.",
        )
