"""All checks, in the order in which they are told: what is wrong first."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from . import (
    clock,
    discovery,
    disk,
    documents,
    gpu,
    home_assistant,
    memory,
    microphone,
    models,
    ports,
    servers,
)
from .finding import Finding, Verdict, Words
from .seen import Seen

_LOGGER = logging.getLogger(__name__)

CHECKS: tuple[ModuleType, ...] = (
    servers,
    gpu,
    memory,
    disk,
    models,
    home_assistant,
    discovery,
    ports,
    documents,
    microphone,
    clock,
)
WITHOUT_A_SERVER: tuple[ModuleType, ...] = (gpu, disk, clock)
"""What can be looked at where no server runs; `sotto doctor` itself looks at ports, token and home then."""

_GRAVITY = {Verdict.PROBLEM: 0, Verdict.NOTE: 1, Verdict.OK: 2}
_BROKEN = Words("this could not be looked at ({error})", "无法检查（{error}）")


def look(seen: Seen, checks: Iterable[ModuleType] = CHECKS) -> list[Finding]:
    """Return what is found, the gravest first. Reads files: to be called on a thread.

    A check that fails is a finding of its own, for one that cannot be made must not hide the others.
    """
    findings = [finding for check in checks for finding in _findings(check, seen)]
    return sorted(findings, key=lambda finding: _GRAVITY[finding.verdict])


def _findings(check: ModuleType, seen: Seen) -> list[Finding]:
    name = Path(check.__file__ or "").stem
    try:
        found = check.look(seen)
    except Exception as err:
        _LOGGER.debug("The check %s failed", name, exc_info=True)
        return [Finding(name, Verdict.NOTE, Words(name, name), _BROKEN.filled(error=type(err).__name__))]
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
