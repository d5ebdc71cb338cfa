"""What `sotto doctor` says about one thing."""

from __future__ import annotations

from dataclasses import dataclass

from ..health.finding import Verdict


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    verdict: Verdict
    subject: str
    detail: str
    remedy: str = ""
