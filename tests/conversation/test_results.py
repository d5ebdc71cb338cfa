from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.engine import Message, Role, ToolCall
from wyoming_servers.conversation.results import DONE, REASON_CHARS, Report, Target, outcomes_of, read_report, told

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "replay"
LAMP = {"name": "Desk Lamp", "type": "entity", "id": "light.desk_lamp"}
OFFICE = {"name": "Office", "type": "area", "id": "office"}


def intent(kind: str = "action_done", **more: Any) -> dict[str, Any]:
    """Return what `IntentResponseDict` of Home Assistant 2026.10 has."""
    return {"speech": {}, "response_type": kind, "data": {"success": [OFFICE, LAMP], "failed": []}, **more}


def wrapped(data: Any, *, error: bool = False) -> str:
    """Return a tool's result as the integration sends it."""
    return json.dumps({"data": data, "error": error})


@pytest.mark.parametrize("content", [wrapped(intent()), json.dumps(intent())], ids=["wrapped", "bare"])
def test_an_action_that_succeeded_is_known_by_what_it_reached(content: str) -> None:
    assert read_report(content) == Report(
        ok=True, is_action=True, done=(Target("Office"), Target("Desk Lamp", "light.desk_lamp"))
    )
    assert told(content) == DONE


@pytest.mark.parametrize("wrap", [wrapped, json.dumps], ids=["wrapped", "bare"])
def test_an_action_that_some_things_did_not_take_has_failed(wrap: Any) -> None:
    report = read_report(wrap(intent(data={"success": [LAMP], "failed": [{**LAMP, "name": "Fan", "id": "fan.a"}]})))
    assert not report.ok
    assert (report.done, report.failed) == ((Target("Desk Lamp", "light.desk_lamp"),), (Target("Fan", "fan.a"),))
    assert "Fan" in report.reason


def test_an_action_of_which_a_part_succeeded_has_failed_also_where_nothing_is_named() -> None:
    report = read_report(wrapped(intent("partial_action_done", data={"success": [], "failed": []})))
    assert report == Report(ok=False, is_action=True, is_partial=True)
    assert not read_report(told(wrapped(intent("partial_action_done", data={"success": [], "failed": []})))).ok


@pytest.mark.parametrize(
    "content",
    [
        wrapped({"error": "MatchFailedError", "error_text": "no such thing"}, error=True),
        wrapped({"error": "To-do list not found"}, error=True),
        wrapped({"message": "no"}, error=True),
        wrapped(intent("error", data={"code": "no_valid_targets"})),
        '{"error": "MatchFailedError"}',
        '{"data": {"error_text": "no"}}',
        '{"success": false}',
    ],
)
def test_what_failed_is_known_to_have_failed_also_when_a_prompt_has_it(content: str) -> None:
    assert not read_report(content).ok
    assert not read_report(told(content)).ok


@pytest.mark.parametrize("content", ["", "OK", "[1, 2]", "5", "{", wrapped({"items": []}), '{"success": true}'])
def test_anything_else_is_a_success_of_which_nothing_more_is_known(content: str) -> None:
    assert read_report(content) == Report(ok=True)


def test_what_a_look_found_stands_in_a_prompt_as_text() -> None:
    found = "Live Context:\n- names: Desk Lamp\n  state: 'on'"
    assert told(wrapped({"success": True, "result": found})) == found
    assert told(found) == found


def test_what_only_the_result_says_stays_in_the_prompt() -> None:
    assert told(wrapped({"items": [{"summary": "牛奶"}]})) == '{"items":[{"summary":"牛奶"}]}'
    assert "canceled" in told(wrapped(intent(speech_slots={"canceled": 2})))
    assert read_report(wrapped(intent(speech_slots={"canceled": 2}))).slots == {"canceled": 2}


def test_a_long_reason_is_cut_in_a_prompt() -> None:
    content = told(wrapped({"error": "MatchFailedError", "error_text": "x" * 5000}, error=True))
    assert len(content) < REASON_CHARS + 100


def test_the_outcomes_are_those_since_the_users_words_in_their_order() -> None:
    calls = tuple(ToolCall("HassTurnOn", {"name": name}, name) for name in ("a", "b"))
    earlier = (
        Message(Role.USER, "hi"),
        Message(Role.ASSISTANT, calls=calls[:1]),
        Message(Role.TOOL, "OK", call_id="a"),
    )
    now = (Message(Role.USER, "on"), Message(Role.ASSISTANT, calls=calls))
    results = (Message(Role.TOOL, '{"error": "E"}', call_id="b"), Message(Role.TOOL, "OK", call_id="a"))
    found = outcomes_of((*earlier, *now, *results))
    assert [(each.call, each.report.ok) for each in found] == [(calls[1], False), (calls[0], True)]


def test_outcomes_tell_which_answer_called() -> None:
    calls = tuple(ToolCall("HassTurnOn", {"name": name}, name) for name in ("a", "b", "c"))
    messages = (
        Message(Role.USER, "on"),
        Message(Role.ASSISTANT, calls=calls[:2]),
        *(Message(Role.TOOL, "OK", call_id=name) for name in ("a", "b")),
        Message(Role.ASSISTANT, calls=calls[2:]),
        Message(Role.TOOL, "OK", call_id="c"),
    )
    one, other, later = (each.answer for each in outcomes_of(messages))
    assert one == other < later


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize("model", ["qwen3-4b-instruct", "gemma4-e2b", "ministral-3-3b"])
def test_recorded_results_of_home_assistant_are_read(model: str) -> None:
    read = 0
    for line in (RECORDED / f"{model}.jsonl").read_text(encoding="utf-8").splitlines():
        for call in json.loads(line)["calls"]:
            result = _recorded(call.get("result"))
            if result is None or result.get("response_type") != "action_done":
                continue
            success = result["data"]["success"]
            report = read_report(json.dumps(result))
            assert report.ok == (not result["data"]["failed"])
            assert [each.name for each in report.done] == [each["name"] for each in success]
            read += 1
    assert read > 100


def _recorded(result: Any) -> dict[str, Any] | None:
    """Return a result that was written down as Python shows it."""
    try:
        found = ast.literal_eval(result)
    except (SyntaxError, ValueError, TypeError):
        return None
    inner = found.get("dictitems") if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else None


FIELDS = ["data", "error", "success", "failed", "response_type", "speech_slots", "name", "id", "result"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "error", "success", "failed", "response_type", "speech_slots", "name", "id", "result"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_a_client_sends_is_read_and_no_failure_becomes_a_success(result: Any) -> None:
    content = json.dumps(result)
    assert read_report(content).ok or not read_report(told(content)).ok
