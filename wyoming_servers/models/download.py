"""One file over HTTP: resumed after cuts, from the next source where one fails, and believed only by its digest."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

import aiohttp

from .. import __version__
from .catalogue import ModelFile
from .errors import ChecksumError, FetchError
from .pace import SLOW_BYTES_S, Pace, Rates
from .part import Digest, Part, digest_of
from .sources import (
    SourceCutError,
    SourceRefusedError,
    SourceSlowError,
    check_status,
    first_byte,
    origin_of,
    request_headers,
)
from .threads import in_thread

_LOGGER = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
LOOK_AT_DISK_BYTES = 64 << 20
"""So often it is seen whether others have filled the disk meanwhile."""

Told = Callable[[int], None]
Pause = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a source is waited for."""

    connect_s: float = 15.0
    silent_s: float = 30.0
    """Without a byte; then the connection counts as cut."""
    begin_s: float = 60.0
    """Until an answer begins, with all redirections."""
    tries: int = 6
    """Of each source, one after the other without a byte gained."""
    pause_s: float = 1.0
    """After the first of them; then twice as long, and so on."""
    most_pause_s: float = 60.0
    sleep: Pause = asyncio.sleep
    clock: Callable[[], float] = monotonic
    """By which the pace of a source is measured, in seconds."""


def opened_session(patience: Patience) -> aiohttp.ClientSession:
    """Return a client; the caller closes it. It goes through the proxy that the environment names."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=patience.connect_s, sock_read=patience.silent_s)
    return aiohttp.ClientSession(timeout=timeout, trust_env=True, headers={"User-Agent": f"Sotto/{__version__}"})


class Download:
    """Fetches one file at a time."""

    def __init__(self, session: aiohttp.ClientSession, patience: Patience) -> None:
        self._session = session
        self._patience = patience

    async def fetch(self, file: ModelFile, urls: tuple[str, ...], part: Part, told: Told) -> Digest:
        """Complete `part`, tell how many bytes there are, and return its digest.

        What is there is kept when it fails or is cancelled. Raises FetchError when no source gives the file,
        ChecksumError when they give another one, and what `Part` does.
        """
        await in_thread(part.open, file.size_bytes)
        try:
            told(part.size_bytes)
            return await self._from_any(file, deque(urls), part, told)
        finally:
            await in_thread(part.close)

    async def _from_any(self, file: ModelFile, sources: deque[str], part: Part, told: Told) -> Digest:
        failures: dict[str, FetchError] = {}
        fruitless = 0
        watch = _Watch(self._patience.clock)
        while sources and fruitless < self._patience.tries * len(sources):
            url, before = sources[0], part.size_bytes
            watch.ask(url, sources)
            try:
                return await self._from_one(file, url, part, told, watch)
            except SourceSlowError as err:
                failures[url], fruitless = err, 0
                sources = watch.next()
                _LOGGER.info("%s is left for another source: %s", _host(url), err.message)
            except SourceCutError as err:
                failures[url] = err
                fruitless = 0 if part.size_bytes > before else fruitless + 1
                if fruitless:
                    sources.rotate(-1)
                _LOGGER.debug("%s: %s", url, err.message)
                await self._patience.sleep(max(err.retry_after_s, self._pause_s(fruitless, len(sources))))
            except (SourceRefusedError, ChecksumError) as err:
                failures[url] = err
                sources.remove(url)
                _LOGGER.info("%s is not used for this file: %s", _host(url), err.message)
        raise _failed(failures)

    def _pause_s(self, fruitless: int, sources: int) -> float:
        return min(self._patience.pause_s * 2.0 ** (fruitless // max(1, sources)), self._patience.most_pause_s)

    async def _from_one(self, file: ModelFile, url: str, part: Part, told: Told, watch: _Watch) -> Digest:
        """Fetch what is missing from one source, and check the whole."""
        alone = part.size_bytes == 0
        if part.size_bytes < file.size_bytes:
            try:
                alone = await self._request(file, url, part, told, watch)
            except (aiohttp.InvalidURL, aiohttp.TooManyRedirects, aiohttp.NonHttpUrlClientError) as err:
                raise SourceRefusedError(f"its address leads nowhere: {type(err).__name__}") from None
            except (aiohttp.ClientError, OSError) as err:
                raise SourceCutError(str(err) or type(err).__name__) from None
        digest = await digested(part.path, with_md5=file.md5 is not None and file.sha256 is None)
        problem = _problem(file, part, digest)
        if problem is None:
            return digest
        await in_thread(part.restart)
        told(0)
        if alone:
            raise ChecksumError(problem)
        raise SourceCutError(f"{problem}; it is fetched from the beginning")  # another source may have begun it

    async def _request(self, file: ModelFile, url: str, part: Part, told: Told, watch: _Watch) -> bool:
        """Return whether every byte is from this answer."""
        if part.size_bytes and not file.pinned and (part.origin is None or part.origin.url != url):
            await in_thread(part.restart)  # nothing tells that these are the same file
        have, origin = part.size_bytes, part.origin
        headers = request_headers(url, have, origin)
        async with (
            asyncio.timeout(self._patience.begin_s) as begun,
            self._session.get(url, headers=headers) as response,
        ):
            begun.reschedule(None)
            if response.status == 416:
                await in_thread(part.restart)
                raise SourceCutError("it knows no such part of the file")
            check_status(response.status, response.headers)
            start = first_byte(response.status, response.headers, have, file.size_bytes)
            if start == 0 and have:
                await in_thread(part.restart)
            await in_thread(part.come_from, origin_of(url, [each.headers for each in (*response.history, response)]))
            await self._receive(response, file, part, told, watch)
        return start == 0

    @staticmethod
    async def _receive(
        response: aiohttp.ClientResponse, file: ModelFile, part: Part, told: Told, watch: _Watch
    ) -> None:
        looked = part.size_bytes
        async for chunk in _gathered(response.content, watch):
            if part.size_bytes + len(chunk) > file.size_bytes:
                await in_thread(part.restart)
                raise SourceRefusedError(f"it sends more than the {file.size_bytes} bytes of the file")
            await in_thread(part.write, chunk)
            told(part.size_bytes)
            if part.size_bytes - looked >= LOOK_AT_DISK_BYTES:
                looked = part.size_bytes
                await in_thread(part.require_room, file.size_bytes - looked)
        if part.size_bytes < file.size_bytes:
            raise SourceCutError(f"it broke off after {part.size_bytes} of {file.size_bytes} bytes")


async def digested(path: Path, *, with_md5: bool = False) -> Digest:
    """Return the digest of a file; when cancelled, it stops reading."""
    stop = Event()
    job = asyncio.ensure_future(asyncio.to_thread(digest_of, path, stop, with_md5=with_md5))
    try:
        digest = await asyncio.shield(job)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({job})
        raise
    assert digest is not None  # noqa: S101 - nobody stopped it
    return digest


class _Watch:
    """Measures how quick the sources of one file are."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rates = Rates()
        self._url = ""
        self._sources: Collection[str] = ()
        self._pace = Pace(0.0)
        self._is_told = False

    def ask(self, url: str, sources: Collection[str]) -> None:
        """Be told which of the sources is asked next."""
        self._url, self._sources = url, sources

    def begin(self) -> None:
        """Begin to measure an answer, whose body comes now."""
        self._pace = Pace(self._clock())

    def came(self, size: int) -> bool:
        """Count bytes; returns whether a minute is over. Raises SourceSlowError if another source is to be tried."""
        rate = self._pace.came(size, self._clock())
        if rate is None:
            return False
        if self._rates.is_left(self._url, rate, self._sources):
            raise SourceSlowError(f"it gives {rate / 1000:.1f} kB a second")
        if rate < SLOW_BYTES_S and not self._is_told:
            self._is_told = True
            said = _host(self._url), rate / 1000
            _LOGGER.warning("%s gives only %.1f kB a second, and no other source is quicker: it takes long", *said)
        return True

    def next(self) -> deque[str]:
        """Return the sources in the order in which they are tried after one that was left."""
        others = self._rates.best_first([each for each in self._sources if each != self._url])
        return deque([*others, self._url])


async def _gathered(content: aiohttp.StreamReader, watch: _Watch) -> AsyncIterator[bytes]:
    """Yield the body in large chunks, and at least one a minute; what came before a cut is yielded before it is raised.

    Raises SourceSlowError in the same way.
    """
    watch.begin()
    buffer = bytearray()
    cut: Exception | None = None
    try:
        async for chunk in content.iter_any():
            buffer += chunk
            if watch.came(len(chunk)) or len(buffer) >= CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
    except (aiohttp.ClientError, OSError, SourceSlowError) as err:
        cut = err
    if buffer:
        yield bytes(buffer)
    if cut is not None:
        raise cut


def _problem(file: ModelFile, part: Part, digest: Digest) -> str | None:
    """Return in which way the whole part is another file; None if it is the one that is meant."""
    if file.sha256 is not None:
        return _differs("SHA-256", digest.sha256, file.sha256)
    if file.md5 is not None:
        return _differs("MD5", digest.md5, file.md5)
    stated = part.origin.sha256 if part.origin is not None else ""
    return _differs("SHA-256", digest.sha256, stated) if stated else None


def _differs(name: str, found: str, meant: str) -> str | None:
    return None if found == meant else f"its {name} is {found[:12]}…, and it should be {meant[:12]}…"


def _failed(failures: dict[str, FetchError]) -> FetchError:
    reasons = "; ".join(f"{_host(url)}: {err.message}" for url, err in failures.items())
    if failures and all(isinstance(err, ChecksumError) for err in failures.values()):
        return ChecksumError(
            f"The file is not the one that is meant ({reasons}).",
            remedy="It was not installed. Try again later, or fetch it elsewhere and use: sotto models import FOLDER",
        )
    return FetchError(
        f"No source gives the file ({reasons}).",
        remedy="See that this machine reaches the internet, name a mirror with --models-mirror, or fetch it "
        "elsewhere and use: sotto models import FOLDER",
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc
