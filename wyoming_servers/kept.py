"""Small files in the data folder: whole or not there, however the process ends.

What is made new is for its owner's eyes only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

_OWNER_ONLY = 0o600
_LONGEST = 4096


def read(path: Path) -> str:
    """Return what is in a file, without blanks around it. Blocks; raises OSError, and UnicodeDecodeError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        return file.read(_LONGEST).strip()


def hide(path: Path) -> bool:
    """See to it that nobody but its owner can read a file; return whether others could. Blocks; raises OSError."""
    if not stat.S_IMODE(path.stat().st_mode) & ~_OWNER_ONLY:
        return False
    path.chmod(_OWNER_ONLY)
    return True


def make(path: Path, content: str) -> bool:
    """Make a file, with its folder; return False if it is there already, whoever made it. It is on disk then.

    Blocks; raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
            file.write(content + "\n")
            file.flush()
            os.fsync(descriptor)
        return _publish(fresh, path)
    finally:
        with contextlib.suppress(OSError):  # it may have its name by now, or the disk have gone
            fresh.unlink()


def remove(path: Path) -> bool:
    """Remove a file; return False if there is none. It is gone from the disk then. Blocks; raises OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def _publish(fresh: Path, path: Path) -> bool:
    """Give the finished file its name, unless another has it by now."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        fresh.rename(path)
    sync_folder(path.parent)
    return True


def write(path: Path, content: str) -> None:
    """Write a file, with its folder, in the place of one that may be there. It is on disk then.

    Blocks; raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """See to it that the names in a folder are on the disk. Blocks; raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
