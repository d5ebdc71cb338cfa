"""A file that is being fetched: what is there of it, where that is from, and its digest. Everything here blocks."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import BinaryIO

from .catalogue import MB
from .errors import DiskFullError, FolderError
from .sources import Origin

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
RESERVE_BYTES = 200 * MB
"""Of the disk that is left free: a full one stops everything else as well."""
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """What tells a file from every other."""

    sha256: str
    md5: str
    """Empty if it was not asked for."""


class Part:
    """The part of a file that is there, in a file of its own; beside it is its origin."""

    def __init__(self, path: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        """Take up what there is at `path`, or nothing; see `open`."""
        self.path = path
        self.size_bytes = 0
        self.origin: Origin | None = None
        self._notes = path.with_name(f"{path.name}.json")
        self._reserve_bytes = reserve_bytes
        self._file: BinaryIO | None = None

    def open(self, total_bytes: int) -> None:
        """Make ready for writing; raises DiskFullError if what is missing has no room, and FolderError."""
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
            self.size_bytes = self._file.tell()
            self.origin = self._read_origin()
            if self.size_bytes > total_bytes:
                self.restart()
            self.require_room(total_bytes - self.size_bytes)

    def require_room(self, missing_bytes: int) -> None:
        """Raise DiskFullError if the disk has no room for so much more; some of it is always left free."""
        free = shutil.disk_usage(self.path.parent).free
        if missing_bytes and free < missing_bytes + self._reserve_bytes:
            raise _full(self.path, f"{missing_bytes / MB:.0f} MB are missing, and {free / MB:.0f} MB are free")

    def restart(self) -> None:
        """Begin at nothing."""
        assert self._file is not None  # noqa: S101 - it is open
        with disk_errors(self.path):
            self._file.truncate(0)
            self._file.seek(0)
            self._notes.unlink(missing_ok=True)
        self.size_bytes, self.origin = 0, None

    def come_from(self, origin: Origin) -> None:
        """Note where what is written next comes from."""
        if origin != self.origin:
            self.origin = origin
            with disk_errors(self.path):
                self._notes.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def write(self, chunk: bytes) -> None:
        """Append; raises DiskFullError when the disk takes no more, and what it took is kept."""
        assert self._file is not None  # noqa: S101 - it is open
        try:
            with disk_errors(self.path):
                self._file.write(chunk)
                self._file.flush()
        finally:
            self.size_bytes = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """See to it that what there is is on the disk."""
        if self._file is None:
            return
        file, self._file = self._file, None
        with disk_errors(self.path), file:
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Forget what there is."""
        self.close()
        for path in (self.path, self._notes):
            with disk_errors(path):
                path.unlink(missing_ok=True)

    def forget_origin(self) -> None:
        """Remove what is beside the file, which is whole now."""
        with suppress(OSError):
            self._notes.unlink(missing_ok=True)

    def _read_origin(self) -> Origin | None:
        try:
            return Origin(**json.loads(self._notes.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def digest_of(path: Path, stop: Event, *, with_md5: bool = True) -> Digest | None:
    """Return the digest of a file, whose MD5 may be left out; None if it was stopped."""
    sha256 = hashlib.sha256()
    md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
    with disk_errors(path), path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            if stop.is_set():
                return None
            sha256.update(chunk)
            if md5 is not None:
                md5.update(chunk)
    return Digest(sha256.hexdigest(), md5.hexdigest() if md5 is not None else "")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise DiskFullError or FolderError for what the disk refuses."""
    try:
        yield
    except OSError as err:
        if err.errno in NO_ROOM:
            raise _full(path, err.strerror or "no room") from None
        raise FolderError(
            f"{path.parent} cannot be used: {err.strerror}.", remedy="See that Sotto may write there."
        ) from None


def _full(path: Path, reason: str) -> DiskFullError:
    return DiskFullError(
        f"The disk of {path.parent.parent} has no room for the model: {reason}.",
        remedy="Free some space and fetch it again: what was fetched is kept.",
    )
