"""What goes wrong with models that are fetched, and what to do about it."""

from __future__ import annotations

from ..errors import BadRequestError, SottoError


class FetchError(SottoError):
    """No source gives the model now."""

    code = "fetch-failed"


class ChecksumError(FetchError):
    """Every source gives other bytes than those that are meant."""

    code = "wrong-checksum"


class DiskFullError(SottoError):
    """There is no room for the model; what was fetched of it is kept."""

    code = "storage-full"


class FolderError(SottoError):
    """A folder of models cannot be read or written."""

    code = "storage-failed"


class BusyError(SottoError):
    """Another process works on the same folders."""

    code = "models-busy"


class OwnModelError(BadRequestError):
    """Somebody put this model there by hand, and Sotto leaves it alone."""

    code = "own-model"


class NothingRecognisedError(BadRequestError):
    """No file of a folder belongs to a model that is known."""

    code = "nothing-recognised"
