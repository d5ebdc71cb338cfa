"""What is sent for a request: OpenAI's protocol, less what a server has refused. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine import ChatRequest, Message, Role, Tool, ToolCall, ToolChoice

_DISPENSABLE = (
    frozenset({"chat_template_kwargs", "reasoning_effort", "stream_options"}),
    frozenset({"response_format"}),
)
"""What servers may not know: dropped in this order where one says no without saying to what."""
_OPTIONAL = frozenset({"temperature", "max_tokens", "tool_choice"}).union(*_DISPENSABLE)

TEMPLATE_SERVERS = frozenset({"vllm", "llamacpp", "sglang"})
"""Who says so in the list of its models has a chat template to switch thinking off in, and reuses prefixes for free."""


@dataclass(frozen=True)
class Manners:
    """What is known of a server."""

    owner: str = ""
    """Who owns its models, by their list."""
    refused: frozenset[str] = frozenset()
    """Fields that it does not take."""


def body_of(request: ChatRequest, model: str, manners: Manners) -> dict[str, Any]:
    """Return the JSON that is posted."""
    body = {
        "model": model,
        "messages": list(_messages(request.messages)),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        **_thinking_off(manners.owner),
        **_tools(request),
        **_response_format(request),
    }
    if "max_tokens" in manners.refused:
        body["max_completion_tokens"] = request.max_tokens
    return {name: value for name, value in body.items() if name not in manners.refused}


def refused_fields(body: Mapping[str, Any], message: str, param: str) -> frozenset[str]:
    """Return what to leave out after a server refused a body: what it names, or what it may not know."""
    named = {name for name in _OPTIONAL if name in body and (name == param or name in message)}
    if named:
        return frozenset(named)
    return next((there for group in _DISPENSABLE if (there := group & body.keys())), frozenset())


def may_call(request: ChatRequest, name: str) -> bool:
    """Whether a call of this name answers the request. Names that nobody offered are the guard's to judge."""
    if request.choice is ToolChoice.NONE or request.schema is not None:
        return False
    return request.callable is None or name in request.callable or name not in {tool.name for tool in request.tools}


def _thinking_off(owner: str) -> dict[str, Any]:
    off: dict[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}
    return off if owner in TEMPLATE_SERVERS else {**off, "reasoning_effort": "none"}


def _response_format(request: ChatRequest) -> dict[str, Any]:
    if request.schema is None:
        return {}
    schema = {"name": "answer", "schema": dict(request.schema)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _tools(request: ChatRequest) -> dict[str, Any]:
    """Return the tools and the choice among them.

    All are sent every time, for they stand at the beginning of the prompt that a server has evaluated, and calls of
    those that are not callable are dropped; only where one must be called are the others left out.
    """
    required = request.choice is ToolChoice.REQUIRED and request.schema is None
    only = request.callable if required else None
    tools = [_tool(tool) for tool in request.tools if only is None or tool.name in only]
    if not tools:
        return {}
    silent = request.choice is ToolChoice.NONE or request.schema is not None or request.callable == frozenset()
    choice = ToolChoice.NONE if silent else request.choice
    return {"tools": tools} if choice is ToolChoice.AUTO else {"tools": tools, "tool_choice": str(choice)}


def _tool(tool: Tool) -> dict[str, Any]:
    """Return a tool as it is described, not as it is narrowed to the home's names.

    These stand in the prompt once; in each of 36 tools they would be 18,000 tokens for 66 things.
    """
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _messages(messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """Yield the messages; calls and results without an id are paired in their order."""
    waiting: list[str] = []
    for at, message in enumerate(messages):
        if message.role is Role.TOOL:
            paired = message.call_id or (waiting[0] if waiting else "")
            waiting = [call_id for call_id in waiting if call_id != paired]
            yield {"role": "tool", "tool_call_id": paired, "content": message.content}
            continue
        ids = [call.call_id or _call_id(at, place) for place, call in enumerate(message.calls)]
        waiting = ids
        calls = [_call(call, call_id) for call, call_id in zip(message.calls, ids, strict=True)]
        plain = {"role": str(message.role), "content": _content(message)}
        yield {**plain, "tool_calls": calls} if calls else plain


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    shown = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
    return [{"type": "text", "text": message.content}, *shown]


def _call(call: ToolCall, call_id: str) -> dict[str, Any]:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _call_id(message: int, place: int) -> str:
    """Return an id of nine letters and digits, which Mistral's templates insist on."""
    return f"call{message % 1000:03}{place % 100:02}"
