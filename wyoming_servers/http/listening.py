"""The socket, and what happens on a connection before there is a request that could be answered."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from ..addresses import is_everywhere
from ..errors import BadRequestError, OverloadedError, SettingsError, SottoError
from .errors import HeaderTooLargeError, error_object, headers_of, status_of
from .failures import error_response, told


class AddressTakenError(SettingsError):
    """Another program listens there."""


REFUSED_WITHIN_S = 1.0
"""For a client that is one too many to read so."""


async def bind(uri: str, factory: Callable[[], asyncio.Protocol], flag: str) -> asyncio.Server:
    """Return a server that is bound and does not serve yet; raises SettingsError naming the address and the reason.

    `flag` is the one that says where to listen. An address that others have is an AddressTakenError.
    """
    parts = urlsplit(uri)
    try:
        if parts.scheme == "tcp" and parts.port is not None and not parts.path:
            return await _bind(parts.hostname or "", parts.port, factory)
    except (OSError, ValueError) as err:
        reason = os.strerror(err.errno) if isinstance(err, OSError) and err.errno and err.errno > 0 else str(err)
        is_taken = isinstance(err, OSError) and err.errno == errno.EADDRINUSE
        kind = AddressTakenError if is_taken else SettingsError
        raise kind(f"Cannot listen on {uri}: {reason}.", remedy=f"Choose another address with {flag}.") from None
    raise SettingsError(f"{flag} is {uri}.", remedy="Write tcp://HOST:PORT, or nothing to open no port.")


async def _bind(host: str, port: int, factory: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if not is_everywhere(host):
        return await loop.create_server(factory, host, port, start_serving=False)
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    listening = socket.create_server(("", port), family=family, dualstack_ipv6=both)
    return await loop.create_server(factory, sock=listening, start_serving=False)


class HttpConnection(web.RequestHandler):
    """A connection on which what is no HTTP gets an error of ours too, and nothing of it is logged."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes what was sent
    ) -> web.StreamResponse:
        """Return the answer to what could not be read as a request; ConnectionError if one was begun already."""
        if request.writer.output_size > 0:
            raise ConnectionError
        response = error_response(_unreadable(status, exc))
        response.force_close()
        return response


def _unreadable(status: int, exc: BaseException | None) -> SottoError:
    if isinstance(exc, LineTooLong):
        return HeaderTooLargeError("A header or the address is too long.", remedy="8 kB is the most.")
    if status < 500 or not isinstance(exc, Exception):
        return BadRequestError("This is not a HTTP request.", remedy="Speak HTTP/1.1, without TLS, on this port.")
    return told(exc)


class RefusedConnection(asyncio.Protocol):
    """A connection too many: it is told so, whatever it asks for. While open it is among `refused`."""

    def __init__(self, refused: set[asyncio.Transport]) -> None:
        self._refused = refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer, and wait for the client to read it: closing with bytes unread would take the answer back."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is a TCP connection
        self._transport = transport
        self._refused.add(transport)
        transport.write(_refusal())
        transport.write_eof()
        self._end = asyncio.get_running_loop().call_later(REFUSED_WITHIN_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        del exc
        self._refused.discard(self._transport)
        self._end.cancel()


def _refusal() -> bytes:
    error = OverloadedError("Too many clients are connected.", remedy="Try again in a moment.")
    status = HTTPStatus(status_of(error))
    body = json.dumps(error_object(error)).encode()
    headers: dict[str, Any] = {
        **headers_of(error),
        "Content-Type": "application/json",
        "Content-Length": len(body),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + body
