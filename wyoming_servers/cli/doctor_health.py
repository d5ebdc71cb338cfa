"""The doctor's look at what may go wrong: as the running server tells it, or at the machine alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from importlib.util import find_spec

from ..errors import SottoError
from ..health.checks import WITHOUT_A_SERVER, look
from ..health.finding import Verdict
from ..health.seen import Seen
from ..home.demo import DemoHome
from ..settings import Settings
from .finding import Finding


async def look_at_health(settings: Settings, language: str | None = None) -> list[Finding]:
    """Ask the server that these settings describe, which knows most; look here if none answers."""
    language = language or os.environ.get("LANG", "en")
    told = await _asked(settings, language)
    if told is None:
        seen = Seen(settings=settings, home=DemoHome())
        told = [each.told(language) for each in await asyncio.to_thread(look, seen, WITHOUT_A_SERVER)]
    return [_finding(each) for each in told]


async def _asked(settings: Settings, language: str) -> list[dict[str, str]] | None:
    if not settings.http.uri or find_spec("aiohttp") is None:
        return None
    from .door import opened_door  # noqa: PLC0415 - it needs the package aiohttp

    try:
        async with opened_door(settings) as door:
            findings = (await door.get("/api/health", lang=language)).get("findings")
    except SottoError:
        return None
    return findings if isinstance(findings, list) else None


def _finding(told: Mapping[str, str]) -> Finding:
    return Finding(Verdict(told["verdict"]), told["subject"], told["detail"], told["remedy"])
