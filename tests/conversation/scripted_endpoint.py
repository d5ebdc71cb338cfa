"""An OpenAI-compatible server on loopback that plays a script: what a model says, calls and does wrong, on a real wire.

    async with ScriptedEndpoint() as endpoint:
        endpoint.plays(says("It is ", "on."), calls("HassTurnOn", name="Lamp"), refuses(503))
        ...  # the settings' llm.url is endpoint.url
    assert endpoint.requests[0].body["messages"][-1]["content"] == "is the lamp on?"

Each request for a chat completion gets the next answer of the script. An answer is a list of steps, or a function
that makes one from the request: so a script can look at what it was asked. `says` and `calls` are whole answers;
lists of them are joined with `+`: `says("One moment.") + calls(...)`. An answer without an ending of its own
(`Finish`, `Hang`, `Break`) is ended as it should be: finish_reason, usage where it was asked for, `[DONE]`. When the
script is over `endpoint.otherwise` answers; without one, the request gets a 500 and the endpoint's exit fails.

No step waits for time to pass: `Wait(event)` waits for the test, `Hang()` until the client leaves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True)
class Text:
    """A piece of what is said."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """A piece of thinking, in the field in which the server puts it."""

    text: str
    field: str = "reasoning_content"


@dataclass(frozen=True)
class Call:
    """A call of a tool, its arguments written in so many pieces.

    `arguments` as a str is sent as it is, half or wrong; `as_object` sends a mapping in place of a string.
    `index` None leaves it out, as some servers do.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    call_id: str | None = "call_1"
    index: int | None = 0
    pieces: int = 1
    as_object: bool = False


@dataclass(frozen=True)
class Finish:
    """The model is done; without `done` no `[DONE]` follows, and without `usage` no figures."""

    reason: str = "stop"
    usage: bool = True
    done: bool = True


@dataclass(frozen=True)
class Wait:
    """Nothing until the test sets this."""

    event: asyncio.Event


@dataclass(frozen=True)
class Hang:
    """Nothing more, until the client leaves."""


@dataclass(frozen=True)
class Break:
    """The connection is cut in the middle of the response."""


@dataclass(frozen=True)
class End:
    """The response ends here, properly, but without what should end an answer."""


@dataclass(frozen=True)
class Data:
    """One event of the stream: a JSON value, or a text as it is."""

    data: Any


@dataclass(frozen=True)
class Raw:
    """Bytes as they are."""

    data: bytes


@dataclass(frozen=True)
class Respond:
    """A response that is no stream of events; only as an answer's first and only step."""

    status: int = 200
    body: Any = None
    """JSON, or a str as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Step = Text | Thinking | Call | Finish | Wait | Hang | Break | End | Data | Raw | Respond


@dataclass
class Received:
    """A request as it arrived, and what became of its client."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client goes before its answer was complete."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the whole answer was sent."""

    @property
    def said(self) -> str:
        """The last user message."""
        return next((m["content"] for m in reversed(self.body["messages"]) if m["role"] == "user"), "")

    @property
    def results(self) -> list[str]:
        """The results of calls since the last user message."""
        roles = [message["role"] for message in self.body["messages"]]
        last = len(roles) - 1 - roles[::-1].index("user")
        return [message["content"] for message in self.body["messages"][last:] if message["role"] == "tool"]


Answer = Sequence[Step] | Callable[[Received], Sequence[Step]]


def says(*pieces: str) -> list[Step]:
    """Return an answer of words, written in these pieces."""
    return [Text(piece) for piece in pieces]


def calls(name: str, /, **arguments: Any) -> list[Step]:
    """Return an answer that calls one tool, without id and index; `Call` has both."""
    return [Call(name, arguments, call_id=None, index=None)]


def refuses(status: int, message: str = "no", *, code: str | None = None, **fields: Any) -> list[Step]:
    """Return an answer that is an HTTP error in OpenAI's form."""
    return [Respond(status, {"error": {"message": message, "type": "error", "code": code, **fields}})]


class ScriptedEndpoint:
    """The server; `url` is what a client is given. Close it by leaving the context."""

    def __init__(self, *answers: Answer, models: Sequence[str] = ("scripted",), owned_by: str = "tests") -> None:
        self.requests: list[Received] = []
        """Requests for chat completions, in the order in which they came."""
        self.listings: list[Received] = []
        """Requests for the list of models."""
        self.strangers: list[Received] = []
        """Requests for anything else."""
        self.models: list[dict[str, Any]] = [{"id": name, "object": "model", "owned_by": owned_by} for name in models]
        self.listing: Respond | Hang | None = None
        """Answers the next and all further requests for the list of models, in place of the list."""
        self.otherwise: Answer | None = None
        self.usage: Mapping[str, Any] = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
        self._script: list[Answer] = list(answers)
        self._unexpected = 0
        self._port = 0
        self._asked = asyncio.Condition()

    def plays(self, *answers: Answer) -> None:
        """Append answers to the script."""
        self._script.extend(answers)

    @property
    def remaining(self) -> int:
        """How many answers were not asked for yet."""
        return len(self._script)

    @property
    def url(self) -> str:
        """The address that a client is configured with."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def asked(self, count: int = 1) -> Received:
        """Return the request of this number, counted from 1, as soon as it is there."""
        async with self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= count)
        return self.requests[count - 1]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        if kind is None:
            assert not self._unexpected, f"{self._unexpected} requests that the script has no answer for"

    async def stop(self) -> None:
        """Stop listening and cut all connections; `start` opens the same port again."""
        await self._runner.cleanup()

    async def start(self) -> None:
        """Listen again after `stop`."""
        await self.__aenter__()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        received = Received(request.path, request.headers, json.loads(text) if text else {})
        try:
            response = await self._respond(request, received)
        except (asyncio.CancelledError, ConnectionError):
            received.left.set()
            raise
        received.answered.set()
        return response

    async def _respond(self, request: web.Request, received: Received) -> web.StreamResponse:
        if request.path == "/v1/models":
            return await self._list(received)
        if request.path != "/v1/chat/completions":
            self.strangers.append(received)
            return web.Response(status=404, text="not found")
        steps = self._next(received)
        async with self._asked:
            self.requests.append(received)
            self._asked.notify_all()
        if steps and isinstance(steps[0], Respond):
            return _plain(steps[0])
        return await _Stream(request, received.body, self.usage).play(steps)

    async def _list(self, received: Received) -> web.StreamResponse:
        self.listings.append(received)
        if isinstance(self.listing, Hang):
            await asyncio.Event().wait()
        return _plain(self.listing if isinstance(self.listing, Respond) else Respond(200, {"data": self.models}))

    def _next(self, received: Received) -> Sequence[Step]:
        answer = self._script.pop(0) if self._script else self.otherwise
        if answer is None:
            self._unexpected += 1
            return refuses(500, "the script is over")
        return answer(received) if callable(answer) else answer


def _plain(step: Respond) -> web.Response:
    text = step.body if isinstance(step.body, str) else json.dumps(step.body)
    return web.Response(status=step.status, text=text, headers=step.headers, content_type=step.content_type)


class _Stream:
    """One streamed answer."""

    def __init__(self, request: web.Request, body: Mapping[str, Any], usage: Mapping[str, Any]) -> None:
        self._request = request
        self._wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self._model = body.get("model", "")
        self._usage = usage
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})

    async def play(self, steps: Sequence[Step]) -> web.StreamResponse:
        await self._response.prepare(self._request)
        for step in steps:
            await self._play(step)
        if not any(isinstance(step, Finish | End) for step in steps):
            called = any(isinstance(step, Call) for step in steps)
            await self._play(Finish("tool_calls" if called else "stop"))
        await self._response.write_eof()
        return self._response

    async def _play(self, step: Step) -> None:
        match step:
            case Wait(event):
                await event.wait()
            case Hang():
                await asyncio.Event().wait()
            case Break():
                assert self._request.transport is not None
                self._request.transport.close()
                raise ConnectionAbortedError
            case Raw(data):
                await self._response.write(data)
            case End() | Respond():
                pass
            case _:
                for event in self._events(step):
                    text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
                    await self._response.write(f"data: {text}\n\n".encode())

    def _events(self, step: Step) -> Iterator[Any]:
        match step:
            case Data(data):
                yield data
            case Text(text):
                yield self._chunk({"content": text})
            case Thinking(text, name):
                yield self._chunk({name: text})
            case Call():
                for piece in _call_pieces(step):
                    yield self._chunk({"tool_calls": [piece]})
            case Finish(reason, usage, done):
                yield self._chunk({}, reason)
                if usage and self._wants_usage:
                    yield {**self._chunk({}), "choices": [], "usage": self._usage}
                if done:
                    yield "[DONE]"
            case _:
                pass

    def _chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": reason}
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": self._model, "choices": [choice]}


def _call_pieces(call: Call) -> Iterator[dict[str, Any]]:
    """Yield the deltas of a call: its name with the first piece of the arguments, then the rest of them."""
    place = {} if call.index is None else {"index": call.index}
    head = {**place, "type": "function", **({} if call.call_id is None else {"id": call.call_id})}
    if call.as_object:
        yield {**head, "function": {"name": call.name, "arguments": call.arguments}}
        return
    text = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    size = max(1, -(-len(text) // call.pieces))
    pieces = [text[start : start + size] for start in range(0, len(text), size)] or [""]
    yield {**head, "function": {"name": call.name, "arguments": pieces[0]}}
    for piece in pieces[1:]:
        yield {**place, "function": {"arguments": piece}}
