"""The official `openai` package talks to the door over a real socket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import openai as official
import pytest
from openai import AsyncOpenAI

from tests.http.conftest import TOKEN, OpenDoor
from tests.http.scripted_model import ScriptedModel, Step, calling, saying
from wyoming_servers.conversation.engine import Finished, FinishReason, Message, Role, ToolCall, ToolChoice
from wyoming_servers.errors import EngineLoadingError, LimitExceededError, OverloadedError, RemoteError
from wyoming_servers.http.door import HttpDoor

USER: Any = {"role": "user", "content": "Turn on the lamp"}
TURN_ON: Any = {
    "type": "function",
    "function": {
        "name": "HassTurnOn",
        "description": "Turns something on",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}
GET_TIME: Any = {"type": "function", "function": {"name": "GetTime"}}


async def read_all(answer: Any) -> None:
    async for _ in answer:
        pass


async def test_a_streamed_conversation_calls_a_tool_and_answers_from_its_result(
    openai: AsyncOpenAI, model: ScriptedModel
) -> None:
    model.scripts = [calling(ToolCall("HassTurnOn", {"name": "台灯"})), saying("It is", " on.")]
    messages: list[Any] = [{"role": "system", "content": "You are Sotto."}, USER]

    async with openai.chat.completions.stream(model="any", messages=messages, tools=[TURN_ON]) as stream:
        first = (await stream.get_final_completion()).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.content is None or not first.message.content
    assert first.message.tool_calls is not None
    call = first.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("HassTurnOn", {"name": "台灯"})
    assert call.id.startswith("call_")

    messages += [
        first.message.model_dump(exclude_none=True, exclude={"parsed"}),
        {"role": "tool", "tool_call_id": call.id, "content": '{"success": true}'},
    ]
    async with openai.chat.completions.stream(model="any", messages=messages, tools=[TURN_ON]) as stream:
        said = [event.delta async for event in stream if event.type == "content.delta"]
    assert said == ["It is", " on."]

    assert model.asked[1].messages == (
        Message(Role.SYSTEM, "You are Sotto."),
        Message(Role.USER, "Turn on the lamp"),
        Message(Role.ASSISTANT, calls=(ToolCall("HassTurnOn", {"name": "台灯"}, call.id),)),
        Message(Role.TOOL, '{"success": true}', call_id=call.id),
    )


async def test_a_stream_tells_what_it_cost_where_that_is_asked_for(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(
        model="any", messages=[USER], stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(each.choices[0].delta.content or "" for each in chunks[:-1]) == "Hello."
    assert {each.id for each in chunks} == {chunks[0].id}
    assert [each.usage for each in chunks[:-1]] == [None] * (len(chunks) - 1)
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert not chunks[-1].choices
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (40, 2, 42)
    assert (chunks[-1].model_extra or {})["sotto"] == {"first_token_s": 0.25, "tokens_per_s": 21.5}
    assert all("sotto" not in (each.model_extra or {}) for each in chunks[:-1])
    assert usage.prompt_tokens_details.cached_tokens == 30


async def test_an_answer_comes_whole_where_no_stream_is_asked_for(openai: AsyncOpenAI) -> None:
    answer = await openai.chat.completions.create(model="any", messages=[USER])
    assert answer.object == "chat.completion"
    assert answer.model == "parrot"
    assert answer.choices[0].message.content == "Hello."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 42
    assert (answer.model_extra or {})["sotto"] == {"first_token_s": 0.25, "tokens_per_s": 21.5}


async def test_several_calls_and_words_come_whole(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[*saying("Sure.")[:1], *calling(ToolCall("GetTime"), ToolCall("HassTurnOn", {"name": "a"}, "x1"))]]
    answer = await openai.chat.completions.create(model="any", messages=[USER], tools=[TURN_ON, GET_TIME])
    message = answer.choices[0].message
    assert message.content == "Sure."
    assert message.tool_calls is not None
    assert [(each.type, each.function.name) for each in message.tool_calls if each.type == "function"] == [
        ("function", "GetTime"),
        ("function", "HassTurnOn"),
    ]
    assert message.tool_calls[1].id == "x1"


async def test_the_index_tells_streamed_calls_apart(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [calling(ToolCall("GetTime"), ToolCall("HassTurnOn", {"name": "a"}))]
    stream = await openai.chat.completions.create(model="any", messages=[USER], tools=[TURN_ON, GET_TIME], stream=True)
    calls = [call async for chunk in stream for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(call.index, call.function and call.function.name) for call in calls] == [(0, "GetTime"), (1, "HassTurnOn")]


async def test_a_json_schema_reaches_the_model(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [saying('{"rooms": 3}')]
    schema: dict[str, Any] = {"type": "object", "properties": {"rooms": {"type": "integer"}}, "required": ["rooms"]}
    answer = await openai.chat.completions.create(
        model="any",
        messages=[USER],
        response_format={"type": "json_schema", "json_schema": {"name": "rooms", "schema": schema, "strict": True}},
    )
    assert model.asked[0].schema == schema
    assert json.loads(answer.choices[0].message.content or "") == {"rooms": 3}


async def test_the_choice_of_tools_reaches_the_model(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    choices: Sequence[Any] = ["none", "required", {"type": "function", "function": {"name": "GetTime"}}]
    for choice in choices:
        await openai.chat.completions.create(
            model="any", messages=[USER], tools=[TURN_ON, GET_TIME], tool_choice=choice, max_tokens=7, temperature=1.5
        )
    assert [(each.choice, each.callable) for each in model.asked] == [
        (ToolChoice.NONE, None),
        (ToolChoice.REQUIRED, None),
        (ToolChoice.REQUIRED, frozenset({"GetTime"})),
    ]
    assert [tool.name for tool in model.asked[0].tools] == ["GetTime", "HassTurnOn"]
    assert (model.asked[0].max_tokens, model.asked[0].temperature) == (7, 1.5)


async def test_the_settings_stand_for_what_a_body_leaves_out(open_door: OpenDoor, model: ScriptedModel) -> None:
    door = await open_door(llm_max_tokens=99, llm_temperature=0.7)
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{door.port}/v1", api_key="none", max_retries=0) as client:
        await client.chat.completions.create(model="any", messages=[USER])
    assert (model.asked[0].max_tokens, model.asked[0].temperature) == (99, 0.7)


async def test_an_answer_that_was_cut_says_so(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[*saying("Once upon")[:1], Finished(FinishReason.LENGTH)]]
    answer = await openai.chat.completions.create(model="any", messages=[USER])
    assert answer.choices[0].finish_reason == "length"


async def test_the_model_is_listed(openai: AsyncOpenAI) -> None:
    assert [each.id async for each in openai.models.list()] == ["parrot"]
    assert (await openai.models.retrieve("parrot")).owned_by == "sotto"
    with pytest.raises(official.NotFoundError) as caught:
        await openai.models.retrieve("some/other")
    assert caught.value.code == "unknown-model"


@pytest.mark.parametrize("key", ["wrong", TOKEN + "x", TOKEN[:-1]])
async def test_without_the_token_there_is_401(door: HttpDoor, key: str, model: ScriptedModel) -> None:
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{door.port}/v1", api_key=key, max_retries=0) as client:
        with pytest.raises(official.AuthenticationError) as caught:
            await client.chat.completions.create(model="any", messages=[USER])
    assert caught.value.status_code == 401
    assert caught.value.code == "invalid_api_key"
    assert caught.value.response.headers["WWW-Authenticate"] == "Bearer"
    assert not model.asked


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [USER, {"role": "wizard", "content": ""}]}, "messages[1].role"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
    ],
)
async def test_a_wrong_field_is_named(openai: AsyncOpenAI, wrong: dict[str, Any], param: str) -> None:
    with pytest.raises(official.BadRequestError) as caught:
        await openai.chat.completions.create(**{"model": "any", "messages": [USER], **wrong})
    assert (caught.value.param, caught.value.code, caught.value.type) == (param, "bad-request", "invalid_request_error")
    assert caught.value.body is not None
    assert str(caught.value.body["message"]).startswith(param)  # type: ignore[index]


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (EngineLoadingError("It is loading."), 503, "2"),
        (OverloadedError("Too much."), 429, "1"),
        (LimitExceededError("The prompt is too long."), 400, None),
        (RemoteError("Nobody there."), 502, None),
        (RuntimeError("a secret"), 500, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_fails_before_the_first_word_has_its_status(
    openai: AsyncOpenAI, model: ScriptedModel, error: Exception, status: int, retry_after: str | None, *, stream: bool
) -> None:
    model.scripts = [[error]]
    with pytest.raises(official.APIStatusError) as caught:
        await openai.chat.completions.create(model="any", messages=[USER], stream=stream)
    assert caught.value.status_code == status
    assert caught.value.response.headers.get("Retry-After") == retry_after
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("script", [[], saying("Well")[:1]], ids=["at once", "in mid-stream"])
async def test_what_nobody_foresaw_is_logged_by_its_type_and_place_alone(
    openai: AsyncOpenAI, model: ScriptedModel, script: list[Step], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    model.scripts = [[*script, RuntimeError("a secret")]]
    with pytest.raises(official.APIError) as caught:
        await read_all(await openai.chat.completions.create(model="any", messages=[USER], stream=True))
    assert caught.value.code == "internal-error"
    assert "RuntimeError at " in caplog.text
    assert "scripted_model.py:" in caplog.text
    assert "secret" not in caplog.text


async def test_what_fails_in_mid_stream_is_an_event(openai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[*saying("Well")[:1], RemoteError("It broke off.", remedy="Try again.")]]
    stream = await openai.chat.completions.create(model="any", messages=[USER], stream=True)
    assert (await anext(stream)).choices[0].delta.content == "Well"
    with pytest.raises(official.APIError) as caught:
        await anext(stream)
    assert (caught.value.message, caught.value.code) == ("It broke off. Try again.", "remote-failed")


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_without_an_end_is_an_error(openai: AsyncOpenAI, model: ScriptedModel, *, stream: bool) -> None:
    model.scripts = [saying("Well")[:1]]
    with pytest.raises(official.APIError) as caught:
        await read_all(await openai.chat.completions.create(model="any", messages=[USER], stream=stream))
    assert caught.value.code == "engine-failed"
