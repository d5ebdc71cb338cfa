"""The token that clients must send: made at the first start, in a file that only its owner ever could read."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import stat
from pathlib import Path

from ..errors import SettingsError

_LOGGER = logging.getLogger(__name__)

_OWNER_ONLY = 0o600
_LONGEST = 4096
_TOKEN = re.compile(r"[!-~]+")
"""What fits into a header: ASCII without blanks."""


def checked_token(token: str, source: str) -> str:
    """Return a token that can stand in a header; raises SettingsError naming where it comes from."""
    if not _TOKEN.fullmatch(token):
        raise SettingsError(f"The token in {source} is empty or has blanks or special characters in it.")
    return token


def read_or_make_token(path: Path) -> str:
    """Return the token in this file, made now if there is none. Blocks.

    Whoever else makes it at the same moment gets the same one. Raises SettingsError for a file that cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return checked_token(_read(path), str(path))
    except (OSError, UnicodeDecodeError) as err:
        reason = (isinstance(err, OSError) and err.strerror) or "it is no text"
        raise SettingsError(
            f"The token file {path} cannot be used: {reason}.",
            remedy="Give it to the user that runs Sotto, or set SOTTO_HTTP_TOKEN.",
        ) from None


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & ~_OWNER_ONLY:
            os.fchmod(descriptor, _OWNER_ONLY)
            _LOGGER.warning("%s could be read by others; now only its owner can. Delete it to get a new token", path)
        return file.read(_LONGEST).strip()


def _make(path: Path) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(descriptor)
        _publish(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _publish(fresh: Path, path: Path) -> None:
    """Give the finished file its name, unless another has it by now."""
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    except OSError:  # a file system without hard links
        fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
