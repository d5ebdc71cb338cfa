"""Holds an image against the machine that it was started on: once, in a process that may fail without harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from typing import Any

from .image import Image
from .verdict import named

_LOGGER = logging.getLogger(__name__)

LOOKS = (sys.executable, "-P", "-m", __package__)
WITHIN_S = 60.0
"""It takes a second where nothing else runs; libraries of CUDA are large, and read from slow cards."""


class Looking:
    """What is known of an image for CUDA; `told()` is `image` in `/api/status`."""

    def __init__(self, image: Image, command: Sequence[str] = LOOKS) -> None:
        """`command` prints what `__main__` does."""
        self._image = image
        self._command = command
        self._task: asyncio.Task[None] | None = None
        self._found: dict[str, Any] = {}

    def told(self) -> dict[str, Any]:
        """Return what the image is for, and since it was looked at also the GPUs, and why it does not use them."""
        chips = [named(chip) for chip in self._image.chips]
        return {"variant": self._image.variant, "chips": chips, **self._found}

    def start(self) -> None:
        """Begin to look; to be called on the event loop."""
        self._task = asyncio.create_task(self._look(), name="look at the image")

    async def stop(self) -> None:
        """Look no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def looked(self) -> None:
        """Return when it was looked at."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _look(self) -> None:
        report = await self._report()
        self._found = {"gpus": [gpu["name"] for gpu in report["gpus"]], "obstacles": report["obstacles"]}
        if obstacles := report["obstacles"]:
            _LOGGER.warning("This image was built for CUDA and runs on the CPU: %s", "; ".join(obstacles))
        else:
            _LOGGER.info("This image has code for %s", ", ".join(self._found["gpus"]))

    async def _report(self) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(*self._command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
        try:
            async with asyncio.timeout(WITHIN_S):
                output, _ = await process.communicate()
            report: dict[str, Any] = json.loads(output.splitlines()[-1])
        except (ValueError, LookupError):
            return _nothing(f"looking at it ended with exit code {process.returncode}")
        except TimeoutError:
            return _nothing(f"looking at it took more than {WITHIN_S:g} s")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return report


def _nothing(why: str) -> dict[str, Any]:
    return {"gpus": [], "obstacles": [why]}
