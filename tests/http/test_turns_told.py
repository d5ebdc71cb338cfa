"""Turns of the integration: told from its chats, with what the model took of them; other clients' are nobody's."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.http.assist import Assist, assist_tools, done, send_home
from tests.http.scripted_model import ScriptedModel, calling, saying
from wyoming_servers.conversation.engine import ToolCall
from wyoming_servers.errors import EngineError
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Entity
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.turns.turn import Exchange, Outcome, Request


def thing(entity_id: str) -> Entity:
    entity = DEMO_HOUSE.entity(entity_id)
    assert entity is not None
    return entity


LAMP_ON = ToolCall("HassTurnOn", {"name": "Desk Lamp"}, "call_0")
LOOK = ToolCall("GetLiveContext", {"name": "Bed Light"}, "call_1")


@pytest.fixture
async def assist(http: aiohttp.ClientSession) -> Assist:
    return Assist(http, await send_home(http), assist_tools())


async def told(http: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with http.get("/api/turns") as response:
        return list((await response.json())["turns"])


async def test_an_answer_is_a_turn_with_what_the_model_took_of_it(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [saying("I am ", "fine.")]
    await assist.says("how are you")
    (turn,) = await told(assist.http)
    assert (turn["kind"], turn["outcome"], turn["said"], turn["answered"]) == (
        "typed",
        "answered",
        "how are you",
        "I am fine.",
    )
    stages = {each["stage"]: each for each in turn["stages"]}
    whole, llm = stages["conversation"], stages["llm"]
    assert whole["from_s"] <= llm["from_s"] <= llm["first_s"]
    assert llm["to_s"] <= whole["to_s"]
    assert (llm["engine"], llm["note"]) == ("scripted parrot", "40 + 2 tokens")


async def test_an_action_and_what_is_said_of_it_are_one_turn(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [calling(LAMP_ON), saying("Fine.")]
    answer = await assist.says("make it cosy")
    await assist.did(answer.calls, done(thing("light.desk_lamp")))
    (turn,) = await told(assist.http)
    assert (turn["outcome"], turn["answered"]) == ("done", "Turned on the light")
    assert [each["stage"] for each in turn["stages"]] == ["conversation", "llm", "conversation"]


async def test_a_look_at_the_home_is_no_deed(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [calling(LOOK), saying("It is off.")]
    answer = await assist.says("is there light at the bed")
    await assist.did(answer.calls, {"success": True, "result": "off"})
    (turn,) = await told(assist.http)
    assert (turn["outcome"], turn["answered"]) == ("answered", "It is off.")


async def test_a_model_that_fails_is_told_by_its_code(assist: Assist, model: ScriptedModel) -> None:
    model.scripts = [[EngineError("It broke.")]]
    async with assist.http.post("/v1/chat/completions", json={**assist.body(), **_asking("hello")}) as response:
        assert response.status == 500
    (turn,) = await told(assist.http)
    assert (turn["outcome"], turn["stages"][-1]["note"]) == ("error", "engine-failed")


async def test_other_clients_chats_are_nobodys_turns(http: aiohttp.ClientSession) -> None:
    async with http.post("/v1/chat/completions", json=_asking("hello")) as response:
        assert response.status == 200
    assert await told(http) == []


async def test_what_a_satellite_heard_and_the_integration_asks_is_one_turn(
    door: HttpDoor, assist: Assist, model: ScriptedModel
) -> None:
    log = door._turns
    now_s = log.clock()
    heard = Exchange(Request.TRANSCRIPT, now_s - 1, now_s, outcome=Outcome.HEARD, said="how are you", language="en")
    log.add(heard)
    model.scripts = [saying("I am ", "fine.")]
    await assist.says("how are you")
    (turn,) = await told(assist.http)
    assert (turn["kind"], turn["outcome"]) == ("spoken", "answered")


def _asking(words: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": words}]}
