"""What the data folder knows of pairing: who was paired, and whether `sotto pair` asks for another.

`paired` is there once a client got the token; `pairing` from when `sotto pair` asks until a running server has seen it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import kept

_MARK = "paired"
_REQUEST = "pairing"


@dataclass(frozen=True)
class Paired:
    """A client that got the token."""

    client: str
    """What it calls itself."""
    address: str
    time: str
    """ISO 8601, with the offset."""


class PairingFiles:
    """Those in one data folder. All methods block; they raise OSError where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / _MARK
        self._request = folder / _REQUEST

    def is_marked(self) -> bool:
        """Whether a client was paired, whatever the mark has in it."""
        try:
            self._mark.lstat()
        except FileNotFoundError:
            return False
        return True

    def mark(self, paired: Paired) -> bool:
        """Note for good that a client was paired; False if one was already."""
        return kept.make(self._mark, json.dumps(asdict(paired)))

    def paired(self) -> Paired | None:
        """Return who was paired, if that can be read."""
        try:
            return Paired(**json.loads(kept.read(self._mark)))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def ask(self) -> None:
        """Forget who was paired, and ask the server to let another one in."""
        kept.remove(self._mark)
        kept.make(self._request, "")

    def is_asked(self) -> bool:
        """Whether no server has seen the request yet."""
        return self._request.exists()

    def take_request(self) -> bool:
        """Return whether somebody asked, and forget it."""
        return self.is_asked() and kept.remove(self._request)  # on a disk that is read-only nothing can be removed
