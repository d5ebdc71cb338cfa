"""Documents that are sent to us: on disk until they are read, and gone afterwards, however that ends."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import StorageFullError, StoreError
from .reading.errors import Unreadable, UnreadableError

_WRITTEN_AT_ONCE = 2**20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Incoming:
    """A folder of files that are on their way."""

    def __init__(self, folder: Path, most_mb: int) -> None:
        self._folder = folder
        self._most_mb = most_mb

    def clear(self) -> None:
        """Remove what a process that was killed has left. Blocks; raises StoreError."""
        with self._as_store_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)

    def require(self, size_bytes: int | None) -> None:
        """Raise UnreadableError if so much is more than is allowed; None: nobody knows yet."""
        if size_bytes is not None and size_bytes > self._most_mb * 1_000_000:
            raise self._too_large()

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        """Write what comes to a file that is there inside.

        Raises UnreadableError for more than is allowed, StorageFullError, StoreError, and whatever `chunks` raises.
        """
        file = await asyncio.to_thread(self._open)
        try:
            await self._write(file, chunks)
            yield Path(file.name)
        finally:
            await asyncio.shield(asyncio.to_thread(_discard, file))

    async def _write(self, file: IO[bytes], chunks: AsyncIterator[bytes]) -> None:
        size, waiting = 0, bytearray()
        async for chunk in chunks:
            size += len(chunk)
            self.require(size)
            waiting += chunk
            if len(waiting) >= _WRITTEN_AT_ONCE:
                await asyncio.to_thread(self._put, file, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(self._put, file, bytes(waiting))

    def _open(self) -> IO[bytes]:
        with self._as_store_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            return tempfile.NamedTemporaryFile(dir=self._folder, delete=False, buffering=0)

    def _put(self, file: IO[bytes], data: bytes) -> None:
        with self._as_store_errors():
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]

    def _too_large(self) -> UnreadableError:
        return UnreadableError(
            Unreadable.TOO_LARGE,
            f"The document is larger than {self._most_mb} MB.",
            remedy="Add only the part of it that is needed, or raise --knowledge-max-mb.",
        )

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as err:
            if err.errno in _NO_ROOM:
                raise StorageFullError(
                    f"The disk with {self._folder} takes nothing more; nothing was changed.",
                    remedy="Make room on it, or remove documents, and try again.",
                ) from err
            raise StoreError(
                f"The folder {self._folder} cannot be used: {err.strerror}.",
                remedy="Give it to the user that runs Sotto.",
            ) from err


def _discard(file: IO[bytes]) -> None:
    file.close()
    with suppress(OSError):
        Path(file.name).unlink()
