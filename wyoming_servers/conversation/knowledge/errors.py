"""What can go wrong with documents besides reading them."""

from __future__ import annotations

from ...errors import BadRequestError, SottoError


class StoreError(SottoError):
    """What is known of the documents cannot be read or kept."""

    code = "store-failed"


class StorageFullError(StoreError):
    """The disk takes nothing more; what was there is still there."""

    code = "storage-full"


class UnknownDocumentError(BadRequestError):
    """There is no document of this id."""

    code = "unknown-document"


class UnknownExampleError(BadRequestError):
    """The household has no such sentence of its own."""

    code = "unknown-example"


class NoDocumentsError(BadRequestError):
    """There are no documents with which the gate could be calibrated."""

    code = "no-documents"


class DocumentExistsError(BadRequestError):
    """Another document has this name."""

    code = "document-exists"


class WatchedDocumentError(BadRequestError):
    """The document comes from a watched folder, and would come back."""

    code = "watched-document"
