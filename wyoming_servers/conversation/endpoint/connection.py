"""HTTP with an OpenAI-compatible endpoint: JSON goes out, chunks come in, bounded in time and size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from typing import Any

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, Omit, OpenAIError, Timeout

from ...errors import EngineUnavailableError, RemoteError
from .address import Address
from .events import EventReader, parse_object
from .failure import Refusal, refusal_of

CONNECT_S = 3.0
LINGER_S = 1.0
"""How long figures may follow the last word of an answer."""
DONE_LINGER_S = 0.05
"""How long the response may take to end after `[DONE]`; a connection whose response has ended is used again."""
MAX_JSON_BYTES = 4 * 2**20
_DONE = "[DONE]"


class RefusedError(Exception):
    """The server answered with an error."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"status {refusal.status}")
        self.refusal = refusal


class _Silence:
    """How much longer a server may say nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.restart()

    def restart(self, seconds: float | None = None) -> None:
        self._ends = asyncio.get_running_loop().time() + (self._seconds if seconds is None else seconds)

    def limit(self) -> asyncio.Timeout:
        return asyncio.timeout_at(self._ends)


class Connection:
    """A server that is asked; nothing is connected before that."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        """`timeout_s` is how long the server may be silent."""
        self.host = address.host
        self._address = address
        self._timeout_s = timeout_s
        self._making: asyncio.Task[AsyncOpenAI] | None = None
        # What the environment says of OpenAI's own service is none of this server's business.
        self._headers: dict[str, str | Omit] = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        if not address.authorization:
            self._headers["Authorization"] = Omit()

    async def close(self) -> None:
        """Close all connections."""
        making, self._making = self._making, None
        if making is not None:
            client = (await asyncio.gather(making, return_exceptions=True))[0]
            if isinstance(client, AsyncOpenAI):
                await client.close()

    async def listing(self) -> Mapping[str, Any]:
        """Return the list of models; raises RefusedError, RemoteError, EngineUnavailableError."""
        client, silence = await self._client(), _Silence(self._timeout_s)
        async with AsyncExitStack() as stack:
            asked = client.models.with_streaming_response.list(extra_headers=self._headers)
            return await self._whole(await self._enter(stack, asked, silence), silence)

    async def embeddings(self, body: Mapping[str, Any], silence_s: float) -> bytes:
        """Return the answer to a request for vectors, as JSON not yet read: it may be long.

        `silence_s` is how long the server may be silent here. Raises RefusedError, RemoteError, EngineUnavailableError.
        """
        client, silence = await self._client(), _Silence(silence_s)
        rest = {name: value for name, value in body.items() if name not in {"model", "input"}}
        async with AsyncExitStack() as stack:
            asked = client.embeddings.with_streaming_response.create(
                model=body["model"],
                input=body["input"],
                encoding_format="float",
                extra_body=rest,
                extra_headers=self._headers,
            )
            return await self._received(await self._enter(stack, asked, silence), silence)

    async def scores(self, body: Mapping[str, Any]) -> Any:
        """Return the answer to a request to rank documents, which OpenAI's protocol has not; raises the same errors."""
        client, silence = await self._client(), _Silence(self._timeout_s)
        with self._failures():
            async with silence.limit():
                return await client.post("/rerank", cast_to=object, body=dict(body), options={"headers": self._headers})

    async def chunks(self, body: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Ask for a chat completion and yield its chunks; closing this closes the connection.

        Raises RefusedError for an error of the server's, before or in the middle of an answer, RemoteError when it
        is silent for too long, goes away before its answer is complete or is something else, and
        EngineUnavailableError.
        """
        client, silence = await self._client(), _Silence(self._timeout_s)
        rest = {name: value for name, value in body.items() if name not in {"model", "messages", "stream"}}
        async with AsyncExitStack() as stack:
            asked = client.chat.completions.with_streaming_response.create(
                model=body["model"],
                messages=body["messages"],
                stream=True,
                extra_body=rest,
                extra_headers=self._headers,
            )
            response = await self._enter(stack, asked, silence)
            if "json" in response.headers.get("content-type", ""):  # it does not stream
                yield _checked(await self._whole(response, silence))
                return
            async with aclosing(self._streamed(response, silence)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _streamed(self, response: Any, silence: _Silence) -> AsyncGenerator[Mapping[str, Any], None]:
        reader = EventReader()
        complete = False
        try:
            async with aclosing(self._bytes(response, silence)) as received:
                async for data in received:
                    for event in reader.feed(data):
                        if event.startswith(_DONE):
                            complete = True
                            silence.restart(DONE_LINGER_S)
                            continue
                        chunk = _checked(parse_object(event))
                        complete = complete or _is_last(chunk)
                        yield chunk
                        silence.restart(LINGER_S if complete else None)  # what the listener takes is not the server's
            for event in reader.end():
                complete = complete or event.startswith(_DONE)
        except ValueError:
            raise self._error("does not speak OpenAI's protocol") from None
        except RemoteError:
            if not complete:
                raise
        if not complete:
            raise self._error("broke off in the middle of an answer")

    async def _bytes(self, response: Any, silence: _Silence) -> AsyncGenerator[bytes, None]:
        body = response.http_response.aiter_bytes()
        try:
            while True:
                try:
                    async with silence.limit():
                        data = await anext(body)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise self._silent() from None
                except Exception:  # noqa: BLE001 - of which library they are depends on the version of openai
                    raise self._error("broke off in the middle of an answer") from None
                yield data
        finally:
            with suppress(Exception):
                await response.close()
                async for _ in body:  # lets the generators below end, which the loop would have to tidy up
                    pass

    async def _whole(self, response: Any, silence: _Silence) -> Mapping[str, Any]:
        try:
            return parse_object(await self._received(response, silence))
        except ValueError:
            raise self._error("does not speak OpenAI's protocol") from None

    async def _received(self, response: Any, silence: _Silence) -> bytes:
        received = b""
        async with aclosing(self._bytes(response, silence)) as parts:
            async for data in parts:
                received += data
                if len(received) > MAX_JSON_BYTES:
                    raise self._error("answers with more than any answer has")
        return received

    async def _enter(self, stack: AsyncExitStack, asked: Any, silence: _Silence) -> Any:
        """Return the response as soon as its headers are there."""
        with self._failures():
            async with silence.limit():
                return await stack.enter_async_context(asked)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what the client raises into what is told."""
        try:
            yield
        except APIStatusError as err:
            raise RefusedError(refusal_of(err.status_code, err.body)) from None
        except APIConnectionError:
            raise self._error("cannot be reached") from None
        except TimeoutError:
            raise self._silent() from None
        except OpenAIError:
            raise self._error("does not speak OpenAI's protocol") from None

    async def _client(self) -> AsyncOpenAI:
        """Return the client, made in a thread: certificates are read and modules imported."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make), name="openai-client")
        try:
            return await asyncio.shield(self._making)
        except (ImportError, OSError, ValueError) as err:
            self._making = None
            raise EngineUnavailableError(
                f"No HTTP client can be made: {type(err).__name__}.", remedy="See the proxy in the environment."
            ) from None

    def _make(self) -> AsyncOpenAI:
        headers = {"Accept-Encoding": "identity"}
        if self._address.authorization:
            headers["Authorization"] = self._address.authorization
        client = AsyncOpenAI(
            base_url=self._address.url,
            api_key="unused",
            max_retries=0,
            default_headers=headers,
            timeout=Timeout(None, connect=CONNECT_S),
            http_client=DefaultAsyncHttpxClient(timeout=Timeout(None, connect=CONNECT_S), follow_redirects=False),
        )
        _ = client.chat.completions.with_streaming_response, client.models.with_streaming_response
        _ = client.embeddings.with_streaming_response
        return client

    def _silent(self) -> RemoteError:
        return self._error(f"was silent for {self._timeout_s:g} s")

    def _error(self, what: str) -> RemoteError:
        return RemoteError(f"The endpoint {self.host} {what}.", remedy="See whether it is running.")


def _checked(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a chunk that is no error."""
    error = chunk.get("error")
    if error or chunk.get("object") == "error" or ("message" in chunk and "code" in chunk):
        raise RefusedError(refusal_of(0, chunk))
    return chunk


def _is_last(chunk: Mapping[str, Any]) -> bool:
    choices = chunk.get("choices")
    return any(
        isinstance(choice, dict) and bool(choice.get("finish_reason"))
        for choice in (choices if isinstance(choices, list) else [])
    )
