"""What a client says of the calls it executed, above all Home Assistant. Pure logic.

`homeassistant/helpers/llm.py` and `intent.py` of 2026.10: a tool's result is data and whether it is an error, and the
data of an intent is `IntentResponse.as_dict()` without language and card. Whatever else comes is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .engine import Message, Role, ToolCall

DONE = "OK"
"""Stands in a prompt for the result of an action that succeeded, and for Home Assistant's words where nobody tells us
them: there is nothing else to learn from it."""

REASON_CHARS = 200
"""So much of a reason why something failed is told; Home Assistant writes out what it had looked for."""

_COMPACT: Mapping[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
_FAILURES = ("error", "error_text", "failed")
_PARTIAL = "partial_action_done"
_DONE_TYPES = ("action_done", _PARTIAL)


@dataclass(frozen=True)
class Target:
    """What an intent acted on, or could not."""

    name: str
    entity_id: str | None = None
    """None for areas and the like."""


@dataclass(frozen=True)
class Report:
    """What became of one call."""

    ok: bool
    reason: str = ""
    """Why it failed, for the model."""
    is_action: bool = False
    """Whether Home Assistant says that it did something."""
    is_partial: bool = False
    """Whether it says that it did not do all of it. What succeeded and what did not may be unknown then."""
    done: tuple[Target, ...] = ()
    failed: tuple[Target, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    """What the answer's template is told beside the call's own arguments."""


@dataclass(frozen=True)
class Outcome:
    """A call, and what became of it."""

    call: ToolCall
    report: Report
    answer: int = 0
    """Which answer of the model's called it; a later one's number is larger."""


def outcomes_of(messages: Sequence[Message]) -> tuple[Outcome, ...]:
    """Return what became of the calls since the user's words, in their order."""
    last = max((index for index, each in enumerate(messages) if each.role is Role.USER), default=0)
    turn = messages[last:]
    calls = {call.call_id: (call, number) for number, message in enumerate(turn) for call in message.calls}
    reports = ((message.call_id, read_report(message.content)) for message in turn if message.role is Role.TOOL)
    return tuple(
        Outcome(call, report, number)
        for call_id, report in reports
        if call_id in calls
        for call, number in (calls[call_id],)
    )


def read_report(content: str) -> Report:
    """Return what a result says; text that is no JSON object is one of success."""
    result, is_error = _opened(content)
    if result is None:
        return Report(ok=True)
    data = result.get("data")
    fields = {**data, **result} if isinstance(data, dict) else result
    failures = [value for key in _FAILURES if (value := fields.get(key))]
    kind = fields.get("response_type")
    is_bad = is_error or bool(failures) or fields.get("success") is False or kind in ("error", _PARTIAL)
    slots = fields.get("speech_slots")
    return Report(
        ok=not is_bad,
        reason="; ".join(json.dumps(each, ensure_ascii=False) for each in failures),
        is_action=kind in _DONE_TYPES,
        is_partial=kind == _PARTIAL,
        done=tuple(_targets(fields.get("success"))),
        failed=tuple(_targets(fields.get("failed"))),
        slots=slots if isinstance(slots, dict) else {},
    )


def told(content: str) -> str:
    """Return a result as it stands in a prompt: without what a model learns nothing from."""
    result, is_error = _opened(content)
    if result is None or (is_error and not any(map(result.get, _FAILURES))):
        return content
    report = read_report(content)
    if report.ok and report.is_action and not report.slots:
        return DONE
    if isinstance(text := result.get("result"), str) and result.keys() <= {"result", "success"}:
        return text
    return json.dumps({key: _cut(value) for key, value in result.items()} if not report.ok else result, **_COMPACT)


def _cut(value: Any) -> Any:
    return f"{value[:REASON_CHARS]}\u2026" if isinstance(value, str) and len(value) > REASON_CHARS else value


def _opened(content: str) -> tuple[dict[str, Any] | None, bool]:
    """Return the data of a result, and whether it is said to be an error; None for what is no object."""
    try:
        result: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None, False
    if not isinstance(result, dict):
        return None, False
    data, error = result.get("data"), result.get("error")
    if isinstance(data, dict) and isinstance(error, bool) and result.keys() == {"data", "error"}:
        return data, error
    return result, False


def _targets(value: Any) -> Iterator[Target]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict) and isinstance(name := each.get("name"), str):
            is_entity = each.get("type") == "entity" and isinstance(each.get("id"), str)
            yield Target(name, each["id"] if is_entity else None)
