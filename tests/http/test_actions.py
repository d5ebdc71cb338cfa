"""One generation for an action: what is said of calls comes from their results, and the model is not asked again."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from tests.http.assist import SCRIPT, Assist, assist_tools, broke, done, send_home
from tests.http.scripted_model import ScriptedModel, calling, saying
from wyoming_servers.conversation.engine import ToolCall
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Entity


def thing(entity_id: str) -> Entity:
    entity = DEMO_HOUSE.entity(entity_id)
    assert entity is not None
    return entity


LAMP, BED, KITCHEN = thing("light.desk_lamp"), thing("light.bed_light"), thing("light.kitchen")
LAMP_ON = ToolCall("HassTurnOn", {"name": "Desk Lamp"}, "call_0")
BED_ON = ToolCall("HassTurnOn", {"name": "Bed Light"}, "call_1")
BLINDS = ToolCall("HassTurnOff", {"name": "Office Blinds"}, "call_1")
NIGHT = ToolCall("script__good_night", {}, "call_1")
LOOK = ToolCall("GetLiveContext", {"name": "Bed Light"}, "call_1")


@pytest.fixture
async def assist(http: aiohttp.ClientSession) -> Assist:
    return Assist(http, await send_home(http), [*assist_tools(), SCRIPT])


async def acted(
    assist: Assist,
    model: ScriptedModel,
    calls: list[ToolCall],
    *results: Any,
    words: str = "make it cosy",
    then: str = "Fine.",
) -> str:
    """Have these calls made and report their results; return what is said of them."""
    model.scripts = [calling(*calls), saying(then)]
    answer = await assist.says(words)
    assert [name.rpartition("__")[2] for name, _ in answer.called] == [call.name.rpartition("__")[2] for call in calls]
    return (await assist.did(answer.calls, *results)).text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Turned on the light"),
        ("en-GB", "Turned on the light"),
        ("zh-CN", "书桌灯已打开"),
        ("de", "Licht eingeschaltet"),
    ],
)
async def test_an_action_that_succeeded_has_home_assistants_own_answer(
    assist: Assist, model: ScriptedModel, language: str, said: str
) -> None:
    assist.language = language
    assert await acted(assist, model, [LAMP_ON], done(LAMP)) == said
    assert len(model.asked) == 1


async def test_the_answer_is_an_answer_like_any_other(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [calling(LAMP_ON)]
    answer = await assist.says("make it cosy")
    assist.result(answer.calls[0]["id"], done(LAMP))
    async with assist.http.post("/v1/chat/completions", json=assist.body()) as response:
        whole = await response.json()
    assert whole["choices"][0]["message"]["content"] == "Turned on the light"
    assert whole["choices"][0]["finish_reason"] == "stop"
    assert whole["usage"]["completion_tokens"] == 0


async def test_where_json_is_wanted_the_model_writes_it(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [calling(LAMP_ON), saying('{"done": true}')]
    answer = await assist.says("make it cosy")
    assist.result(answer.calls[0]["id"], done(LAMP))
    wanted = {**assist.body(), "response_format": {"type": "json_object"}}
    async with assist.http.post("/v1/chat/completions", json=wanted) as response:
        assert (await response.json())["choices"][0]["message"]["content"] == '{"done": true}'


async def test_several_actions_have_a_sentence_each_and_none_twice(assist: Assist, model: ScriptedModel) -> None:
    said = await acted(assist, model, [LAMP_ON, BED_ON], done(LAMP), done(BED))
    assert said == "Turned on the light"
    said = await acted(assist, model, [LAMP_ON, BLINDS], done(LAMP), done(thing("cover.office_blinds")))
    assert said == "Turned on the light. Closing."


async def test_and_in_chinese_without_blanks(assist: Assist, model: ScriptedModel) -> None:
    assist.language = "zh-CN"
    said = await acted(assist, model, [LAMP_ON, BLINDS], done(LAMP), done(thing("cover.office_blinds")))
    assert said == "书桌灯已打开。书房百叶窗已关闭。"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Turned on the light. Sorry, it didn't work for Bed Light."),
        ("zh-CN", "书桌灯已打开。抱歉，床头灯没有成功。"),
    ],
)
async def test_what_failed_is_named_beside_what_was_done(
    assist: Assist, model: ScriptedModel, language: str, said: str
) -> None:
    assist.language = language
    failed = {
        "data": {**done()["data"], "data": {"success": [], "failed": done(BED)["data"]["data"]["success"]}},
        "error": False,
    }
    assert await acted(assist, model, [LAMP_ON, BED_ON], done(LAMP), failed) == said
    assert len(model.asked) == 1


async def test_a_call_that_raised_is_named_by_what_it_was_about(assist: Assist, model: ScriptedModel) -> None:
    said = await acted(assist, model, [LAMP_ON, BED_ON], done(LAMP), broke())
    assert said == "Turned on the light. Sorry, it didn't work for Bed Light."


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "It worked for Desk Lamp, but not for Bed Light and Kitchen Light."),
        ("zh-CN", "书桌灯成功了，床头灯和厨房的灯没有成功。"),
        ("de", "Es ist ein unerwarteter Fehler aufgetreten"),
    ],
)
async def test_a_call_that_only_some_things_took_claims_nothing_of_the_others(
    assist: Assist, model: ScriptedModel, language: str, said: str
) -> None:
    assist.language = language
    every = ToolCall("HassTurnOn", {"domain": "light", "floor": "First Floor"}, "call_0")
    text = await acted(assist, model, [every], done(LAMP, failed=[BED, KITCHEN]), words="lights on upstairs")
    assert text == said


@pytest.mark.parametrize(
    "result",
    [broke(), {"data": {"speech": {}, "response_type": "error", "data": {"code": "unknown"}}, "error": False}],
)
@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Sorry, that didn't work, so nothing has changed."), ("zh-CN", "抱歉，刚才没有成功，什么都没有改变。")],
)
async def test_where_nothing_succeeded_nothing_is_claimed(
    assist: Assist, model: ScriptedModel, result: Any, language: str, said: str
) -> None:
    assist.language = language
    assert await acted(assist, model, [LAMP_ON], result) == said
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (NIGHT, {"data": {"result": {"dimmed": 3}}, "error": False}),
        (LOOK, {"data": {"success": True, "result": "- names: Bed Light\n  state: 'off'"}, "error": False}),
    ],
    ids=["script", "look"],
)
async def test_of_a_script_or_a_look_the_model_is_asked(
    assist: Assist, model: ScriptedModel, call: ToolCall, result: Any
) -> None:
    assert await acted(assist, model, [LAMP_ON, call], done(LAMP), result) == "Fine."
    assert model.asked[1].messages[-2].content == "OK"


async def test_a_model_that_claims_what_failed_is_replaced_by_what_was_done_and_what_was_not(
    assist: Assist, model: ScriptedModel
) -> None:
    text = await acted(assist, model, [LAMP_ON, NIGHT], done(LAMP), broke(), then="Done! All of it is on.")
    assert text == "Turned on the light. The rest didn't work, sorry."


async def test_after_a_look_what_is_done_then_is_said_with_what_was_done_before(
    assist: Assist, model: ScriptedModel
) -> None:
    model.scripts = [calling(LAMP_ON, LOOK), calling(BLINDS), saying("Never.")]
    first = await assist.says("make it cosy")
    second = await assist.did(first.calls, done(LAMP), "- names: Bed Light")
    third = await assist.did(second.calls, done(thing("cover.office_blinds")))
    assert third.text == "Turned on the light. Closing."
    assert len(model.asked) == 2


async def test_how_much_is_left_on_a_timer_is_told_from_what_home_assistant_said(
    assist: Assist, model: ScriptedModel
) -> None:
    timer = dict.fromkeys(("start_hours", "start_minutes", "start_seconds", "hours_left", "seconds_left"), 0) | {
        "name": "",
        "is_active": True,
        "minutes_left": 4,
        "rounded_hours_left": 0,
        "rounded_minutes_left": 4,
        "rounded_seconds_left": 0,
        "total_seconds_left": 240,
    }
    call = ToolCall("HassTimerStatus", {}, "call_0")
    assert await acted(assist, model, [call], done(timers=[timer]), words="how long?") == "4 minutes left."


async def test_an_openai_client_keeps_both_steps(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [saying("It is on.")]
    call: Any = {
        "id": "a",
        "type": "function",
        "function": {"name": "HassTurnOn", "arguments": '{"name": "Desk Lamp"}'},
    }
    messages: list[Any] = [
        {"role": "user", "content": "desk lamp on"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps(done(LAMP))},
    ]
    for more in ({}, {"sotto": {"language": "en"}}):
        answer = await openai.chat.completions.create(model="any", messages=messages, extra_body=more)
        assert answer.choices[0].message.content == "It is on."
    assert len(model.asked) == 2
