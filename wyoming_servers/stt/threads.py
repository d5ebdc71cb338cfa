"""How many threads a recogniser computes on."""

from __future__ import annotations

import os
import sys

from ..settings import SttSettings

MAX_THREADS = 4
"""More do not help one short utterance: CTranslate2's own default."""


def threads_for(settings: SttSettings) -> int:
    """Return what is set, or as many as there are cores, within reason."""
    return settings.threads or min(MAX_THREADS, _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
