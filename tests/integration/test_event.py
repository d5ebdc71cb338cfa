"""An event for each turn of an agent: how it ended and what it took, without a word of it."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

from homeassistant.components import automation, conversation
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.sotto.client import Figures
from custom_components.sotto.const import DOMAIN, SUBENTRY_CONVERSATION
from custom_components.sotto.turn import Outcome, Turn, turn_signal
from tests.integration.household import House
from tests.integration.scripted_answer import calls, refuses, says
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import pass_time

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "integration.md"

AGENT = "conversation.sotto"
TURNS = "event.sotto_conversation_turn"

FIGURES = {
    "first_token_s": 0.25,
    "tokens_per_s": 20.0,
    "prompt_tokens": 100,
    "reused_tokens": 90,
    "completion_tokens": 7,
}
NO_FIGURES = dict.fromkeys(FIGURES)


def _state(hass: HomeAssistant) -> State:
    state = hass.states.get(TURNS)
    assert state is not None
    return state


def _told(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the event says, but for how long it took, and what belongs to every event."""
    told = dict(_state(hass).attributes)
    assert told.pop("event_types") == ["answered", "acted", "asked", "ignored", "failed"]
    assert told.pop("friendly_name") == "Sotto Conversation turn"
    assert told.pop("total_s") >= (told.pop("first_text_s") or 0) >= 0
    return told


async def _say(hass: HomeAssistant, text: str, language: str = "en") -> None:
    await conversation.async_converse(hass, text, None, Context(), language=language, agent_id=AGENT)
    await hass.async_block_till_done()


async def test_it_stands_beside_the_agent_on_its_device(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    (agent,) = entry.get_subentries_of_type(SUBENTRY_CONVERSATION)
    device = device_registry.async_get_device_by_identifier((DOMAIN, agent.subentry_id), entry.entry_id)
    assert device is not None
    on_it = er.async_entries_for_device(entity_registry, device.id)
    assert {each.entity_id for each in on_it} == {AGENT, TURNS}
    assert {each.config_subentry_id for each in on_it} == {agent.subentry_id}
    assert _state(hass).state == STATE_UNKNOWN


@pytest.mark.usefixtures("house", "entry")
async def test_an_answer_in_words(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays(says("It is ", "on."))
    await _say(hass, "is the bed lamp on?", "zh-CN")
    assert _told(hass) == {
        "event_type": "answered",
        "language": "zh-CN",
        "error": None,
        "tools": 0,
        "rounds": 1,
        **FIGURES,
    }


@pytest.mark.usefixtures("entry")
async def test_a_turn_that_acted(hass: HomeAssistant, house: House, server: ScriptedServer) -> None:
    server.plays(calls("intent__HassTurnOn", name="Bed lamp"), says("Done."))
    await _say(hass, "it is too dark to read")
    assert house.state("light.bed_lamp") == "on"
    assert _told(hass) == {"event_type": "acted", "language": "en", "error": None, "tools": 1, "rounds": 2, **FIGURES}


@pytest.mark.usefixtures("house", "entry")
async def test_a_turn_that_failed_tells_by_which_code(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays(refuses("engine-loading"))
    await _say(hass, "hello")
    assert _told(hass) == {
        "event_type": "failed",
        "language": "en",
        "error": "engine-loading",
        "tools": 0,
        "rounds": 1,
        **NO_FIGURES,
    }


@pytest.mark.usefixtures("house", "entry")
async def test_a_turn_fails_also_while_the_server_is_away(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.stop()
    await _say(hass, "hello")
    assert _told(hass)["event_type"] == "failed"
    assert _told(hass)["error"] == "cannot_connect"


@pytest.mark.usefixtures("house", "entry")
async def test_no_word_and_no_name_is_in_it(hass: HomeAssistant, server: ScriptedServer) -> None:
    server.plays(calls("intent__HassTurnOn", name="Bed lamp"), says("The bed lamp shines."))
    await _say(hass, "light up the bed lamp")
    written = str(_state(hass).as_dict()).lower()
    assert not [word for word in ("lamp", "shine", "light", "turnon") if word in written]


async def test_an_agent_hears_of_its_own_turns_alone_also_when_it_is_called_otherwise(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    def turn(agent: str) -> Turn:
        return Turn(
            agent=agent,
            outcome=Outcome.ASKED,
            language="en",
            error=None,
            tools=0,
            rounds=1,
            first_text_s=0.5,
            total_s=1.5,
            figures=Figures(first_token_s=0.4),
        )

    entity_registry.async_update_entity(AGENT, new_entity_id="conversation.butler")
    async_dispatcher_send(hass, turn_signal(entry), turn("conversation.of_another_agent"))
    assert _state(hass).state == STATE_UNKNOWN
    async_dispatcher_send(hass, turn_signal(entry), turn("conversation.butler"))
    assert _state(hass).attributes["event_type"] == "asked"
    assert _state(hass).attributes["total_s"] == 1.5


@pytest.mark.usefixtures("house", "entry")
async def test_the_automation_in_the_documentation_tells_of_two_failures_in_a_row(
    hass: HomeAssistant, server: ScriptedServer
) -> None:
    told = async_mock_service(hass, "notify", "notify")
    (example,) = re.findall(r"```yaml\n(automation:.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    config = parse_yaml(example)
    assert isinstance(config, dict)
    assert await async_setup_component(hass, automation.DOMAIN, config)
    server.plays(refuses("engine-loading"), says("Yes."), refuses("overloaded"), refuses("engine-loading"))
    for _ in range(3):
        await _say(hass, "are you there?")
    assert told == []
    await _say(hass, "are you there?")
    assert [call.data["message"] for call in told] == ["The assistant failed twice, at last with engine-loading."]


async def test_the_last_turn_is_known_after_a_restart(
    hass: HomeAssistant, house: House, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    server.plays(says("Yes."))
    await _say(hass, "are you there?")
    before = _state(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 0)
    assert _state(hass).state == before.state
    assert _state(hass).attributes["event_type"] == "answered"
