"""The language of a household that left it to Home Assistant: asked at the start, kept for when that is down.

While Home Assistant does not answer, the servers speak the language that it told last, or English, and it is asked on.
Another language is in all that is made at the start (which models are wanted, which engines come first, the prompts):
so the servers are then started again, once, when nobody is speaking to them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from wyoming_servers import kept

from .discovery import retry_delays
from .health import Sleep
from .supervisor import SupervisorError, TokenRefusedError, connected

_LOGGER = logging.getLogger(__name__)

FALLBACK = "en"
KEPT_IN = "home-language"
"""In the data folder."""
_LONGEST = 35
"""Characters of a tag that is believed: RFC 5646, section 4.4.1."""
_WRITTEN_AS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
"""Home Assistant's names of languages that speech and sentences know by another."""


class HomeLanguage:
    """What one Home Assistant tells."""

    def __init__(self, environment: Mapping[str, str], folder: Path, sleep: Sleep = asyncio.sleep) -> None:
        """`folder` keeps what was told."""
        self._environment = environment
        self._path = folder / KEPT_IN
        self._sleep = sleep
        self._used = ""
        """What is spoken instead of what was not told."""

    async def ask(self) -> str:
        """Return the language as a tag; where nobody tells, which is said, the one that was told last, or English."""
        try:
            return await self._told()
        except SupervisorError as err:
            self._used = await asyncio.to_thread(self._kept) or FALLBACK
            _LOGGER.warning(
                '%s The language is %s until it tells another; the option "Language" says it at once.', err, self._used
            )
        return self._used

    async def ask_on(self, changed: asyncio.Event) -> None:
        """Ask until Home Assistant tells what `ask` could not return, and set the event if another one is used."""
        if not self._used:
            return
        for delay_s in retry_delays():
            await self._sleep(delay_s)
            try:
                language = await self._told()
            except TokenRefusedError as err:
                _LOGGER.error("%s", err)  # noqa: TRY400 - where it comes from is nothing to a user
                return
            except SupervisorError as err:
                _LOGGER.debug("%s", err)
                continue
            if language == self._used:
                _LOGGER.info("Home Assistant is there, and its language is %s", language)
            else:
                _LOGGER.info(
                    "Home Assistant is there, and its language is %s, not %s: the servers start again as soon as "
                    "nobody speaks to them", language, self._used
                )  # fmt: skip
                changed.set()
            return

    async def _told(self) -> str:
        """Return what Home Assistant tells, and keep it; raises SupervisorError."""
        async with connected(self._environment) as supervisor:
            config = await supervisor.home_config()
        told = str(config.get("language") or FALLBACK)
        language = _WRITTEN_AS.get(told, told)
        await asyncio.to_thread(self._keep, language)
        return language

    def _keep(self, language: str) -> None:
        if language == self._kept():
            return
        try:
            kept.write(self._path, f"{language}\n")
        except OSError as err:
            _LOGGER.warning("The language cannot be kept in %s: %s", self._path, err.strerror)

    def _kept(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8").strip()[:_LONGEST]
        except (OSError, ValueError):
            return ""
