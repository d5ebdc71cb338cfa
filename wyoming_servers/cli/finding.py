"""What `sotto doctor` says about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a finding is to be read."""

    OK = "ok"
    NOTE = "note"
    """Works without it; what it would add is said."""
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    verdict: Verdict
    subject: str
    detail: str
    remedy: str = ""
