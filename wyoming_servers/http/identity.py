"""Which server this is: an id that stays, and what it tells of itself to whoever asks."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from .. import __version__, kept
from ..errors import SettingsError

_LOGGER = logging.getLogger(__name__)

API = 1
"""The version of what docs/http.md says of `/api` and of `sotto` in a body; a client refuses one that it does not
know."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Identity:
    """A server."""

    id: str
    """A UUID in hex digits, the same after every start."""
    name: str
    version: str = __version__
    api: int = API

    @property
    def properties(self) -> dict[str, str]:
        """What zeroconf tells of it."""
        return {"id": self.id, "version": self.version, "api": str(self.api)}


def read_or_make_id(path: Path) -> str:
    """Return the id in this file, made now if there is none, or something else. Blocks.

    Raises SettingsError where it cannot be kept: a server with another id after every start would be another one.
    """
    try:
        kept.make(path, uuid.uuid4().hex)
        found = _read(path)
        if _ID.fullmatch(found):
            return found
        _LOGGER.warning("%s holds no id; there is a new one now, and to Home Assistant this is another server", path)
        kept.remove(path)
        kept.make(path, uuid.uuid4().hex)
        return _read(path)
    except OSError as err:
        raise SettingsError(
            f"The file {path} cannot be used: {err.strerror}.",
            remedy="Give its folder space, and to the user that runs Sotto, or choose another with --data-dir.",
        ) from None


def _read(path: Path) -> str:
    try:
        return kept.read(path)
    except UnicodeDecodeError:
        return ""
