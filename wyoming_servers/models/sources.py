"""What a server's answer to the request for a file means. Pure logic.

Hugging Face states the SHA-256 of a large file as `X-Linked-ETag`, in the redirection to where its bytes are. The ETag
of that other place may look like one and be the hash of something else: it only tells whether the file has changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import FetchError

RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes after which the same request may succeed."""
MOST_RETRY_AFTER_S = 300.0
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the bytes of a part are from."""

    url: str
    etag: str = ""
    """Empty, or a strong one, by which the server knows its file again."""
    sha256: str = ""
    """Of the whole file, where the source states it."""


class SourceRefusedError(FetchError):
    """A source does not have the file, or another one: it is not asked again."""


class SourceCutError(FetchError):
    """A source is not there now, or broke off: it is asked again."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class SourceSlowError(FetchError):
    """A source gives next to nothing: another one is tried."""


def request_headers(url: str, have_bytes: int, origin: Origin | None) -> dict[str, str]:
    """Return the headers that ask for what is missing; the server sends all if its file has changed."""
    headers = {"Accept-Encoding": "identity"}
    if have_bytes:
        headers["Range"] = f"bytes={have_bytes}-"
        if origin is not None and origin.url == url and origin.etag:
            headers["If-Range"] = origin.etag
    return headers


def check_status(status: int, headers: Mapping[str, str]) -> None:
    """Raise SourceCutError or SourceRefusedError for an answer without the file."""
    if status in {200, 206}:
        return
    if status in RETRY or status >= 500:
        raise SourceCutError(f"status {status}", retry_after_s=_retry_after(headers.get("Retry-After", "")))
    raise SourceRefusedError(f"status {status}")


def first_byte(status: int, headers: Mapping[str, str], asked_byte: int, total_bytes: int) -> int:
    """Return which byte of the file the body begins with: 0, or the one that was asked for.

    Raises SourceRefusedError for a body of another file than one of `total_bytes`, or another part of it.
    """
    if headers.get("Content-Encoding", "identity") != "identity":
        raise SourceRefusedError(f"it sends the file as {headers['Content-Encoding']}")
    start, total = 0, headers.get("Content-Length")
    if status == 206:
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if found is None or int(found[1]) != asked_byte:
            raise SourceRefusedError("it sends another part of the file than was asked for")
        start, total = int(found[1]), None if found[3] == "*" else found[3]
    if total is not None and total.isdecimal() and int(total) != total_bytes:
        raise SourceRefusedError(f"its file has {total} bytes, not {total_bytes}")
    return start


def origin_of(url: str, answers: Sequence[Mapping[str, str]]) -> Origin:
    """Return where a body is from, by the headers of all answers on the way to it, the last one last."""
    stated = (headers.get("X-Linked-ETag", "").strip('"').lower() for headers in answers)
    etag = answers[-1].get("ETag", "")
    return Origin(
        url=url,
        etag="" if etag.startswith("W/") else etag,
        sha256=next((each for each in stated if _SHA256.fullmatch(each)), ""),
    )


def _retry_after(value: str) -> float:
    return min(float(value), MOST_RETRY_AFTER_S) if value.isdecimal() else 0.0
