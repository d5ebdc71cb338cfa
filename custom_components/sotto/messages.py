"""Home Assistant's chat log as the messages of a completion, and its tools as functions. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
import re
from typing import Any

from homeassistant.components import conversation
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.helpers import llm
from homeassistant.helpers.intent import IntentResponseTargetType, IntentResponseType
from homeassistant.helpers.json import json_dumps
from probatio import to_openapi

Json = dict[str, Any]

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_PADDING = re.compile(r" {2,}")
_KNOWS_WHICH = (MAJOR_VERSION, MINOR_VERSION) >= (2026, 11)
"""Until then Home Assistant gave the first result to the first thing, whichever it was of (`async_handle_states`)."""


def messages_of(content: Iterable[conversation.Content]) -> list[Json]:
    """Return the conversation without its system prompt, which the server writes itself.

    Intents that Home Assistant handled before the agent are in it as calls of tools and their results, like any other.
    A call without its result, left behind by a turn that broke off, is left out: no model has seen such a thing. So is
    what nothing was said to, because it was not meant for us.
    """
    content = list(content)
    content = [each for each, then in zip_longest(content, content[1:]) if not _is_ignored(each, then)]
    answered = {each.tool_call_id for each in content if isinstance(each, conversation.ToolResultContent)}
    made = (_message(each, answered) for each in content)
    return [message for message in made if message is not None]


def _is_ignored(content: conversation.Content, then: conversation.Content | None) -> bool:
    is_silence = isinstance(then, conversation.AssistantContent) and not then.content and not then.tool_calls
    return is_silence and isinstance(content, conversation.UserContent)


def _message(content: conversation.Content, answered: set[str]) -> Json | None:
    if isinstance(content, conversation.UserContent):
        return {"role": "user", "content": content.content}
    if isinstance(content, conversation.ToolResultContent):
        return {"role": "tool", "tool_call_id": content.tool_call_id, "content": _result(content.result)}
    if not isinstance(content, conversation.AssistantContent):
        return None
    calls = [_call(each) for each in content.tool_calls or () if each.id in answered]
    text = _PADDING.sub(" ", content.content or "").strip()
    if not text and not calls:
        return None
    return {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}


def _call(call: llm.ToolInput) -> Json:
    # Intents that Home Assistant handled itself may have names that no tool could have.
    function = {"name": _NOT_IN_A_NAME.sub("_", call.tool_name), "arguments": json_dumps(call.tool_args)}
    return {"id": call.id, "type": "function", "function": function}


def _result(result: llm.ToolResult) -> str:
    return json_dumps({"data": _certain(result.data), "error": result.error})


def _certain(data: Json) -> Json:
    """Return an intent's result, without which things succeeded and which failed where that is mixed up."""
    told = data.get("data")
    if _KNOWS_WHICH or not isinstance(told, dict) or not told.get("failed"):
        return data
    if all(target["type"] != IntentResponseTargetType.ENTITY for target in told["success"]):
        return data
    unnamed = {**told, "success": [], "failed": []}
    return {**data, "response_type": IntentResponseType.PARTIAL_ACTION_DONE.value, "data": unnamed}


def has_acted(content: Sequence[conversation.Content], api: llm.APIInstance | None) -> bool:
    """Return whether a tool that does more than look has succeeded since the user spoke last."""
    last = max((place for place, each in enumerate(content) if isinstance(each, conversation.UserContent)), default=0)
    looks = {tool.name for tool in api.tools if tool.annotations.read_only} if api else set()
    results = [each for each in content[last:] if isinstance(each, conversation.ToolResultContent)]
    return any(not each.result.error and each.tool_name not in looks for each in results)


def functions_of(api: llm.APIInstance | None) -> list[Json]:
    """Return the tools by name, in an order that does not change with the start of Home Assistant."""
    if api is None:
        return []
    return [_function(tool, api) for tool in sorted(api.tools, key=lambda tool: tool.name)]


def _function(tool: llm.Tool, api: llm.APIInstance) -> Json:
    parameters = to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    function = {"name": tool.name, "description": tool.description or "", "parameters": parameters}
    return {"type": "function", "function": function}
