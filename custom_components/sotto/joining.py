"""Coming to terms with a server: whether it is one, where it is, which token it takes, and what is wrong if none."""

from __future__ import annotations

from collections.abc import Iterable

import aiohttp

from .client import (
    CannotConnectError,
    Info,
    InvalidTokenError,
    NotSottoError,
    RedirectedError,
    RefusedError,
    SottoClient,
    SottoError,
    UntrustedError,
)
from .issues import misfit_of

CLIENT_NAME = "Home Assistant"
"""Who asks for the token."""

PAIRING_CLOSED = "pairing-closed"
"""The server's code for not giving its token out now."""

_NO_SUCH_PAGE = frozenset({"404", "not-found"})
"""What other servers of language models answer."""

_KEYS: tuple[tuple[type[SottoError], str], ...] = (
    (InvalidTokenError, "invalid_token"),
    (RedirectedError, "redirected"),
    (UntrustedError, "untrusted"),
    (NotSottoError, "not_sotto"),
    (CannotConnectError, "cannot_connect"),
)


class MisfitError(SottoError):
    """The server is too old for us, or we are for it."""

    def __init__(self, which: str, version: str) -> None:
        """Keep which, and the server's version."""
        super().__init__(f"{which}: {version}")
        self.which = which
        self.version = version


async def checked_info(session: aiohttp.ClientSession, url: str) -> Info:
    """Return what a server tells of itself. Raises SottoError, MisfitError where it is not for us."""
    try:
        info = await SottoClient(session, url).info()
    except InvalidTokenError as err:  # no Sotto wants one here
        raise NotSottoError(str(err)) from err
    except RefusedError as err:
        raise (NotSottoError(str(err)) if err.code in _NO_SUCH_PAGE else err) from err
    if misfit := misfit_of(info):
        raise MisfitError(misfit.value, info.version)
    return info


async def where_it_is(session: aiohttp.ClientSession, urls: Iterable[str], server_id: str) -> str | None:
    """Return the first of these URLs at which the server with this id answers."""
    for url in urls:
        try:
            info = await SottoClient(session, url).info()
        except SottoError:
            continue
        if info.id == server_id:
            return url
    return None


async def accepted_token(session: aiohttp.ClientSession, url: str, info: Info, token: str) -> str:
    """Return a token that the server takes: this one, or else its own while it gives that out. Raises SottoError."""
    try:
        if token or not info.token_needed:
            await SottoClient(session, url, token).status()
            return token
    except InvalidTokenError:
        if not info.pairing:
            raise
    if not info.pairing:
        raise RefusedError(PAIRING_CLOSED, "The server does not give out its token now.")
    token = await SottoClient(session, url).pair(CLIENT_NAME)
    await SottoClient(session, url, token).status()
    return token


def told(err: SottoError) -> tuple[str, dict[str, str]]:
    """Return the translation key of an error, and what stands in its text."""
    if isinstance(err, MisfitError):
        return err.which, {"version": err.version}
    if isinstance(err, RefusedError):
        return ("pairing_closed" if err.code == PAIRING_CLOSED else "refused"), {"message": str(err)}
    return next((key for kind, key in _KEYS if isinstance(err, kind)), "cannot_connect"), {}
