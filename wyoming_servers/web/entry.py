"""Who may see the page: Ingress and nobody else, or this machine and whoever signed in.

Home Assistant's Ingress has asked for a password already; it connects from one address of the Supervisor's network,
and only from there are its headers believed. Elsewhere a visitor of this machine is let in, and one of another machine
signs in with the token. Pages of other web sites are kept out in every case: by what browsers say of the page that
asks (`Sec-Fetch-Site`, `Origin`) and, where there is no password, by the name under which it was asked (`Host`), which
a site could let point to 127.0.0.1. docs/decisions/027 says why.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from ..errors import SettingsError, SottoError
from ..http.errors import ForbiddenError
from ..http.guard import host_of, is_address, is_loopback
from ..http.pairing import is_proxied, peer_of
from ..settings import WebSettings
from .sessions import Sessions

OPEN = frozenset({"/", "/{name}", "/api/session"})
"""Routes that are answered to everybody: the page, in which there is nothing of the household, and signing in."""


class Way(StrEnum):
    """How a visitor came in."""

    INGRESS = "ingress"
    LOOPBACK = "loopback"
    SESSION = "session"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking."""

    way: Way
    user: str = ""
    """Who Home Assistant says it is."""


class SignInNeededError(SottoError):
    """Whoever asks is not signed in."""

    code = "sign-in-needed"


class Entry:
    """Decides who is let in."""

    def __init__(self, settings: WebSettings, sessions: Sessions) -> None:
        """Raises SettingsError for an address of Ingress that is none."""
        self._ingress = settings.ingress
        self._peer = _address(settings.ingress_peer)
        self._sessions = sessions
        own_name = socket.gethostname().lower()
        self._names = frozenset({"localhost", own_name, f"{own_name}.local"})

    def check(self, request: web.Request) -> None:
        """Raise ForbiddenError or SignInNeededError, or return."""
        if self._ingress and peer_of(request) != self._peer:
            raise ForbiddenError("This page is for Home Assistant's Ingress.", remedy="Open it in Home Assistant.")
        self._check_page(request)
        visitor = self.visitor(request)
        if visitor.way is Way.LOOPBACK:
            self._check_host(request)
        if visitor.way is Way.NONE and _route(request) not in OPEN:
            raise SignInNeededError("Sign in first.", remedy="Reload the page; it asks for the token.")

    def visitor(self, request: web.Request) -> Visitor:
        """Return who is asking."""
        if self._ingress:
            return Visitor(Way.INGRESS, _shown(request, "X-Remote-User-Display-Name", "X-Remote-User-Name"))
        if is_loopback(str(peer_of(request))) and not is_proxied(request):
            return Visitor(Way.LOOPBACK)
        return Visitor(Way.SESSION if self._sessions.has(request) else Way.NONE)

    def _check_page(self, request: web.Request) -> None:
        """Refuse what a page of another site asks for; following a link to ours is no such thing."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None:
            is_ours = site in {"same-origin", "none"} or _is_visit(request)
        else:
            is_ours = origin is None or _host_in(origin) in self._hosts(request)
        if not is_ours:
            raise ForbiddenError("Pages of other web sites are not served.", remedy="Open Sotto's own page.")

    def _hosts(self, request: web.Request) -> set[str]:
        """Return the names under which the browser may know us."""
        names = {request.headers.get("Host", "").lower()}
        if self._ingress:
            names.add(request.headers.get("X-Forwarded-Host", "").lower())
        return names - {""}

    def _check_host(self, request: web.Request) -> None:
        host = host_of(request.headers.get("Host", ""))
        if host and not is_address(host) and host not in self._names:
            raise ForbiddenError("This host is not known by that name.", remedy="Use localhost or the IP address.")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise SettingsError(f"--web-ingress-peer is {text!r}.", remedy="Write an IP address.") from None


def _route(request: web.Request) -> str:
    """Return the pattern that a request fits; what fits none is not among those that are open."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _is_visit(request: web.Request) -> bool:
    """Whether somebody opens the page itself, from wherever the link to it is."""
    is_read = request.method in {"GET", "HEAD"} and not request.path.startswith("/api/")
    return is_read and request.headers.get("Sec-Fetch-Mode") == "navigate"


def _host_in(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _shown(request: web.Request, *names: str) -> str:
    """Return the first of these headers that says anything."""
    return next((value for name in names if (value := request.headers.get(name, "").strip())), "")
