"""What the server is told of calls is what became of them: it tells the user, without asking a model once more."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
import json
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.household import House
from tests.integration.scripted_answer import Step
from tests.integration.scripted_server import Break, ScriptedServer, calls, refuses, says

LIGHTS = ("light.bed_lamp", "light.ceiling_light", "light.kitchen_light")


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant, house: House, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "intent", {})


async def told(hass: HomeAssistant, server: ScriptedServer, tool: str, **args: Any) -> dict[str, Any]:
    """Have a tool called, and return what the server is told of it."""
    server.plays(calls(tool, **args), says("Well."))
    await conversation.async_converse(hass, "go on", None, Context(), "en", "conversation.sotto")
    result: dict[str, Any] = json.loads(server.requests[-1].body["messages"][-1]["content"])
    return result


def names(targets: list[dict[str, Any]]) -> set[str]:
    return {target["id"] for target in targets if target["type"] == "entity"}


@pytest.mark.parametrize("broken", LIGHTS)
async def test_no_lamp_that_is_on_is_said_to_have_failed_nor_the_other_way_round(
    hass: HomeAssistant, house: House, server: ScriptedServer, broken: str
) -> None:
    """One fails at once, while the others take a moment: Home Assistant has the results in another order then."""
    failed = asyncio.Event()

    async def fail(**_: Any) -> None:
        failed.set()
        raise HomeAssistantError("it has no power")

    for entity_id in LIGHTS:
        thing = house.things[entity_id]

        async def turn_on(thing: Any = thing, **_: Any) -> None:
            await failed.wait()
            thing.become(is_on=True)

        thing.async_turn_on = fail if entity_id == broken else turn_on  # type: ignore[attr-defined]
    result = await told(hass, server, "intent__HassTurnOn", domain="light")
    assert [house.state(entity_id) for entity_id in LIGHTS].count("on") == 2
    assert result["data"]["response_type"] == "partial_action_done" or result["data"]["data"]["failed"]
    assert names(result["data"]["data"]["failed"]) <= {broken}
    assert broken not in names(result["data"]["data"]["success"])


async def test_where_all_have_failed_they_are_named(hass: HomeAssistant, house: House, server: ScriptedServer) -> None:
    async def fail(**_: Any) -> None:
        raise HomeAssistantError("it has no power")

    house.things["light.kitchen_light"].async_turn_on = fail  # type: ignore[attr-defined]
    result = await told(hass, server, "intent__HassTurnOn", area="Kitchen", domain="light")
    assert names(result["data"]["data"]["failed"]) == {"light.kitchen_light"}
    assert not names(result["data"]["data"]["success"])


@pytest.mark.parametrize("then", [[Break()], refuses("engine-failed")])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Something was done, but I cannot tell what came of it. Please check."),
        ("zh-CN", "操作已经执行，但我没能得知结果，请检查一下。"),
    ],
)
async def test_when_the_server_is_lost_after_an_action_that_is_not_said_to_be_undone(
    hass: HomeAssistant, house: House, server: ScriptedServer, then: list[Step], language: str, sentence: str
) -> None:
    server.plays(calls("intent__HassTurnOn", name="night lamp"), then)
    result = await conversation.async_converse(hass, "go on", None, Context(), language, "conversation.sotto")
    assert house.state("light.bed_lamp") == "on"
    assert result.response.speech["plain"]["speech"] == sentence
    assert result.response.error_code == "failed_to_handle"


@pytest.mark.parametrize(
    "tool", [("homeassistant__GetLiveContext", {}), ("intent__HassTurnOn", {"name": "banana"})], ids=["look", "failure"]
)
async def test_nor_is_anything_said_to_be_done_where_nothing_was(
    hass: HomeAssistant, server: ScriptedServer, tool: tuple[str, dict[str, Any]]
) -> None:
    server.plays(calls(tool[0], **tool[1]), [Break()])
    result = await conversation.async_converse(hass, "go on", None, Context(), "en", "conversation.sotto")
    assert result.response.speech["plain"]["speech"] == "Sorry, I cannot reach Sotto right now."


async def test_a_tool_that_is_there_no_more_has_failed(
    hass: HomeAssistant, house: House, server: ScriptedServer
) -> None:
    """It may vanish between the question and the yes."""
    result = await told(hass, server, "intent__HassVanished", name="night lamp")
    assert result["error"] is True
