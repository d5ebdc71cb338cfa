"""The conversation agent: streamed answers, tools called by Home Assistant, and one sensible sentence when it fails."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
import logging

from aiohttp import ClientTimeout
from homeassistant.components import conversation
from homeassistant.components.conversation import ConversationResult, async_get_chat_log
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import CONF_LLM_HASS_API, CONF_PROMPT, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.sotto import client, coordinator
from custom_components.sotto.const import SUBENTRY_CONVERSATION
from tests.integration.household import House
from tests.integration.scripted_answer import Step
from tests.integration.scripted_server import (
    Break,
    Call,
    Fail,
    Hang,
    ScriptedServer,
    Text,
    Wait,
    calls,
    refuses,
    says,
)
from tests.integration.sessions import open_session
from tests.integration.talking import AGENT, Talk
from tests.integration.waiting import until_state

KITCHEN = "assist_satellite.kitchen_satellite"


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant, house: House, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "intent", {})


@pytest.fixture
def talk(hass: HomeAssistant, house: House) -> Talk:
    return Talk(hass, house)


def said(result: ConversationResult) -> str:
    return str(result.response.speech["plain"]["speech"])


async def test_an_answer_is_streamed_as_it_is_written(talk: Talk, server: ScriptedServer) -> None:
    server.plays(says("It is ", "21 degrees."))
    result = await talk.say("how warm is it")
    assert said(result) == "It is 21 degrees."
    assert talk.deltas == [{"role": "assistant", "content": "It is "}, {"content": "21 degrees."}]
    assert result.response.response_type.value == "action_done"
    assert not result.continue_conversation


async def test_a_call_is_executed_and_the_answer_follows_its_result(
    talk: Talk, house: House, server: ScriptedServer
) -> None:
    server.plays(calls("intent__HassTurnOn", name="night lamp"), says("Turned on the light."))
    result = await talk.say("light please")
    assert house.state("light.bed_lamp") == "on"
    assert said(result) == "Turned on the light."
    user, called, told = server.requests[1].body["messages"]
    assert user == {"role": "user", "content": "light please"}
    assert called["tool_calls"][0]["function"]["name"] == "intent__HassTurnOn"
    assert told["tool_call_id"] == called["tool_calls"][0]["id"]
    assert '"error":false' in told["content"]


async def test_words_before_a_call_are_streamed_and_kept(talk: Talk, house: House, server: ScriptedServer) -> None:
    server.plays(
        [Text("One moment. "), Call("intent__HassTurnOn", {"name": "Bed lamp"}, call_id="a")], says("It is on.")
    )
    await talk.say("light please")
    assert house.state("light.bed_lamp") == "on"
    assert talk.streamed == "One moment. It is on."


async def test_a_call_that_fails_is_told_the_model_and_not_the_user(talk: Talk, server: ScriptedServer) -> None:
    server.plays(calls("intent__HassTurnOn", name="banana"), says("There is no banana."))
    assert said(await talk.say("turn on the banana")) == "There is no banana."
    assert '"error":true' in server.requests[1].body["messages"][-1]["content"]


async def test_a_call_of_an_agent_that_only_talks_is_a_failure_and_not_the_end(
    hass: HomeAssistant, entry: MockConfigEntry, talk: Talk, house: House, server: ScriptedServer
) -> None:
    agent = next(each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_CONVERSATION)
    hass.config_entries.async_update_subentry(entry, agent, data={**agent.data, CONF_LLM_HASS_API: []})
    await hass.async_block_till_done()
    server.plays(calls("intent__HassTurnOn", name="night lamp"))
    result = await talk.say("light please")
    assert said(result) == "Sorry, something went wrong."
    assert result.response.error_code == "failed_to_handle"
    assert house.state("light.bed_lamp") == "off"


async def test_the_server_writes_the_prompt_from_what_the_home_is_now(
    talk: Talk, house: House, server: ScriptedServer
) -> None:
    server.plays(says("Yes."))
    await talk.say("is the kettle on", at=KITCHEN, language="zh-CN", told="The doorbell has just rung.")
    body = server.requests[0].body
    sotto = body["sotto"]
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert sotto["home"] in server.homes
    assert sotto["device"] == house.device(KITCHEN)
    assert sotto["language"] == "zh-CN"
    assert sotto["prompt"]["context"] == "The doorbell has just rung."
    assert sotto["prompt"]["conversation"] == talk.conversation_id
    assert sotto["prompt"]["states"]["switch.kettle"]["state"] == "off"
    names = [tool["function"]["name"] for tool in body["tools"]]
    assert names == sorted(names)
    assert "intent__HassTurnOn" in names


async def test_instructions_may_be_a_template_with_the_users_name(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer, hass_admin_user: MockUser
) -> None:
    agent = next(each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_CONVERSATION)
    told = "Speak to {{ user_name }} in {{ ha_name }} like a butler."
    hass.config_entries.async_update_subentry(entry, agent, data={**agent.data, CONF_PROMPT: told})
    await hass.async_block_till_done()
    server.plays(calls("homeassistant__GetLiveContext"), says("Certainly."))
    context = Context(user_id=hass_admin_user.id)
    await conversation.async_converse(hass, "is the kettle on", None, context, "en", AGENT)
    for request in server.requests:
        said = request.body["sotto"]["prompt"]["instructions"]
        assert said == f"Speak to {hass_admin_user.name} in test home like a butler."


async def test_the_home_is_told_with_its_names_and_places(talk: Talk, house: House, server: ScriptedServer) -> None:
    server.plays(says("Yes."))
    await talk.say("hello")
    home = server.homes[server.requests[0].body["sotto"]["home"]]
    entities = {entity["entity_id"]: entity for entity in home["entities"]}
    assert "switch.boiler" not in entities
    lamp = entities["light.bed_lamp"]
    assert {lamp["name"], *lamp["aliases"]} == {"Bed lamp", "night lamp", "台灯"}
    assert lamp["area_id"] in {area["area_id"] for area in home["areas"] if area["name"] == "Bedroom"}
    assert entities["cover.garage_door"]["device_class"] == "garage"
    assert home["device_areas"][house.device(KITCHEN)]


async def test_the_home_is_told_again_only_when_a_name_changes(
    hass: HomeAssistant, talk: Talk, server: ScriptedServer
) -> None:
    server.plays(says("Yes."), says("Yes."), says("Yes."))
    await talk.say("hello")
    told = len(server.of("/api/home"))
    await hass.services.async_call("light", "turn_on", {"entity_id": "light.bed_lamp"}, blocking=True)
    await talk.say("hello again")
    assert len(server.of("/api/home")) == told
    er.async_get(hass).async_update_entity("light.bed_lamp", name="Reading lamp")
    await hass.async_block_till_done()
    await talk.say("and again")
    assert len(server.of("/api/home")) == told + 1


async def test_a_server_that_forgot_the_home_is_told_again_and_answers(talk: Talk, server: ScriptedServer) -> None:
    server.plays(says("One."), says("Two."))
    await talk.say("hello")
    server.homes.clear()
    assert said(await talk.say("hello")) == "Two."


async def test_what_was_said_before_is_known(talk: Talk, server: ScriptedServer) -> None:
    server.plays(says("The kettle?"), says("It is off."))
    asked = await talk.say("is it on")
    assert asked.continue_conversation
    await talk.say("yes, the kettle")
    assert [message["content"] for message in server.requests[1].body["messages"]] == [
        "is it on",
        "The kettle?",
        "yes, the kettle",
    ]


async def test_what_home_assistant_did_itself_is_in_the_history(
    hass: HomeAssistant, talk: Talk, server: ScriptedServer
) -> None:
    server.plays(says("It is on."))
    with open_session(hass, talk.conversation_id) as session:
        talk.conversation_id = session.conversation_id
        user_input = conversation.ConversationInput(
            "turn on the kettle", Context(), session.conversation_id, None, None, "en", AGENT
        )
        with async_get_chat_log(hass, session, user_input) as chat_log:
            response = await conversation.async_handle_intents(hass, user_input, chat_log)
            assert response is not None
            chat_log.async_add_assistant_content_without_tools(
                conversation.AssistantContent(AGENT, response.speech["plain"]["speech"])
            )
    await talk.say("is it on now")
    roles = [message["role"] for message in server.requests[0].body["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    called = server.requests[0].body["messages"][1]["tool_calls"][0]["function"]["name"]
    assert called == "HassTurnOn"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Sorry, I cannot reach Sotto right now."), ("zh-CN", "抱歉，现在连接不上 Sotto。")],
)
async def test_a_server_that_is_gone_is_said_in_the_users_language(
    talk: Talk, server: ScriptedServer, language: str, sentence: str
) -> None:
    await server.stop()
    result = await talk.say("hello", language=language)
    assert said(result) == sentence
    assert result.response.error_code == "failed_to_handle"


async def test_an_answer_that_breaks_off_ends_in_one_sentence(talk: Talk, server: ScriptedServer) -> None:
    server.plays([Text("The first thing is"), Break()])
    result = await talk.say("tell me")
    assert said(result) == "The first thing is Sorry, I lost the connection to Sotto. Please ask again."
    assert talk.streamed == said(result)
    assert result.response.error_code == "failed_to_handle"


@pytest.mark.parametrize("before", [[], [Text("The first thing is")]])
async def test_a_server_that_hangs_is_given_up_when_signs_of_life_are_missing(
    talk: Talk, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, before: list[Step]
) -> None:
    """As one whose machine swaps, or has lost its network: nothing is closed, and nothing comes."""
    monkeypatch.setattr(client, "STREAMED", ClientTimeout(sock_read=0.1))
    server.plays([*before, Hang()])
    result = await talk.say("tell me")
    assert said(result).endswith("Sorry, I lost the connection to Sotto. Please ask again." if before else "right now.")
    assert result.response.error_code == "failed_to_handle"


async def test_nobody_waits_twice_for_a_server_that_is_known_to_be_away(
    hass: HomeAssistant, talk: Talk, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked who it is, for a moment, before it is told anything."""
    monkeypatch.setattr(coordinator, "SOON", ClientTimeout(total=0.1))
    await server.followed()
    await server.stop()
    await until_state(hass, AGENT, STATE_UNAVAILABLE)
    server.instead["/api/info"] = Hang()
    await server.start()
    server.plays(says("Well."))
    assert said(await talk.say("hello")) == "Sorry, I cannot reach Sotto right now."
    assert not server.requests
    del server.instead["/api/info"]
    assert said(await talk.say("hello")) == "Well."


async def test_an_answer_without_words_is_silence_and_nothing_of_what_was_said_is_logged(
    talk: Talk, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant itself logs the user's words where an agent has added nothing."""
    caplog.set_level(logging.INFO)
    server.plays([], calls("homeassistant__GetLiveContext"), [], says("Well."))
    for _ in range(2):
        result = await talk.say("tell me the secret")
        assert said(result) == ""
        assert result.response.response_type.value == "action_done"
    assert len(server.requests) == 3
    assert "secret" not in caplog.text
    assert said(await talk.say("tell me more")) == "Well."


async def test_after_a_broken_answer_the_next_one_is_whole(talk: Talk, server: ScriptedServer) -> None:
    server.plays([Text("The first"), Break()], says("Well."))
    await talk.say("tell me")
    assert said(await talk.say("tell me again")) == "Well."


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("engine-loading", "I am still waking up. Please ask again in a moment."),
        ("engine-unavailable", "Sorry, my language model is not available right now."),
        ("overloaded", "Sorry, I am too busy right now. Please ask again in a moment."),
        ("internal-error", "Sorry, something went wrong."),
    ],
)
async def test_what_the_server_refuses_is_said_in_plain_words(
    talk: Talk, server: ScriptedServer, code: str, sentence: str
) -> None:
    server.plays(refuses(code))
    assert said(await talk.say("hello")) == sentence


async def test_a_failure_in_the_middle_is_said_after_what_was_said(talk: Talk, server: ScriptedServer) -> None:
    server.plays([Text("Well, "), Fail("remote-failed")])
    assert said(await talk.say("hello")) == "Well, Sorry, my language model is not available right now."


async def test_a_token_that_is_refused_is_asked_for_anew(
    hass: HomeAssistant, talk: Talk, server: ScriptedServer
) -> None:
    server.token = "another"
    assert "sign in to it again" in said(await talk.say("hello"))
    await hass.async_block_till_done()
    flows = hass.config_entries.flow.async_progress_by_handler("sotto")
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_a_model_that_only_calls_is_stopped(talk: Talk, server: ScriptedServer) -> None:
    server.otherwise = calls("homeassistant__GetLiveContext")
    result = await talk.say("hello")
    assert said(result) == "Sorry, I could not finish this."
    assert len(server.requests) == 10


async def test_a_chinese_sentence_is_spoken_while_the_model_pauses_and_kept_without_blanks(
    talk: Talk, server: ScriptedServer
) -> None:
    paused = asyncio.Event()
    server.plays([Text("客厅的灯开着。"), Wait(paused), Text("卧室的灯关着。")], says("好。"))
    answering = asyncio.create_task(talk.say("哪些灯开着", language="zh-CN"))
    async with asyncio.timeout(10):
        while len(talk.streamed) <= 60:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    paused.set()
    await answering
    await talk.say("谢谢", language="zh-CN")
    assert server.requests[1].body["messages"][1]["content"] == "客厅的灯开着。 卧室的灯关着。"


async def test_nothing_private_is_logged(talk: Talk, server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server.plays(says("The password is swordfish."), refuses("internal-error"))
    await talk.say("tell me the secret")
    await talk.say("tell me the secret again")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.sotto")]
    assert not [line for line in ours if "swordfish" in line or "secret" in line or server.token in line]


async def test_while_the_user_speaks_the_prompt_is_evaluated(
    hass: HomeAssistant, talk: Talk, server: ScriptedServer
) -> None:
    await server.asked(1, "/api/prefill")  # at the start
    server.plays(says("Yes?"))
    await talk.say("hello")
    agent = conversation.async_get_agent(hass, AGENT)
    assert agent is not None
    await agent.async_prepare("en")
    body = server.prefills[1].body
    assert [message["content"] for message in body["messages"]] == ["hello", "Yes?"]
    assert body["sotto"]["prompt"]["conversation"] == talk.conversation_id
    assert body["sotto"]["home"] == server.requests[0].body["sotto"]["home"]


async def test_a_prompt_that_cannot_be_evaluated_ahead_bothers_nobody(
    hass: HomeAssistant, server: ScriptedServer
) -> None:
    agent = conversation.async_get_agent(hass, AGENT)
    assert agent is not None
    await server.stop()
    await agent.async_prepare("en")


async def test_what_was_not_meant_for_us_has_no_answer_and_is_not_gone_on_with(
    talk: Talk, server: ScriptedServer
) -> None:
    server.plays([], says("Because."))
    result = await talk.say("police are looking for a man in a grey coat", at=KITCHEN)
    assert (said(result), result.response.error_code, talk.streamed) == ("", None, "")
    await talk.say("why does bread rise")
    assert [message["content"] for message in server.requests[1].body["messages"]] == ["why does bread rise"]
