"""What becomes of a request that failed: an answer that says why, and for what nobody foresaw a line in the log."""

from __future__ import annotations

import logging

from aiohttp import web

from ..errors import BadRequestError, SottoError, place_of
from .errors import BodyTooLargeError, MethodError, NotFoundError, error_object, headers_of, status_of

_LOGGER = logging.getLogger(__name__)


def error_response(error: SottoError) -> web.Response:
    """Return an error as the answer to a request."""
    return web.json_response(error_object(error), status=status_of(error), headers=headers_of(error))


def told(error: Exception) -> SottoError:
    """Return what the client is told of a failure; one that nobody foresaw is logged by its type and place."""
    if isinstance(error, SottoError):
        return error
    if isinstance(error, web.HTTPException):
        return _of_aiohttp(error)
    _LOGGER.error("A request failed: %s at %s", type(error).__name__, place_of(error))
    _LOGGER.debug("A request failed", exc_info=error)
    return SottoError("Something went wrong here.", remedy="The server's log says what.")


def _of_aiohttp(error: web.HTTPException) -> SottoError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return MethodError(f"{error.method} does not work here.", remedy=f"Use {', '.join(error.allowed_methods)}.")
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return BodyTooLargeError("The body is too large.", remedy="Send at most 4 MB.")
    if isinstance(error, web.HTTPNotFound):
        return NotFoundError("There is nothing at this address.", remedy="docs/http.md lists what there is.")
    return BadRequestError(f"The request cannot be served: {error.reason}.")
