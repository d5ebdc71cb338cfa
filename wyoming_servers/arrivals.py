"""Models that come while the server runs: whoever uses a folder is told when what is in it has changed, and settled.

The store of models says so at once. A file that somebody copies is seen by looking, and is left alone while it grows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from .errors import place_of

_LOGGER = logging.getLogger(__name__)

WATCH_S = 5.0
"""Between two looks at the folders."""
DEEPEST = 2
"""Folders below one that is watched: a Whisper model is a folder, and may be a link to a cache."""

Seen = frozenset[tuple[str, int, int]]
"""Name, size and time of every file."""
Reload = Callable[[], Awaitable[None]]


class Arrivals:
    """Watches the folders of models, each for one that takes up what is new in it."""

    def __init__(
        self,
        watched: Mapping[str, tuple[Path, Reload]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`watched`: by kind of model its folder, and what to call when it has changed; one call at a time."""
        self._watched = dict(watched)
        self._sleep = sleep
        self._known: dict[str, Seen] = {}
        self._growing: dict[str, Seen] = {}
        self._due: set[str] = set()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to watch: what is there now is known."""
        self._tasks = [
            asyncio.create_task(self._watch(), name="watch-models"),
            asyncio.create_task(self._work(), name="take-up-models"),
        ]

    async def stop(self) -> None:
        """End it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def arrived(self, kind: str) -> None:
        """Be told that the models of a kind are others now. For any kind, also one that nobody here uses."""
        if kind in self._watched:
            self._due.add(kind)
            self._news.set()

    async def _watch(self) -> None:
        self._known = await asyncio.to_thread(self._look)
        while True:
            await self._sleep(WATCH_S)
            for kind, seen in (await asyncio.to_thread(self._look)).items():
                if seen == self._known[kind]:
                    self._growing.pop(kind, None)
                elif self._growing.get(kind) == seen:
                    self._known[kind] = self._growing.pop(kind)
                    self.arrived(kind)
                else:
                    self._growing[kind] = seen

    def _look(self) -> dict[str, Seen]:
        return {kind: frozenset(_files(folder)) for kind, (folder, _) in self._watched.items()}

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._due:
                kind = self._due.pop()
                try:
                    await self._watched[kind][1]()
                except Exception as err:  # noqa: BLE001 - one that cannot be taken up must not keep others from it
                    said = kind, type(err).__name__, place_of(err)
                    _LOGGER.error("What is new among the models for %s could not be taken up: %s at %s", *said)  # noqa: TRY400


def _files(folder: Path, depth: int = 0) -> list[tuple[str, int, int]]:
    """Return the files in a folder and those below it; what cannot be read is not there."""
    found: list[tuple[str, int, int]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):  # what is being fetched grows all the time
                continue
            with contextlib.suppress(OSError):
                if entry.is_dir():
                    found += _files(Path(entry.path), depth + 1) if depth < DEEPEST else []
                else:
                    status = entry.stat()
                    found.append((entry.path, status.st_size, status.st_mtime_ns))
    return found
