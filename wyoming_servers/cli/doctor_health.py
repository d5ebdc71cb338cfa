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


async def told_by_server(settings: Settings, language: str | None = None) -> list[Finding] | None:
    """Return what the server that these settings describe tells, which knows most; None if none answers."""
    if not settings.http.uri or find_spec("aiohttp") is None:
        return None
    from .door import opened_door  # noqa: PLC0415 - it needs the package aiohttp

    try:
        async with opened_door(settings) as door:
            told = (await door.get("/api/health", lang=_readers(language))).get("findings")
    except SottoError:
        return None
    return [_finding(each) for each in told] if isinstance(told, list) else None


async def look_at_machine(settings: Settings, language: str | None = None) -> list[Finding]:
    """Look at what can be looked at where no server runs."""
    seen = Seen(settings=settings, home=DemoHome())
    found = await asyncio.to_thread(look, seen, WITHOUT_A_SERVER)
    return [_finding(each.told(_readers(language))) for each in found]


def _readers(language: str | None) -> str:
    return language or os.environ.get("LANG", "en")


def _finding(told: Mapping[str, str]) -> Finding:
    return Finding(Verdict(told["verdict"]), told["subject"], told["detail"], told["remedy"])
