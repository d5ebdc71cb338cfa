"""What the checks look at: the settings, what the server says of itself, and the machine's own files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..home.model import Home
from ..settings import Settings


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Read once; a check blocks on nothing but these."""

    settings: Settings
    status: Mapping[str, Any] = field(default_factory=dict)
    """As `/api/status` tells it."""
    home: Home
    models: tuple[Mapping[str, Any], ...] = ()
    """As `/api/models` tells them."""
    unreadable: tuple[str, ...] = ()
    """Names of documents in watched folders that could not be read."""
    asked_s: float | None = None
    """Seconds since a client of another process asked what there is; None: none ever did."""
    root: Path = Path("/")
    """Where /proc, /sys and /dev are."""
    now: Callable[[], float] = time.time
    """The clock of this machine, in seconds since 1970."""

    def text(self, path: str) -> str:
        """Return a file of the machine's; empty if it has none. Device trees end their texts with a NUL."""
        try:
            return (self.root / path.lstrip("/")).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return ""

    def exists(self, *paths: str) -> bool:
        """Return whether the machine has any of these files."""
        return any((self.root / path.lstrip("/")).exists() for path in paths)
