"""What Sotto's HTTP door says, refuses and does wrong, as the steps of an answer on a real wire.

`says` and `calls` are whole answers; lists of them are joined with `+`. An answer without an ending of its own is
ended as the door does it: finish_reason, usage where it was asked for, `[DONE]`. In the middle of one
`Fail("internal-error")` is an error of the door's, `Break()` cuts the connection, `Hang()` says nothing until the
client leaves, and `Wait(event)` waits for the test. The vocabulary is that of tests/conversation/scripted_endpoint.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
import json
from typing import Any

from aiohttp import web

from tests.conversation.scripted_endpoint import (
    Answer,
    Break,
    Call,
    Data,
    End,
    Finish,
    Hang,
    Raw,
    Received,
    Respond,
    Step,
    Text,
    Wait,
    calls,
    says,
)

__all__ = [
    "Answer",
    "Break",
    "Call",
    "Data",
    "End",
    "Fail",
    "Finish",
    "From",
    "Hang",
    "Raw",
    "Received",
    "Respond",
    "Step",
    "Text",
    "Wait",
    "calls",
    "refuses",
    "says",
]

STATUS_OF = {
    "bad-request": 400,
    "invalid_api_key": 401,
    "forbidden": 403,
    "pairing-closed": 403,
    "not-found": 404,
    "unknown_home": 404,
    "overloaded": 429,
    "remote-failed": 502,
    "engine-loading": 503,
    "engine-unavailable": 503,
}
"""By code, as docs/http.md has them; anything else is 500."""

Json = dict[str, Any]


class From(Raw):
    """The answer is from this document, which is told at its end."""

    def __init__(self, title: str, page: int | None = None) -> None:
        """Write nothing where it stands."""
        super().__init__(b"")
        object.__setattr__(self, "source", {"document": "d1", "title": title, "page": page})


class Fail(Respond):
    """An error of the door's: as the only step a status, later on the event that ends a stream."""

    def __init__(self, code: str, message: str = "No.", param: str | None = None) -> None:
        """`param` is the field that was wrong."""
        status = STATUS_OF.get(code, 500)
        kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": param, "code": code}
        super().__init__(status, {"error": error})


def refuses(code: str, message: str = "No.") -> list[Step]:
    """Return an answer that is an error of the door's."""
    return [Fail(code, message)]


class Playing:
    """One streamed answer. `figures` is what it costs, as the door's status has it."""

    def __init__(self, request: web.Request, received: Received, number: int, model: str, figures: Json) -> None:
        """`number` is that of the request, for the ids of calls."""
        options = received.body.get("stream_options") or {}
        self._request = request
        self._number = number
        self._figures = figures
        self._frame: Json = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": model,
        }
        if options.get("include_usage"):
            self._frame["usage"] = None
        self._calls = 0
        self._begun = False
        self._sources: list[Json] = []
        self._response = event_stream()

    async def play(self, steps: Sequence[Step]) -> web.StreamResponse:
        """Send them, and what ends them."""
        await self._response.prepare(self._request)
        self._sources = [getattr(step, "source") for step in steps if isinstance(step, From)]  # noqa: B009 - frozen
        for step in steps:
            await self._play(step)
        if not any(isinstance(step, Finish | End | Respond) for step in steps):
            await self._play(Finish("tool_calls" if self._calls else "stop"))
        await self._response.write_eof()
        return self._response

    async def _play(self, step: Step) -> None:
        match step:
            case Wait(until):
                await until.wait()
            case Hang():
                await asyncio.Event().wait()
            case Break():
                raise cut(self._request)
            case Raw(data):
                await self._response.write(data)
            case Respond(_, body):
                await self._response.write(sse("error", body))
            case Data(data):
                await self._response.write(sse("", data))
            case Text(text):
                await self._delta({"content": text})
            case Call():
                await self._delta({"tool_calls": [self._call(step)]})
            case Finish():
                await self._finish(step)
            case _:
                assert isinstance(step, End), f"{step} is not played here"

    async def _finish(self, step: Finish) -> None:
        await self._delta({}, step.reason)
        if step.usage and "usage" in self._frame:
            cost, own = usage_of(self._figures)
            own |= {"sources": self._sources} if self._sources else {}
            await self._response.write(sse("", {**self._frame, "choices": [], "usage": cost, "sotto": own}))
        if step.done:
            await self._response.write(sse("", "[DONE]"))

    async def _delta(self, delta: Json, reason: str | None = None) -> None:
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", "content": "", **delta}
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        await self._response.write(sse("", {**self._frame, "choices": [choice]}))

    def _call(self, call: Call) -> Json:
        """Return a call, whole as the door sends it."""
        index, self._calls = self._calls, self._calls + 1
        written = call.arguments
        arguments = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
        call_id = call.call_id or f"call_{self._number}_{index}"
        function = {"name": call.name, "arguments": arguments}
        return {"index": index, "id": call_id, "type": "function", "function": function}


def usage_of(figures: Json) -> tuple[Json, Json]:
    """Return figures as OpenAI's `usage`, and the door's own part beside it."""
    cost = {
        "prompt_tokens": figures["prompt_tokens"],
        "completion_tokens": figures["completion_tokens"],
        "total_tokens": figures["prompt_tokens"] + figures["completion_tokens"],
        "prompt_tokens_details": {"cached_tokens": figures["reused_tokens"]},
    }
    return cost, {name: figures[name] for name in ("first_token_s", "tokens_per_s")}


def event_stream() -> web.StreamResponse:
    """Return a response that server-sent events are written to."""
    return web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"})


def sse(name: str, data: Any) -> bytes:
    """Return a server-sent event; one without a name is a chunk of an answer."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def cut(request: web.Request) -> ConnectionError:
    """Close the connection as it is; return what ends the handler."""
    assert request.transport is not None
    request.transport.close()
    return ConnectionAbortedError()


def plain(step: Respond) -> web.Response:
    """Return what is no stream of events."""
    text = step.body if isinstance(step.body, str) else json.dumps(step.body)
    return web.Response(status=step.status, text=text, headers=step.headers, content_type=step.content_type)
