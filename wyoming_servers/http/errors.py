"""The ways in which HTTP refuses, and what each of Sotto's errors is to an OpenAI client. Pure logic."""

from __future__ import annotations

from typing import Any

from ..errors import BadRequestError, LimitExceededError, OverloadedError, SottoError


class FieldError(BadRequestError):
    """A field of the body is not what it must be."""

    def __init__(self, param: str | None, problem: str, *, remedy: str = "") -> None:
        super().__init__(f"{param or 'The body'}: {problem}.", remedy=remedy)
        self.param = param


class UnknownHomeError(BadRequestError):
    """No home with this hash was sent since the start, or it was one too many; the client sends it again."""

    code = "unknown_home"


class UnauthorizedError(SottoError):
    """The token is missing or another."""

    code = "invalid_api_key"


class ForbiddenError(SottoError):
    """A web page of somebody else is asking."""

    code = "forbidden"


class PairingClosedError(ForbiddenError):
    """The token is not given out: not any more, or not to this client."""

    code = "pairing-closed"


class TooManyTriesError(OverloadedError):
    """Somebody tries to pair again and again."""

    code = "too-many-tries"


class StorageError(SottoError):
    """The data folder does not take what has to be kept."""

    code = "storage-failed"


class NotFoundError(BadRequestError):
    """There is nothing at this address."""

    code = "not-found"


class MethodError(BadRequestError):
    """The address takes another method."""

    code = "method-not-allowed"


class MediaTypeError(BadRequestError):
    """The body is not declared to be JSON."""

    code = "unsupported-media-type"


class BodyTooLargeError(LimitExceededError):
    """The body is larger than the door allows."""

    code = "body-too-large"


class HeaderTooLargeError(LimitExceededError):
    """A header or the address is larger than the door allows."""

    code = "header-too-large"


class BodyTimeoutError(LimitExceededError):
    """The body did not arrive in time."""

    code = "body-timeout"


_STATUS = {
    "bad-request": 400,
    "limit-exceeded": 400,
    "invalid_api_key": 401,
    "sign-in-needed": 401,
    "wrong-token": 401,
    "forbidden": 403,
    "pairing-closed": 403,
    "not-found": 404,
    "unknown_home": 404,  # a 409 would be sent again unchanged by the official client
    "unknown-model": 404,
    "unknown-document": 404,
    "unknown-example": 404,
    "method-not-allowed": 405,
    "body-timeout": 408,
    "document-exists": 409,
    "watched-document": 409,
    "no-documents": 409,
    "body-too-large": 413,
    "document-too-large": 413,
    "unsupported-media-type": 415,
    "document-unknown-type": 415,
    "document-encrypted": 422,
    "document-broken": 422,
    "document-empty": 422,
    "document-scanned": 422,
    "document-too-many-pages": 422,
    "document-too-slow": 422,
    "document-no-memory": 422,
    "document-bomb": 422,
    "overloaded": 429,
    "too-many-tries": 429,
    "header-too-large": 431,
    "remote-failed": 502,
    "home-failed": 502,
    "engine-unavailable": 503,
    "no-memory": 503,
    "engine-loading": 503,
    "store-failed": 503,
    "own-model": 409,
    "models-busy": 409,
    "nothing-recognised": 422,
    "fetch-failed": 502,
    "wrong-checksum": 502,
    "storage-failed": 507,
    "storage-full": 507,
}
"""By code; anything else is 500."""

_RETRY_AFTER_S = {"engine-loading": 2, "overloaded": 1, "too-many-tries": 60}


def status_of(error: SottoError) -> int:
    """Return the HTTP status of an error."""
    return _STATUS.get(error.code, 500)


def headers_of(error: SottoError) -> dict[str, str]:
    """Return the headers that say what to do about an error."""
    if error.code in _RETRY_AFTER_S:
        return {"Retry-After": str(_RETRY_AFTER_S[error.code])}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthorizedError) else {}


def error_object(error: SottoError) -> dict[str, Any]:
    """Return an error as OpenAI writes it."""
    status = status_of(error)
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    return {"error": {"message": str(error), "type": kind, "param": getattr(error, "param", None), "code": error.code}}
