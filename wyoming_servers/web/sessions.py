"""Signing in with the token: `/api/session`. A session is a random number in memory; a restart ends all of them."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic
from typing import Any

import voluptuous as vol
from aiohttp import web

from ..errors import SottoError
from ..http.body import checked
from ..http.chat import read_body
from ..http.errors import TooManyTriesError
from ..http.pairing import peer_of

_LOGGER = logging.getLogger(__name__)

COOKIE = "sotto_session"
LASTS_S = 30 * 86_400.0
MOST_SESSIONS = 100
MOST_TRIES = 5
"""From one address."""
MOST_TRIES_OF_ALL = 50
TRIES_WITHIN_S = 60.0

_BODY = vol.Schema({vol.Required("token"): vol.All(str, vol.Length(max=1000))})


class WrongTokenError(SottoError):
    """The token is another."""

    code = "wrong-token"


class Sessions:
    """Who has signed in."""

    def __init__(self, token: str, clock: Callable[[], float] = monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._ends_s: OrderedDict[str, float] = OrderedDict()
        """By session, the oldest first."""
        self._tries: deque[tuple[str, float]] = deque(maxlen=MOST_TRIES_OF_ALL)
        """The address and time of each that failed."""

    def has(self, request: web.Request) -> bool:
        """Whether this visitor has signed in."""
        return self._clock() < self._ends_s.get(request.cookies.get(COOKIE, ""), 0.0)

    async def sign_in(self, request: web.Request) -> web.Response:
        """Answer `POST /api/session`."""
        peer = str(peer_of(request))
        self._check_tries(peer)
        given: str = (await read_body(request, _checked))["token"]
        if not hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token):
            self._tries.append((peer, self._clock()))
            _LOGGER.info("Somebody tried to sign in to the web page with a wrong token")
            raise WrongTokenError(
                "This is not the token.",
                remedy="It is in the file `token` in Sotto's data folder, or SOTTO_HTTP_TOKEN.",
            )
        response = web.json_response({"signed_in": True})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            COOKIE, self._begin(), max_age=int(LASTS_S), path="/", httponly=True, samesite="Strict", secure=secure
        )
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """Answer `DELETE /api/session`."""
        self._ends_s.pop(request.cookies.get(COOKIE, ""), None)
        response = web.json_response({"signed_in": False})
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
        return response

    def _begin(self) -> str:
        session = secrets.token_urlsafe(32)
        self._ends_s[session] = self._clock() + LASTS_S
        while len(self._ends_s) > MOST_SESSIONS:
            self._ends_s.popitem(last=False)
        return session

    def _check_tries(self, peer: str) -> None:
        since_s = self._clock() - TRIES_WITHIN_S
        recent = [each for each, tried_s in self._tries if tried_s > since_s]
        if recent.count(peer) >= MOST_TRIES or len(recent) >= MOST_TRIES_OF_ALL:
            raise TooManyTriesError("A wrong token was given too often.", remedy="Try again in a minute.")


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = checked(_BODY, body)
    return fields
