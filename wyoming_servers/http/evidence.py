"""What of the household's documents is in a client's turn, or may be asked for it. Pure logic.

Home Assistant's agents may search documents by a tool (`sotto__SearchDocuments`), so that passages can be in results.
What holds for those that the server quotes holds for them: nothing is called in their turn, and later they are gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..conversation.engine import ChatRequest, Message, Role, ToolCall, ToolChoice
from ..conversation.results import read_report
from .completion import Asked

SEARCH = "SearchDocuments"
"""The end of the tool's name."""
MOST_CHARS = 300
"""Of a result that is not understood."""


def asked_of_documents(asked: Asked) -> str:
    """Return what documents may be asked for a turn; empty where they may not be."""
    request = asked.request
    if asked.sotto is None or asked.sotto.prompt is None or not request.messages:
        return ""
    latest = request.messages[-1]
    is_free = request.choice is ToolChoice.AUTO and request.schema is None
    return latest.content if is_free and latest.role is Role.USER and not latest.images else ""


def looked_up(request: ChatRequest) -> str:
    """Return the best of the passages that were searched for in this turn, after its title; empty if there are none."""
    last = max((at for at, each in enumerate(request.messages) if each.role is Role.USER), default=0)
    latest = request.messages[last:]
    searched = _searched(latest)
    contents = (each.content for each in latest if each.role is Role.TOOL and each.call_id in searched)
    return next((passage for content in contents if (passage := _first_passage(content))), "")


def long_ago(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of the searches of earlier turns, whose results are not told any more."""
    last = max((at for at, each in enumerate(messages) if each.role is Role.USER), default=0)
    return _searched(messages[:last])


def _searched(messages: Iterable[Message]) -> frozenset[str]:
    return frozenset(call.call_id for message in messages for call in message.calls if _is_search(call))


def _is_search(call: ToolCall) -> bool:
    return call.name.rpartition("__")[2] == SEARCH


def _first_passage(content: str) -> str:
    """Return the best passage of a result; of one of another shape what it says, for a document may have written it."""
    try:
        found: Any = json.loads(content)
        passages = found.get("data", found)["passages"]
        return f"{passages[0]['title']}: {passages[0]['text']}" if passages else ""
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
        return "" if read_report(content).reason else content[:MOST_CHARS]
