"""What went wrong with a document, as forms and actions tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from homeassistant.exceptions import HomeAssistantError

from .client import CannotConnectError, InvalidTokenError, RefusedError, SottoError
from .const import DOMAIN

_KEYS: Final[Mapping[str, str]] = {
    "document-bomb": "document_bomb",
    "document-broken": "document_broken",
    "document-empty": "document_empty",
    "document-encrypted": "document_encrypted",
    "document-no-memory": "document_too_much",
    "document-scanned": "document_scanned",
    "document-too-large": "document_too_large",
    "document-too-many-pages": "document_too_much",
    "document-too-slow": "document_too_much",
    "document-unknown-type": "document_unknown_type",
    "body-too-large": "document_too_large",
    "overloaded": "documents_busy",
    "storage-full": "documents_full",
    "unknown-document": "no_such_document",
    "watched-document": "document_watched",
}
"""By the server's code."""


def told(err: SottoError) -> tuple[str, dict[str, str]]:
    """Return an error as the key of its text, and what is filled into that."""
    if isinstance(err, InvalidTokenError):
        return "invalid_token", {}
    if isinstance(err, CannotConnectError):
        return "cannot_connect", {}
    if isinstance(err, RefusedError) and err.code in _KEYS:
        return _KEYS[err.code], {}
    return "document_refused", {"message": str(err)}


def as_error(err: SottoError) -> HomeAssistantError:
    """Return an error as an action raises it."""
    key, placeholders = told(err)
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
