"""Whether a model fits into the memory that is left: refused in words rather than by the kernel, in its own process."""

from __future__ import annotations

from ...errors import NoMemoryError
from ...memory.measured import available_bytes

__all__ = ["available_bytes", "gib", "require"]

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
