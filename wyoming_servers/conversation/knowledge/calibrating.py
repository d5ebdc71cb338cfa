"""Calibrates the gate anew when documents have changed: in the background, one calibration at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ...errors import SottoError, place_of
from .calibration import Report

_LOGGER = logging.getLogger(__name__)

QUIET_S = 2.0
"""For so long nothing may have changed: documents often come one after the other."""

Calibrate = Callable[[], Awaitable[Report]]


class Calibrating:
    """The task that calibrates; `calibrate` does it once, and is cancelled with it."""

    def __init__(self, calibrate: Calibrate, is_stale: Callable[[], Awaitable[bool]]) -> None:
        self._calibrate = calibrate
        self._is_stale = is_stale
        self._changed = asyncio.Event()
        self._alone = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for changes."""
        self._task = asyncio.create_task(self._run(), name="calibrate-gate")

    async def stop(self) -> None:
        """End it, also in the middle of a calibration; the last one that was finished holds."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def changed(self) -> None:
        """Be told that documents came or went, or that the household judged a sentence."""
        self._changed.set()

    async def now(self, calibrate: Calibrate | None = None) -> Report:
        """Calibrate at once, or do this instead, after one that is under way; raises what that raises."""
        async with self._alone:
            return await (calibrate or self._calibrate)()

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            while self._changed.is_set():
                self._changed.clear()
                await asyncio.sleep(QUIET_S)
            try:
                if (report := await self._if_stale()) is not None:
                    _LOGGER.info(
                        "Documents answer from a probability of %.2f on, calibrated on %d passages",
                        report.threshold,
                        report.counts.passages,
                    )
            except SottoError as err:
                _LOGGER.warning("When documents answer could not be calibrated (%s): %s", err.code, err)
            except Exception as err:  # noqa: BLE001 - it is tried again after the next change
                place = place_of(err)
                _LOGGER.error("When documents answer could not be calibrated: %s at %s", type(err).__name__, place)  # noqa: TRY400

    async def _if_stale(self) -> Report | None:
        """Calibrate, unless somebody who asked for it while this waited has had it done."""
        async with self._alone:
            return await self._calibrate() if await self._is_stale() else None
