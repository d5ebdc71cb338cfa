"""The HTTP door of a running server, as commands use it: where it is, the token, and what its errors are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp

from ..addresses import in_url, reached_at
from ..errors import RemoteError, SettingsError
from ..pipeline.assistant import UnreachableError
from ..settings import Settings

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 30.0
"""From one sign of life of the server to the next; while it works on a document it sends one every few seconds."""
_EVENTS = {"Accept": "text/event-stream"}


class RefusedError(RemoteError):
    """The server answered with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Door:
    """An HTTP client; all methods raise UnreachableError and RefusedError."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: str = "") -> None:
        self._session = session
        self._address = address
        self.token = token
        """What it lets clients in with; empty where it needs none, or it is not known here."""

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Return the JSON object at an address."""
        async with self._requested("GET", path, query) as response:
            return await _object(response)

    async def delete(self, path: str, **query: str) -> dict[str, Any]:
        """Remove what is at an address."""
        async with self._requested("DELETE", path, query) as response:
            return await _object(response)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON object and return the one that is the answer."""
        async with self._requested("POST", path, {}, json=body) as response:
            return await _object(response)

    async def post_followed(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Send a JSON object and yield the events that the server answers with: name and data."""
        async with self._requested("POST", path, {}, json=body, headers=_EVENTS) as response:
            async for event in _events(response):
                yield event

    async def post_file(
        self, path: str, query: Mapping[str, str], file: BinaryIO
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Send a file and yield the events that the server answers with: name and data."""
        async with self._requested("POST", path, query, data=file, headers=_EVENTS) as response:
            async for event in _events(response):
                yield event

    @asynccontextmanager
    async def _requested(
        self, method: str, path: str, query: Mapping[str, str], **more: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self._session.request(method, path, params=query, **more) as response:
                yield response
        except (aiohttp.ClientConnectionError, TimeoutError) as err:
            reason = str(err) or "it takes too long"
            raise UnreachableError(
                f"No server answers at {self._address}: {reason}.",
                remedy="Start one with: sotto run, or name it with --http-uri.",
            ) from err
        except (aiohttp.ClientError, ValueError) as err:
            raise RefusedError("bad-answer", f"What answers at {self._address} is not Sotto.") from err


@asynccontextmanager
async def opened_door(settings: Settings) -> AsyncIterator[Door]:
    """Connect to the door that the settings describe; raises SettingsError where that is none."""
    address = _address(settings.http.uri)
    token = settings.http.token or await asyncio.to_thread(_kept_token, settings.server.data_dir / "token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN_S, sock_read=ANSWER_WITHIN_S)
    async with aiohttp.ClientSession(address, headers=headers, timeout=timeout) as session:
        yield Door(session, address, token)


def _address(uri: str) -> str:
    parts = urlsplit(uri)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "tcp" or port is None:
        raise SettingsError(f"--http-uri is {uri!r}.", remedy="Write tcp://HOST:PORT of the server's HTTP door.")
    return f"http://{in_url(reached_at(parts.hostname or ''))}:{port}"


def _kept_token(path: Path) -> str:
    """Return the token of a server whose data folder this is; empty if it has none, or is another user's."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    if response.content_type != "text/event-stream":
        await _object(response)
    name = ""
    async for line in response.content:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, _checked(json.loads(value))


async def _object(response: aiohttp.ClientResponse) -> dict[str, Any]:
    answer = await response.json()
    if not isinstance(answer, dict):
        raise ValueError("no object")  # noqa: TRY004 - what is no JSON is the same to the caller
    return _checked(answer)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is no error."""
    error = answer.get("error")
    if isinstance(error, dict):
        code = str(error.get("code"))
        hint = " Name the server's --data-dir, or set SOTTO_HTTP_TOKEN." if code == "invalid_api_key" else ""
        raise RefusedError(code, f"{error.get('message')}{hint}")
    return answer
