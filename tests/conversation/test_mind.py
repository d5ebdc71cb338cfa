"""What a model writes, and what becomes of it before anybody acts on it or hears it."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import HOUSE
from tests.http.scripted_model import ScriptedModel, Step
from wyoming_servers.conversation.calls.call import Situation
from wyoming_servers.conversation.engine import (
    BrokenCall,
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    Role,
    TextDelta,
    ToolCall,
    ToolChoice,
)
from wyoming_servers.conversation.guard.claims import claims_action
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.conversation.prompt.tools import tools

ASKED = "it is too bright, turn off the kitchen ceiling"
OFF = ToolCall("HassTurnOff", {"name": "Kitchen Ceiling"}, "call_0")
PIECES = [
    "Done. ",
    "I've ",
    "turned ",
    "off ",
    "the light. ",
    "It is on. ",
    "Okay. ",
    "What? ",
    "\n",
    "it",
    "已",
    "关",
    "了。",
    "好的",
]
END = Finished(FinishReason.STOP, 10, 5, 3)


def Scripted(*answers: Sequence[Step]) -> ScriptedModel:  # noqa: N802 - as good as a class
    """Return a model that writes one answer after the other."""
    return ScriptedModel(*([*answer, END] for answer in answers))


def words(*pieces: str) -> list[Step]:
    return [TextDelta(piece) for piece in pieces]


def asking(text: str = ASKED, *after: Message) -> ChatRequest:
    return ChatRequest((Message(Role.SYSTEM, "Be brief."), Message(Role.USER, text), *after), tools=tools(HOUSE))


async def answered(model: ScriptedModel, request: ChatRequest | None = None, language: str = "en") -> list[ChatEvent]:
    request = request or asking()
    said = next(each.content for each in reversed(request.messages) if each.role is Role.USER)
    async with aclosing(Mind(model).chat(request, Situation(HOUSE, said), language)) as events:
        return [event async for event in events]


def spoken(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def called(events: Sequence[ChatEvent]) -> list[ToolCall]:
    return [event for event in events if isinstance(event, ToolCall)]


async def test_without_a_home_an_answer_is_the_models_own() -> None:
    model = Scripted([*words("Done, ", "I did it."), BrokenCall("{half"), OFF])
    async with aclosing(Mind(model).chat(asking())) as events:
        got = [event async for event in events]
    assert got == [*words("Done, ", "I did it.", "{half"), OFF, END]


async def test_a_call_is_made_right_for_the_home_and_what_is_claimed_with_it_is_not_said() -> None:
    call = ToolCall("HassTurnOff", {"name": "kitchen ceilling", "floor": "nowhere", "area": ""})
    events = await answered(Scripted([*words("Okay, I have turned it off."), call]))
    assert [(each.name, each.arguments) for each in called(events)] == [("HassTurnOff", {"name": "Kitchen Ceiling"})]
    assert called(events)[0].call_id
    assert spoken(events) == ""
    assert events[-1] == replace(END, reason=FinishReason.CALLS)


async def test_a_call_in_plain_text_is_executed_and_not_spoken() -> None:
    events = await answered(Scripted(words("HassTurn", "Off light Kitchen", " Ceiling")))
    assert [each.arguments["name"] for each in called(events)] == ["Kitchen Ceiling"]
    assert spoken(events) == ""


async def test_a_claim_without_a_call_is_asked_for_once_more() -> None:
    model = Scripted(words("Done! The kitchen ceiling is off."), [OFF])
    events = await answered(model)
    assert called(events) == [OFF]
    assert spoken(events) == ""
    again = model.asked[1]
    assert again.choice is ToolChoice.REQUIRED
    assert again.messages[: len(asking().messages)] == asking().messages, "the prompt is the same up to there"
    assert "nothing was done" in again.messages[-1].content


async def test_who_claims_twice_is_not_believed() -> None:
    model = Scripted(words("Done! It is off."), words("I have turned off the kitchen ceiling."))
    events = await answered(model)
    assert spoken(events).startswith("I haven't done anything")
    assert len(model.asked) == 2


async def test_and_in_chinese() -> None:
    model = Scripted(words("好的，已经关了。"), words("已关闭。"))
    assert spoken(await answered(model, language="zh-CN")).startswith("我还没有做任何操作")


async def test_what_cannot_be_told_apart_is_asked_about() -> None:
    events = await answered(Scripted([ToolCall("HassTurnOn", {"name": "Shed Gate"})]), asking("turn on the shed gate"))
    assert spoken(events).endswith("?")
    assert not called(events)
    assert events[-1] == END


async def test_a_tool_that_may_not_be_called_is_no_call() -> None:
    request = replace(asking(), callable=frozenset({"HassTurnOn"}))
    events = await answered(Scripted([OFF], [OFF]), request)
    assert not called(events)
    assert spoken(events) == "Sorry, that didn't work, so nothing has changed."


async def test_what_succeeded_may_be_said_and_what_failed_may_not() -> None:
    def result(content: str) -> ChatRequest:
        return asking(ASKED, Message(Role.ASSISTANT, calls=(OFF,)), Message(Role.TOOL, content, call_id="call_0"))

    done = words("The kitchen ceiling is off now.")
    assert spoken(await answered(Scripted(done), result('{"success": true}'))) == "The kitchen ceiling is off now."
    for failed in ('{"error": "MatchFailedError"}', '{"data": {"error_text": "no"}}', '{"success": false}'):
        events = await answered(Scripted(done, done), result(failed))
        assert spoken(events) == "Sorry, that didn't work, so nothing has changed."


async def test_what_did_not_work_is_said_after_home_assistants_words_for_what_did() -> None:
    results = tuple(
        Message(Role.TOOL, content, call_id=name) for name, content in (("a", "OK"), ("b", '{"error": "E"}'))
    )
    calls = Message(Role.ASSISTANT, calls=(replace(OFF, call_id="a"), replace(OFF, call_id="b")))
    request = asking(ASKED, calls, *results)
    model = Scripted(words("Done, everything is off."), words("Done, everything is off."))
    events = Mind(model).chat(request, Situation(HOUSE, ASKED), "en", "Turned off the light.")
    assert spoken([event async for event in events]) == "Turned off the light. The rest didn't work, sorry."


async def test_a_look_at_states_gets_a_name_of_this_home() -> None:
    look = ToolCall("homeassistant__GetLiveContext", {"name": "desk fann"}, "c")
    request = asking("is the desk fan spinning")
    request = replace(request, tools=tuple(replace(each, name=f"homeassistant__{each.name}") for each in request.tools))
    events = await answered(Scripted([look]), request)
    assert called(events) == [replace(look, arguments={"name": "Desk Fan"})]


async def test_a_sentence_is_spoken_before_the_next_one_is_written() -> None:
    go_on = asyncio.Event()
    model = Scripted([*words("It is raining. ", "Take an umb"), go_on, *words("rella.")])
    request = asking("how is the weather")
    async with aclosing(Mind(model).chat(request, Situation(HOUSE, "how is the weather"))) as events:
        assert await anext(events) == TextDelta("It is raining. ")
        go_on.set()
        assert spoken([event async for event in events]) == "Take an umbrella."


async def test_who_stops_listening_stops_the_model() -> None:
    model = Scripted([*words("One. Two. Three"), asyncio.Event()])
    events = Mind(model).chat(asking("count"), Situation(HOUSE, "count"))
    await anext(events)
    await events.aclose()
    assert model.ended.is_set()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@given(pieces=st.lists(st.sampled_from(PIECES)))
def test_nothing_is_ever_said_to_be_done_that_was_not(pieces: list[str], language: str) -> None:
    model = Scripted(words(*pieces), words(*pieces))
    events = asyncio.run(answered(model, language=language))
    assert not called(events)
    assert not claims_action(spoken(events), language, ASKED) or spoken(events).startswith(("I haven't", "我还没有"))
    assert len(model.asked) <= 2
