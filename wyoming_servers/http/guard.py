"""Who is let in: clients with the token, and no page of another web site that a browser here happens to show.

Bound to loopback the token is not needed, so there a page could ask under a name of its own that it lets point to
127.0.0.1; such a `Host` is refused. Elsewhere the token keeps it out.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp import web

from .errors import ForbiddenError, UnauthorizedError

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/api/info", "/api/pair"})
"""What is answered without the token."""


def is_loopback(host: str) -> bool:
    """Return whether this IP address, with or without a zone, can only be reached from this machine."""
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def host_of(netloc: str) -> str:
    """Return the host in `HOST:PORT`; "" for what is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Return whether this is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Guard:
    """Raises for every request that is not to be answered."""

    def __init__(self, token: str | None, *, loopback: bool) -> None:
        """Ask for the token, if there is one; `loopback`: only this machine can connect."""
        self._token = token.encode() if token is not None else None
        self._loopback = loopback
        self._own_name = socket.gethostname().lower()

    def check(self, request: web.Request) -> None:
        """Raise ForbiddenError or UnauthorizedError, or return."""
        host = request.headers.get("Host", "")
        self._check_origin(request.headers.get("Origin"), host)
        if self._loopback and host:
            self._check_host(host_of(host))
        if request.path not in OPEN_PATHS:
            self._check_token(request.headers.get("Authorization", ""))

    def _check_origin(self, origin: str | None, host: str) -> None:
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            raise ForbiddenError("Pages of other web sites are not served.", remedy="Send no Origin header.")

    def _check_host(self, host: str) -> None:
        ours = {"localhost", self._own_name, f"{self._own_name}.local"}
        if not is_address(host) and host not in ours:
            raise ForbiddenError("This host is not known by that name.", remedy="Use localhost or the IP address.")

    def _check_token(self, authorization: str) -> None:
        scheme, _, given = authorization.partition(" ")
        if self._token is None:
            return
        same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token)
        if scheme.lower() != "bearer" or not same:
            raise UnauthorizedError(
                "The bearer token is missing or wrong.",
                remedy="Send the one in the file `token` in Sotto's data folder, as the API key.",
            )
