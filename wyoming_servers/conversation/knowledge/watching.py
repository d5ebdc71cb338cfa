"""Keeps the library in line with the watched folders: looks at them again and again, and takes in what has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from ...errors import SottoError, place_of
from .document import Document
from .folder import Look, WatchedFolders
from .ingest import Added
from .reading.errors import UnreadableError
from .status import Failure

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0


class Watching:
    """The task that does so, and what it could not read."""

    def __init__(
        self,
        folders: WatchedFolders,
        known: Callable[[], Awaitable[list[Document]]],
        add: Callable[[Path], Awaitable[Added]],
        forget: Callable[[Document], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._folders = folders
        self._known = known
        self._add = add
        self._forget = forget
        self._sleep = sleep
        self._failures: dict[Path, SottoError] = {}
        self._complaint = logging.WARNING

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be read."""
        return tuple(Failure(str(path), err.code, str(err)) for path, err in sorted(self._failures.items()))

    async def run(self) -> None:
        """Look, until cancelled."""
        while self._folders.folders:
            try:
                await self._look()
                self._complaint = logging.WARNING
            except SottoError as err:
                _LOGGER.log(self._complaint, "The watched folders cannot be followed (%s): %s", err.code, err.remedy)
                self._complaint = logging.DEBUG
            except Exception as err:  # noqa: BLE001 - the next look may go well, and nobody else would look
                said = type(err).__name__, place_of(err)
                _LOGGER.log(self._complaint, "The watched folders cannot be followed: %s at %s", *said)
                self._complaint = logging.DEBUG
            await self._sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        documents = await self._known()
        look: Look = await asyncio.to_thread(self._folders.look, documents)
        self._failures = {path: err for path, err in self._failures.items() if self._folders.has(path)}
        for document in look.gone:
            await self._forget(document)
        if look.gone:  # there may be a copy that was passed over as long as that was there
            self._folders.try_again(*self._folders.others(documents))
        for at, path in enumerate(look.new):
            try:
                await self._take(path)
            except BaseException:
                self._folders.try_again(*look.new[at:])
                raise

    async def _take(self, path: Path) -> None:
        try:
            added = await self._add(path)
        except SottoError as err:
            self._failures[path] = err
            if not isinstance(err, UnreadableError):  # not the file's fault
                raise
            _LOGGER.warning("A document in a watched folder cannot be read (%s)", err.code)
        else:
            self._failures.pop(path, None)
            _LOGGER.info("A document in a watched folder was %s", added.outcome)
