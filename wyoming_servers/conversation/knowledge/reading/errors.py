"""Why a document could not be read. Pure logic."""

from __future__ import annotations

from enum import StrEnum

from ....errors import SottoError


class Unreadable(StrEnum):
    """The codes of UnreadableError."""

    ENCRYPTED = "document-encrypted"
    BROKEN = "document-broken"
    EMPTY = "document-empty"
    """No bytes, or no text in them."""
    SCANNED = "document-scanned"
    """Nothing but pictures of text."""
    TOO_LARGE = "document-too-large"
    TOO_MANY_PAGES = "document-too-many-pages"
    TOO_SLOW = "document-too-slow"
    NO_MEMORY = "document-no-memory"
    BOMB = "document-bomb"
    """Small, and made to be very large when unpacked."""
    UNKNOWN_TYPE = "document-unknown-type"


class UnreadableError(SottoError):
    """A document cannot be read; nothing was kept of it."""

    def __init__(self, code: Unreadable, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


def broken(what: str) -> UnreadableError:
    """Return the error of a file that is not what it says it is; `what` as in "a PDF"."""
    return UnreadableError(
        Unreadable.BROKEN,
        f"The file is damaged, or is not {what}.",
        remedy="See whether it opens on a computer; if it does, save it anew, or print it into a PDF.",
    )


def gone(reason: str) -> UnreadableError:
    """Return the error of a file that the system does not open."""
    return UnreadableError(
        Unreadable.BROKEN,
        f"The file cannot be opened: {reason}.",
        remedy="See whether it is still there, and whether Sotto may read it.",
    )


def encrypted() -> UnreadableError:
    """Return the error of a file that cannot be opened without a password."""
    return UnreadableError(
        Unreadable.ENCRYPTED, "The document has a password.", remedy="Save it without one, and add it again."
    )


def empty() -> UnreadableError:
    """Return the error of a file without text."""
    return UnreadableError(Unreadable.EMPTY, "There is no text in the file.", remedy="Add one that has text.")
