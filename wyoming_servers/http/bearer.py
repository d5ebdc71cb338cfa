"""The token that clients must send: made at the first start, in a file that only its owner ever could read."""

from __future__ import annotations

import logging
import re
import secrets
from pathlib import Path

from .. import kept
from ..errors import SettingsError

_LOGGER = logging.getLogger(__name__)

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
        kept.make(path, secrets.token_urlsafe(32))
        if kept.hide(path):
            _LOGGER.warning("%s could be read by others; now only its owner can. Delete it to get a new token", path)
        return checked_token(kept.read(path), str(path))
    except (OSError, UnicodeDecodeError) as err:
        reason = (isinstance(err, OSError) and err.strerror) or "it is no text"
        raise SettingsError(
            f"The token file {path} cannot be used: {reason}.",
            remedy="Give it to the user that runs Sotto, or set SOTTO_HTTP_TOKEN.",
        ) from None
