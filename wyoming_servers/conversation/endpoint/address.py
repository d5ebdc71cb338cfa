"""Where an endpoint is and how it is asked in, apart from each other: what is logged never has the key. Pure logic."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from ...errors import SettingsError

_REMEDY = "Write http://HOST:PORT/v1."
_FULL_PATH = "/chat/completions"


@dataclass(frozen=True)
class Address:
    """An endpoint."""

    url: str
    """Without credentials; what is asked for is appended."""
    host: str
    """For people: host and port."""
    authorization: str = field(default="", repr=False)
    """The header's value; "" where there is no key."""


def parse_address(url: str, key: str, *, flag: str) -> Address:
    """Return the address that two settings describe; raises SettingsError naming the flag, but no credentials.

    A URL without a path gets `/v1`, which all servers have; credentials in it are used where there is no key.
    """
    parts = _split(url.strip())
    if parts is None:
        raise SettingsError(f"{flag} is no address of an HTTP server.", remedy=_REMEDY)
    if parts.query or parts.fragment:
        raise SettingsError(f"{flag} has a query, which endpoints do not.", remedy=_REMEDY)
    name = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    host = name if parts.port is None else f"{name}:{parts.port}"
    path = parts.path.rstrip("/").removesuffix(_FULL_PATH) or "/v1"
    return Address(f"{parts.scheme}://{host}{path}", host, _authorization(parts, key.strip(), flag))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_http and url.isprintable() and " " not in url else None


def _authorization(parts: SplitResult, key: str, flag: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"The key that belongs to {flag} has characters that no key has.")
    if key:
        return f"Bearer {key}"
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"
