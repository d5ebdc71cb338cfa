"""Sotto's HTTP door, as a client sees it. Knows nothing of Home Assistant; docs/http.md is the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from io import BytesIO
import json
from typing import Any

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

CONNECT_S = 3.0
"""In a home that takes milliseconds; a first packet that was lost is sent again after one second."""
SOON = aiohttp.ClientTimeout(total=2)
"""For a server that is known to be away, while somebody waits."""
AT_ONCE = aiohttp.ClientTimeout(total=6)
"""For an answer that comes from the server's memory."""
STREAMED = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=6)
"""A stream of the server is never silent for longer than 2 s. With three signs of life missing it is given up: somebody
waits in silence meanwhile, and says it all again before long."""
EVALUATED = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=600)
"""A long prompt on a slow machine takes minutes; nobody waits for it."""

Json = dict[str, Any]
Payload = BytesIO | AsyncIterable[bytes] | None
"""A body: JSON, or a file in pieces."""


class SottoError(Exception):
    """Something went wrong with the server."""


class CannotConnectError(SottoError):
    """The server does not answer, or what answers is not Sotto."""


class NotSottoError(CannotConnectError):
    """Something else answers there."""


class RedirectedError(CannotConnectError):
    """The address leads elsewhere, where no token is sent to."""


class UntrustedError(CannotConnectError):
    """The certificate is of nobody whom Home Assistant trusts, or there is no TLS where it was expected."""


class OtherServerError(CannotConnectError):
    """Another Sotto answers there, which is told nothing of the home and gets no token."""


class InvalidTokenError(SottoError):
    """The server wants another token."""


class RefusedError(SottoError):
    """The server answered with an error of its own."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code, by which a caller decides, and the message, which may quote nothing private."""
        super().__init__(message)
        self.code = code

    @property
    def is_unknown_home(self) -> bool:
        """Whether the home must be sent, and the question asked again."""
        return self.code == "unknown_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a server tells anybody."""

    id: str
    name: str
    version: str
    api: int
    token_needed: bool
    pairing: bool
    """Whether it would give out its token now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The language model of a server."""

    name: str
    state: str
    """loading, ready, asleep or failed."""
    detail: str
    """Where it computes; or why it failed, with the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one answer cost."""

    first_token_s: float | None = None
    tokens_per_s: float | None = None
    prompt_tokens: int = 0
    reused_tokens: int = 0
    completion_tokens: int = 0

    @property
    def reused_percent(self) -> float | None:
        """How much of the prompt was evaluated before it was needed."""
        return round(100 * self.reused_tokens / self.prompt_tokens, 1) if self.prompt_tokens else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a server is."""

    info: Info
    model: Model | None
    vision: bool
    running: int
    waiting: int
    latest: Figures | None
    documents: int
    """How many the household has there."""
    raw: Mapping[str, Any]
    """All that it told, for diagnostics."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of what the assistant says."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the assistant wants called."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A document that an answer is from."""

    title: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where an answer is from, the best first."""

    sources: tuple[Source, ...]


Event = Text | Call | Sources | Figures
"""What an answer consists of; the figures are its end."""


class SottoClient:
    """One server, and the token that it wants."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str = "") -> None:
        """Ask at `url`, such as http://192.0.2.7:10601."""
        self._session = session
        self._url = URL(url)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def info(self, patience: aiohttp.ClientTimeout = AT_ONCE) -> Info:
        """Return what the server tells without a token; it gets none before it is known to be the right one."""
        return read_info(await self._json("GET", "api/info", patience=patience, with_token=False))

    async def pair(self, client: str) -> str:
        """Return the token, once, while the server gives it out; else raise RefusedError."""
        return str((await self._json("POST", "api/pair", {"client": client}))["token"])

    async def status(self) -> Status:
        """Return how the server is."""
        return read_status(await self._json("GET", "api/status"))

    async def send_home(self, home: Mapping[str, Any]) -> str:
        """Tell the server of a home; return the hash by which it is called from now on."""
        return str((await self._json("POST", "api/home", home))["hash"])

    async def prefill(self, body: Mapping[str, Any]) -> int:
        """Have a prompt evaluated ahead of time; return how many tokens that took."""
        return int((await self._json("POST", "api/prefill", body, EVALUATED))["tokens"])

    async def events(self) -> AsyncGenerator[Status]:
        """Yield how the server is, now and whenever that changes; ends when the server stops."""
        async with self._open("GET", "api/events", patience=STREAMED) as response:
            async for name, data in _events(response):
                if name == "status":
                    yield read_status(_parsed(data))

    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[Event]:
        """Yield an answer as it is written; raises CannotConnectError if it breaks off."""
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with self._open("POST", "v1/chat/completions", patience=STREAMED, data=await _written(asked)) as response:
            figures = Figures()
            async for name, data in _events(response):
                if data == "[DONE]":
                    yield figures
                    return
                chunk = _parsed(data)
                if name == "error":
                    raise _refusal(response.status, chunk)
                if chunk.get("usage"):
                    figures = _figures(chunk)
                    if sources := _sources(chunk):
                        yield Sources(sources)
                for event in _pieces(chunk):
                    yield event
        raise CannotConnectError("The server broke off in the middle of an answer.")

    async def ask(
        self, method: str, path: str, patience: aiohttp.ClientTimeout, query: Mapping[str, str], data: Payload = None
    ) -> Json:
        """Return an answer to a request with a query; `data` is sent as it is, in pieces."""
        async with self._open(method, path, patience=patience, query=query, data=data) as response:
            return _parsed(await response.read())

    async def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        patience: aiohttp.ClientTimeout = AT_ONCE,
        *,
        with_token: bool = True,
    ) -> Json:
        data = None if body is None else await _written(body)
        async with self._open(method, path, patience=patience, data=data, with_token=with_token) as response:
            return _parsed(await response.read())

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        path: str,
        *,
        patience: aiohttp.ClientTimeout,
        query: Mapping[str, str] | None = None,
        data: Payload = None,
        with_token: bool = True,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = dict(self._headers) if with_token else {}
        if data is not None:
            headers["Content-Type"] = "application/json" if isinstance(data, BytesIO) else "application/octet-stream"
        url = (self._url / path).with_query(query or {})
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=patience, allow_redirects=False
            ) as response:
                if 300 <= response.status < 400:
                    raise RedirectedError("The address redirects to another one.")
                if response.status != 200:
                    raise _refusal(response.status, _parsed(await response.read()))
                yield response
        except aiohttp.ClientSSLError as err:
            raise UntrustedError(str(err)) from err
        except (aiohttp.ClientResponseError, HttpProcessingError) as err:  # the second: a line without an end
            raise _not_sotto() from err
        except aiohttp.ClientPayloadError as err:
            raise CannotConnectError("The connection broke off.") from err
        except TimeoutError as err:
            raise CannotConnectError("The server was silent for too long.") from err
        except aiohttp.ClientError as err:
            raise CannotConnectError(str(err) or type(err).__name__) from err


async def _written(body: Mapping[str, Any]) -> BytesIO:
    """Return a body as JSON, to be sent in pieces. One with pictures is megabytes, and written off the event loop."""
    pictures = any(isinstance(message.get("content"), list) for message in body.get("messages", ()))
    text = await asyncio.to_thread(json.dumps, body) if pictures else json.dumps(body)
    return BytesIO(text.encode())


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, str]]:
    """Yield the server-sent events as name and data; comments only show that the connection lives."""
    name, data = "", ""
    async for raw in response.content:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif not line and data:
            yield name, data
            name, data = "", ""


def _pieces(chunk: Json) -> list[Event]:
    """Return the text and the calls in a chunk. Sotto never splits a call over several."""
    try:
        deltas = [choice["delta"] for choice in chunk["choices"]]
        texts: list[Event] = [Text(delta["content"]) for delta in deltas if delta.get("content")]
        calls = (call for delta in deltas for call in delta.get("tool_calls", ()))
        return texts + [
            Call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls
        ]
    except (KeyError, TypeError, ValueError) as err:
        raise _not_sotto() from err


def _figures(chunk: Json) -> Figures:
    usage, own = chunk["usage"], chunk.get("sotto") or {}
    try:
        return Figures(
            first_token_s=own.get("first_token_s"),
            tokens_per_s=own.get("tokens_per_s"),
            prompt_tokens=usage["prompt_tokens"],
            reused_tokens=usage["prompt_tokens_details"]["cached_tokens"],
            completion_tokens=usage["completion_tokens"],
        )
    except (KeyError, TypeError) as err:
        raise _not_sotto() from err


def _sources(chunk: Json) -> tuple[Source, ...]:
    try:
        told = (chunk.get("sotto") or {}).get("sources") or ()
        return tuple(Source(str(each["title"]), each["page"]) for each in told)
    except (AttributeError, KeyError, TypeError) as err:
        raise _not_sotto() from err


def read_info(told: Json) -> Info:
    """Return what a server told of itself; raises CannotConnectError if that is no Sotto."""
    try:
        return Info(**{field.name: told[field.name] for field in fields(Info)})
    except KeyError as err:
        raise _not_sotto() from err


def read_status(told: Json) -> Status:
    """Return how a server said it is; raises CannotConnectError if that is no Sotto."""
    try:
        model, latest = told["model"], told["latest"]
        return Status(
            info=read_info(told),
            model=Model(name=model["model"], state=model["state"], detail=model["detail"]) if model else None,
            vision=told["vision"],
            running=told["requests"]["running"],
            waiting=told["requests"]["waiting"],
            latest=Figures(**{field.name: latest[field.name] for field in fields(Figures)}) if latest else None,
            documents=told.get("documents", 0),
            raw=told,
        )
    except (KeyError, TypeError) as err:
        raise _not_sotto() from err


def _parsed(text: str | bytes) -> Json:
    try:
        parsed = json.loads(text)
    except ValueError as err:
        raise _not_sotto() from err
    if not isinstance(parsed, dict):
        raise _not_sotto()
    return parsed


def _refusal(status: int, told: Json) -> SottoError:
    error = told.get("error")
    if not isinstance(error, dict) or "code" not in error:
        return _not_sotto()
    if status == 401:
        return InvalidTokenError("The server wants another token.")
    return RefusedError(str(error["code"]), str(error.get("message", "")))


def _not_sotto() -> NotSottoError:
    return NotSottoError("What answers there is not Sotto.")
