"""The body of a chat completion: checked, and as the request that every engine takes. Pure logic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import voluptuous as vol

from ..conversation.engine import ChatRequest, Message, Role, Tool, ToolCall, ToolChoice
from .body import checked, list_of, mapping, number, one_of, optional, switch, text, word
from .errors import FieldError
from .images import image
from .sotto_fields import HomeFields, sotto_fields

MOST_MESSAGES = 2048
MOST_TOOLS = 128
"""As at OpenAI."""
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


@dataclass(frozen=True)
class Asked:
    """What a body asks for."""

    request: ChatRequest
    stream: bool = False
    include_usage: bool = False
    sotto: HomeFields | None = None


def parse_completion(body: Mapping[str, Any], *, max_tokens: int, temperature: float, vision: bool = False) -> Asked:
    """Return what is asked for; the numbers stand for those that the body leaves out. Raises FieldError.

    `vision`: whether the model sees images.
    """
    fields = checked(_BODY, body)
    if not vision:
        _check_blind(fields["messages"])
    tools = sorted_tools(fields["tools"])
    callable_names, choice = _choice(fields["tool_choice"], tools)
    request = ChatRequest(
        messages=_conversation(fields["messages"], fields["sotto"]),
        tools=tools,
        callable=callable_names,
        choice=choice,
        schema=_schema(fields["response_format"], choice),
        max_tokens=fields["max_completion_tokens"] or fields["max_tokens"] or max_tokens,
        temperature=temperature if fields["temperature"] is None else fields["temperature"],
    )
    options = fields["stream_options"] or {}
    return Asked(request, bool(fields["stream"]), bool(options.get("include_usage")), fields["sotto"])


def said_last(request: ChatRequest) -> str:
    """Return the user's latest words."""
    return next((each.content for each in reversed(request.messages) if each.role is Role.USER), "")


def must_be_answered(request: ChatRequest) -> None:
    """Raise FieldError unless it is the assistant's turn."""
    if not request.messages or request.messages[-1].role not in {Role.USER, Role.TOOL}:
        raise FieldError("messages", "the last one must be the user's or a tool's")


def _content(value: Any) -> str:
    """Return text, or the text of parts."""
    return value if isinstance(value, str) else _text_of(_PARTS(value))


def _seen_content(value: Any) -> tuple[str, tuple[str, ...]]:
    """Return text, or the text of parts, and the images among them."""
    if isinstance(value, str):
        return value, ()
    parts = _SEEN_PARTS(value)
    return _text_of(parts), tuple(part["image_url"]["url"] for part in parts if part["type"] == "image_url")


def _text_of(parts: list[dict[str, Any]]) -> str:
    return "\n".join(filter(None, (part.get("text") or part.get("refusal") for part in parts)))


def _seen_part(value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = _KIND_OF_PART(value)
    checked_part: dict[str, Any] = (_IMAGE if fields["type"] == "image_url" else _PART)(fields)
    return checked_part


def _arguments(value: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(value or "{}") if isinstance(value, str) else None
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise vol.Invalid("it must be a JSON object written as text")
    return parsed


def _call(value: Any) -> ToolCall:
    fields = _CALL(value)
    return ToolCall(fields["function"]["name"], fields["function"]["arguments"], fields["id"])


def _message(value: Any) -> Message:
    fields = mapping(value)
    role = _ROLE(fields)["role"]
    fields = _MESSAGES[role](fields)
    content, images = fields["content"] if role == "user" else (fields.get("content") or "", ())
    return Message(
        role=Role.SYSTEM if role == "developer" else Role(role),
        content=content,
        images=images,
        calls=tuple(fields.get("tool_calls") or ()),
        call_id=fields.get("tool_call_id", ""),
    )


def _conversation(messages: list[Message], sotto: HomeFields | None) -> tuple[Message, ...]:
    """Return the messages with what the system says first and in one; raises FieldError if they do not belong together.

    A system message later on would move with every turn, and most models' templates refuse it. Where the server writes
    the prompt there is none, and before the first words there may be no message at all.
    """
    _check_results(messages)
    if sotto is not None and sotto.prompt is not None:
        _check_unprompted(messages)
        return tuple(messages)
    if not messages:
        raise FieldError("messages", "there must be at least one")
    system = [each.content for each in messages if each.role is Role.SYSTEM]
    rest = (each for each in messages if each.role is not Role.SYSTEM)
    return (Message(Role.SYSTEM, "\n\n".join(system)), *rest) if system else tuple(rest)


def _check_unprompted(messages: list[Message]) -> None:
    for index, message in enumerate(messages):
        if message.role is Role.SYSTEM:
            raise FieldError(
                f"messages[{index}].role",
                "with sotto.prompt the server writes what the system says",
                remedy="Put it into sotto.prompt.instructions.",
            )


def _check_blind(messages: list[Message]) -> None:
    for index, message in enumerate(messages):
        if message.images:
            raise FieldError(
                f"messages[{index}].content",
                "the language model here sees no images",
                remedy="Use an endpoint whose model does, and start Sotto with --llm-vision yes.",
            )


def _check_results(messages: list[Message]) -> None:
    called: set[str] = set()
    for index, message in enumerate(messages):
        called.update(call.call_id for call in message.calls)
        if message.role is Role.TOOL and message.call_id not in called:
            raise FieldError(f"messages[{index}].tool_call_id", "no call before it has this id")


def _tool_name(value: Any) -> str:
    if not isinstance(value, str) or not _TOOL_NAME.fullmatch(value):
        raise vol.Invalid("it must be 1 to 128 of the characters A-Z, a-z, 0-9, _, . and -")
    return value


def _parameters(value: Any) -> dict[str, Any]:
    schema = mapping(value)
    if schema.get("type", "object") != "object":
        raise vol.Invalid("it must be the JSON schema of an object")
    return schema


def _tool(value: Any) -> Tool:
    function = _TOOL(value)["function"]
    parameters = function["parameters"] or {"type": "object", "properties": {}}
    return Tool(function["name"], function["description"] or "", parameters)


def sorted_tools(tools: list[Tool] | None) -> tuple[Tool, ...]:
    """Return the tools by name; raises FieldError for one that is there twice."""
    ordered = tuple(sorted(tools or (), key=lambda tool: tool.name))
    for one, other in pairwise(ordered):
        if one.name == other.name:
            raise FieldError("tools", f"{one.name} is there twice")
    return ordered


def _choice(value: Any, tools: tuple[Tool, ...]) -> tuple[frozenset[str] | None, ToolChoice]:
    """Return what may be called, None for all, and whether something must be."""
    named = value["function"]["name"] if isinstance(value, dict) else None
    if named is not None and named not in {tool.name for tool in tools}:
        raise FieldError("tool_choice", f"there is no tool {named}")
    if value == "required" and not tools:
        raise FieldError("tool_choice", "there are no tools to call")
    return (None, ToolChoice(value or "auto")) if named is None else (frozenset({named}), ToolChoice.REQUIRED)


def _tool_choice(value: Any) -> Any:
    return _NAMED(value) if isinstance(value, dict) else one_of(*ToolChoice)(value)


def _schema(value: dict[str, Any] | None, choice: ToolChoice) -> Mapping[str, Any] | None:
    kind = value["type"] if value else "text"
    if value is None or kind == "text":
        return None
    if choice is ToolChoice.REQUIRED:
        raise FieldError("response_format", "an answer is either a call or JSON text, not both")
    return value["json_schema"]["schema"] if kind == "json_schema" else _ANY_OBJECT


def _response_format(value: Any) -> Any:
    kind = _FORMAT(mapping(value))["type"]
    return _JSON_SCHEMA(value) if kind == "json_schema" else value


def _open(fields: Mapping[Any, Any]) -> Callable[[Any], Any]:
    """Return the check of an object in which other fields are let pass, as OpenAI's servers do."""
    schema = vol.Schema(fields, extra=vol.ALLOW_EXTRA)
    return lambda value: schema(mapping(value))


_PART = _open({vol.Required("type"): one_of("text", "refusal"), **optional("text", text), **optional("refusal", text)})
_PARTS = list_of(_PART, 1024)
_KIND_OF_PART = _open({vol.Required("type"): one_of("text", "refusal", "image_url")})
_IMAGE = _open({vol.Required("type"): text, vol.Required("image_url"): _open({vol.Required("url"): image})})
_SEEN_PARTS = list_of(_seen_part, 1024)
_CALL = _open(
    {
        vol.Required("id"): word,
        vol.Required("function"): _open({vol.Required("name"): _tool_name, vol.Required("arguments"): _arguments}),
    }
)
_ROLE = _open({vol.Required("role"): one_of("system", "developer", "user", "assistant", "tool")})
_SPOKEN = _open({vol.Required("content"): _content})
_MESSAGES = {
    "system": _SPOKEN,
    "developer": _SPOKEN,
    "user": _open({vol.Required("content"): _seen_content}),
    "assistant": _open({**optional("content", _content), **optional("tool_calls", list_of(_call, MOST_TOOLS))}),
    "tool": _open({vol.Required("content"): _content, vol.Required("tool_call_id"): word}),
}
_TOOL = _open(
    {
        vol.Required("type"): one_of("function"),
        vol.Required("function"): _open(
            {
                vol.Required("name"): _tool_name,
                **optional("description", text),
                **optional("parameters", _parameters),
            }
        ),
    }
)
TOOLS = list_of(_tool, MOST_TOOLS)
"""Checks tools in OpenAI's notation."""
_NAMED = _open(
    {vol.Required("type"): one_of("function"), vol.Required("function"): _open({vol.Required("name"): _tool_name})}
)
_FORMAT = _open({vol.Required("type"): one_of("text", "json_object", "json_schema")})
_JSON_SCHEMA = _open(
    {
        vol.Required("type"): text,
        vol.Required("json_schema"): _open({vol.Required("schema"): mapping}),
    }
)
_BODY = _open(
    {
        vol.Required("messages"): list_of(_message, MOST_MESSAGES),
        **optional("model", text),
        **optional("tools", TOOLS),
        **optional("tool_choice", _tool_choice),
        **optional("response_format", _response_format),
        **optional("stream", switch),
        **optional("stream_options", _open(optional("include_usage", switch))),
        **optional("max_tokens", number(1, 1_000_000, int)),
        **optional("max_completion_tokens", number(1, 1_000_000, int)),
        **optional("temperature", number(0, 2)),
        **optional("n", number(1, 1, int)),
        **optional("sotto", sotto_fields),
    }
)
