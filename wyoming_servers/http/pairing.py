"""`/api/pair`: the first client that asks gets the token; docs/decisions/019 says why, and what is left to fear."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import voluptuous as vol
from aiohttp import web

from .body import checked, word
from .chat import read_body
from .errors import ForbiddenError, PairingClosedError, StorageError, TooManyTriesError
from .paired import Paired, PairingFiles

_LOGGER = logging.getLogger(__name__)

MOST_TRIES = 5
TRIES_WITHIN_S = 60.0
LOOK_EVERY_S = 1.0
"""At the request of `sotto pair`."""

_NEAR = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Addresses of this machine, of private networks (RFC 1918, RFC 4193) and of a link (RFC 3927, RFC 4291)."""
_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def _name(value: Any) -> str:
    """Check what `sotto pair` may show on a terminal."""
    if not (name := word(value)).isprintable():
        raise vol.Invalid("it must be text that can be printed")
    return name


_BODY = vol.Schema({vol.Required("client"): _name})


IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def peer_of(request: web.Request) -> IPAddress:
    """Return who asks, without a zone; IPv4 is IPv4, also on a socket for both."""
    address = ipaddress.ip_address((request.remote or "::").partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_proxied(request: web.Request) -> bool:
    """Return whether a proxy says that it asks for somebody else."""
    return any(name in request.headers for name in _PROXIES)


def is_near(address: IPAddress) -> bool:
    """Return whether an address can only be one of this machine, or of a network of the house."""
    return any(address in network for network in _NEAR)


class Tries:
    """How often something was tried of late."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times_s: deque[float] = deque(maxlen=MOST_TRIES)

    def count(self) -> None:
        """Count a try; raises TooManyTriesError for one too many, which does not count."""
        now_s = self._clock()
        if len(self._times_s) == MOST_TRIES and now_s - self._times_s[0] < TRIES_WITHIN_S:
            raise TooManyTriesError("Pairing was tried too often.", remedy="Try again in a minute.")
        self._times_s.append(now_s)


class Pairing:
    """Gives the token out, to one client, within a time after the start or after `sotto pair`."""

    def __init__(
        self, files: PairingFiles, token: str | None, server_id: str, open_s: float, clock: Callable[[], float]
    ) -> None:
        """`token` None: none is needed, and everybody may have it; `open_s` 0: it is never given out."""
        self._files = files
        self._token = token
        self._server_id = server_id
        self._open_s = open_s
        self._clock = clock
        self._closes_s = 0.0
        self._is_marked = True
        self._tries = Tries(clock)
        self._giving = asyncio.Lock()
        self._complaint = logging.WARNING
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open it if nobody was ever paired."""
        if self._open_s > 0:
            await self._look(at_start=True)
            self._watching = asyncio.create_task(self._watch(), name="pairing")

    async def stop(self) -> None:
        """Close it."""
        self._closes_s = 0.0
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    @property
    def token_needed(self) -> bool:
        """Whether requests need the token."""
        return self._token is not None

    def is_open_to(self, request: web.Request) -> bool:
        """Whether whoever asks would get the token now."""
        return self._is_open and _stranger(request) is None

    async def pair(self, request: web.Request) -> web.Response:
        """Answer `POST /api/pair`."""
        if stranger := _stranger(request):
            raise stranger
        self._tries.count()
        client = await read_body(request, _client)
        async with self._giving:
            if not self._is_open:
                raise self._closed()
            if self._token is not None:
                await self._mark(Paired(client, str(peer_of(request)), _now()))
                _LOGGER.info("A client was paired: it has the token, and no other gets it before `sotto pair`")
        answer = {"token": self._token or "", "id": self._server_id}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    @property
    def _is_open(self) -> bool:
        return self._token is None or (not self._is_marked and self._clock() < self._closes_s)

    def _closed(self) -> PairingClosedError:
        by_hand = "give the client the token from the file `token` in its data folder"
        if not self._open_s:
            return PairingClosedError("This server pairs with nobody (--http-pairing-s 0).", remedy=_sentence(by_hand))
        reason = "A client has been paired already." if self._is_marked else "The time for pairing is over."
        return PairingClosedError(reason, remedy=f"Run `sotto pair` on the server's machine, or {by_hand}.")

    async def _mark(self, paired: Paired) -> None:
        """Note that the token is given out; raises PairingClosedError if another server of this folder just did."""
        try:
            is_first = await asyncio.to_thread(self._files.mark, paired)
        except OSError as err:
            raise StorageError(
                f"The data folder does not take the mark that a client was paired: {err.strerror}.",
                remedy="Give it space, and to the user that runs Sotto.",
            ) from None
        self._is_marked = True
        if not is_first:
            raise self._closed()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look()

    async def _look(self, *, at_start: bool = False) -> None:
        """Open it if it is the start or `sotto pair` asks, and nobody is paired."""
        try:
            is_asked = await asyncio.to_thread(self._files.take_request)
            if at_start or is_asked:
                self._is_marked = await asyncio.to_thread(self._files.is_marked)
                self._closes_s = self._clock() + self._open_s
                self._tell()
        except OSError as err:
            _LOGGER.log(self._complaint, "Pairing stays as it is, the data folder cannot be used: %s", err.strerror)
            self._complaint = logging.DEBUG

    def _tell(self) -> None:
        if self._token is not None and not self._is_marked:
            _LOGGER.info("The first client of this network that asks within %g s gets the token", self._open_s)


def _stranger(request: web.Request) -> ForbiddenError | None:
    """Return why whoever asks gets no token at all."""
    if "Origin" in request.headers:  # also our own: the token is what keeps out names that point here
        return ForbiddenError("Web pages are not paired.", remedy="Send no Origin header.")
    by_hand = "Give the client the token from the file `token` in the server's data folder."
    if is_proxied(request):
        return PairingClosedError("A proxy hides who asks.", remedy=f"Connect without one. {by_hand}")
    if not is_near(peer_of(request)):
        return PairingClosedError(
            "Only clients with an address of a private network are paired.",
            remedy=f"Connect by such an address of the server. {by_hand}",
        )
    return None


def _client(body: dict[str, Any]) -> str:
    """Return what a client calls itself; raises FieldError."""
    name: str = checked(_BODY, body)["client"]
    return name


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
