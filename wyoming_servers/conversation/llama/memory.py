"""How much memory is left, so that a model that is too large is refused in words rather than by the kernel."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ...errors import NoMemoryError

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def available_bytes(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """Return what a process can still take, also within a container's limit; None where nothing tells."""
    found = [size for size in (_machine(meminfo), _container(cgroup)) if size is not None]
    return min(found, default=None)


def _machine(meminfo: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _container(cgroup: Path) -> int | None:
    """Read the limit of control groups, version 2; files in the page cache count as free."""
    with contextlib.suppress(OSError, ValueError):
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))  # or "max", which is no number
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        statistics = (line.split() for line in (cgroup / "memory.stat").read_text(encoding="ascii").splitlines())
        cached = {key: int(value) for key, value in statistics}.get("inactive_file", 0)
        return max(0, limit - used + cached)
    return None


TALKING_REMEDY = "Choose a smaller model or quantisation, or a smaller --llm-context."


def require(weights: int, cache: int, available: int | None, remedy: str = TALKING_REMEDY) -> None:
    """Raise NoMemoryError if a model's weights and cache do not fit into what is available."""
    if available is None or weights + cache <= available:
        return
    raise NoMemoryError(
        f"The model needs {gib(weights + cache)} of memory ({gib(weights)} of weights and {gib(cache)} for its "
        f"context), and {gib(available)} are available.",
        remedy=remedy,
    )


def gib(size: int) -> str:
    """Write a size for people."""
    return f"{size / 2**30:.2f} GiB" if size >= 2**28 else f"{size / 2**20:.1f} MiB"
