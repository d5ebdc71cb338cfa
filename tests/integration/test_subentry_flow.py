"""Adding and changing agents."""

from __future__ import annotations

from collections.abc import AsyncIterator

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_NAME, CONF_PROMPT, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er, llm
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import (
    CONF_CONFIRM,
    CONF_MAX_TOKENS,
    CONF_PREFILL,
    CONF_RECOMMENDED,
    CONF_TEMPERATURE,
    DEFAULT_AI_TASK_TOKENS,
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    DOMAIN,
    SUBENTRY_AI_TASK,
    SUBENTRY_CONVERSATION,
    Confirm,
)
from tests.integration.dialogs import Dialogs, assert_abort, assert_form, shown
from tests.integration.scripted_server import ScriptedServer


@pytest.fixture
async def dialogs(hass: HomeAssistant, server: ScriptedServer) -> AsyncIterator[Dialogs]:
    async with Dialogs(hass) as opened:
        yield opened


def agent(entry: MockConfigEntry, kind: str = SUBENTRY_CONVERSATION) -> ConfigSubentry:
    """Return the latest agent of a kind."""
    return [each for each in entry.subentries.values() if each.subentry_type == kind][-1]


def entity_of(hass: HomeAssistant, subentry: ConfigSubentry, domain: str = "conversation") -> str | None:
    """Return the id of an agent's entity."""
    return er.async_get(hass).async_get_entity_id(domain, DOMAIN, subentry.subentry_id)


class TestAConversationAgent:
    async def test_is_recommended_as_it_is(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_CONVERSATION)
        assert_form(result, "user")
        assert shown(result) == {
            CONF_NAME: "Sotto",
            CONF_PROMPT: None,
            CONF_LLM_HASS_API: [llm.LLM_API_ASSIST],
            CONF_CONFIRM: Confirm.DESTRUCTIVE,
            CONF_RECOMMENDED: True,
        }

    async def test_is_there_at_once(self, hass: HomeAssistant, dialogs: Dialogs, entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(entry, SUBENTRY_CONVERSATION)
        result = await dialogs.submit_agent(
            result,
            name="Butler",
            prompt="You are the butler.",
            llm_hass_api=["assist"],
            confirm="security",
            recommended=True,
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        made = agent(entry)
        assert made.title == "Butler"
        assert made.data == {
            CONF_PROMPT: "You are the butler.",
            CONF_LLM_HASS_API: ["assist"],
            CONF_CONFIRM: "security",
            CONF_RECOMMENDED: True,
        }
        await hass.async_block_till_done()
        assert entity_of(hass, made) == "conversation.butler"

    async def test_is_gone_at_once(self, hass: HomeAssistant, entry: MockConfigEntry, dialogs: Dialogs) -> None:
        removed = agent(entry)
        entity_id = entity_of(hass, removed)
        assert entity_id is not None
        hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
        await hass.async_block_till_done()
        assert hass.states.get(entity_id) is None
        assert dr.async_get(hass).async_get_device_by_identifier((DOMAIN, removed.subentry_id), entry.entry_id) is None

    async def test_can_be_set_up_in_detail(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_CONVERSATION)
        result = await dialogs.submit_agent(result, name="Butler", confirm="never", recommended=False)
        assert_form(result, "advanced")
        assert shown(result) == {
            CONF_MAX_TOKENS: DEFAULT_MAX_TOKENS,
            CONF_TEMPERATURE: DEFAULT_TEMPERATURE,
            CONF_PREFILL: True,
        }
        await dialogs.submit_agent(result, max_tokens=100.0, temperature=0.5, prefill=False)
        assert agent(new_entry).title == "Butler"
        assert agent(new_entry).data == {
            CONF_CONFIRM: "never",
            CONF_RECOMMENDED: False,
            CONF_MAX_TOKENS: 100,
            CONF_TEMPERATURE: 0.5,
            CONF_PREFILL: False,
        }

    @pytest.mark.parametrize(
        "wrong", [{CONF_MAX_TOKENS: 15}, {CONF_MAX_TOKENS: 16_385}, {CONF_TEMPERATURE: -0.1}, {CONF_TEMPERATURE: 2.1}]
    )
    async def test_has_limits(self, dialogs: Dialogs, new_entry: MockConfigEntry, wrong: dict[str, float]) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_CONVERSATION)
        result = await dialogs.submit_agent(result, name="Butler", confirm="never", recommended=False)
        with pytest.raises(InvalidData):
            await dialogs.submit_agent(result, **{CONF_MAX_TOKENS: 100, CONF_TEMPERATURE: 0.5, **wrong})

    async def test_takes_no_template_that_cannot_be_read(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_CONVERSATION)
        with pytest.raises(InvalidData):
            await dialogs.submit_agent(result, name="Butler", prompt="{{ now(", confirm="never", recommended=True)

    async def test_shows_what_it_has(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_CONVERSATION)
        result = await dialogs.submit_agent(
            result, name="Butler", prompt="Be brief.", llm_hass_api=[], confirm="never", recommended=False
        )
        await dialogs.submit_agent(result, max_tokens=100, temperature=0.5, prefill=False)
        result = await dialogs.change_agent(new_entry, agent(new_entry).subentry_id)
        assert_form(result, "reconfigure")
        assert shown(result) == {
            CONF_PROMPT: "Be brief.",
            CONF_LLM_HASS_API: [],
            CONF_CONFIRM: "never",
            CONF_RECOMMENDED: False,
        }
        result = await dialogs.submit_agent(result, confirm="never", recommended=False)
        assert shown(result) == {CONF_MAX_TOKENS: 100, CONF_TEMPERATURE: 0.5, CONF_PREFILL: False}

    async def test_changes_at_once(
        self, hass: HomeAssistant, dialogs: Dialogs, server: ScriptedServer, entry: MockConfigEntry
    ) -> None:
        entity_id = entity_of(hass, agent(entry))
        assert entity_id is not None
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["supported_features"] == 1, "it controls the house"
        result = await dialogs.change_agent(entry, agent(entry).subentry_id)
        result = await dialogs.submit_agent(result, confirm="never", recommended=True)
        assert_abort(result, "reconfigure_successful")
        assert agent(entry).data == {CONF_CONFIRM: "never", CONF_RECOMMENDED: True}
        await hass.async_block_till_done()
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state != STATE_UNAVAILABLE
        assert state.attributes["supported_features"] == 0, "it only talks"

    async def test_goes_back_to_what_is_recommended(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.change_agent(new_entry, agent(new_entry).subentry_id)
        result = await dialogs.submit_agent(result, confirm="never", recommended=False)
        assert_abort(
            await dialogs.submit_agent(result, max_tokens=100, temperature=0.5, prefill=False), "reconfigure_successful"
        )
        assert agent(new_entry).data[CONF_MAX_TOKENS] == 100
        result = await dialogs.change_agent(new_entry, agent(new_entry).subentry_id)
        await dialogs.submit_agent(result, confirm="never", recommended=True)
        assert agent(new_entry).data == {CONF_CONFIRM: "never", CONF_RECOMMENDED: True}

    async def test_forgets_tools_that_are_there_no_more(
        self, hass: HomeAssistant, dialogs: Dialogs, new_entry: MockConfigEntry
    ) -> None:
        hass.config_entries.async_update_subentry(
            new_entry, agent(new_entry), data={**agent(new_entry).data, CONF_LLM_HASS_API: ["gone", "assist"]}
        )
        result = await dialogs.change_agent(new_entry, agent(new_entry).subentry_id)
        assert shown(result)[CONF_LLM_HASS_API] == ["assist"]


class TestAnAITask:
    async def test_is_recommended_as_it_is(self, hass: HomeAssistant, dialogs: Dialogs, entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(entry, SUBENTRY_AI_TASK)
        assert_form(result, "user")
        assert shown(result) == {CONF_NAME: "Sotto AI task", CONF_RECOMMENDED: True}
        await dialogs.submit_agent(result, name="Reader", recommended=True)
        made = agent(entry, SUBENTRY_AI_TASK)
        assert made.title == "Reader"
        assert made.data == {CONF_RECOMMENDED: True}
        await hass.async_block_till_done()
        assert entity_of(hass, made, "ai_task") == "ai_task.reader"

    async def test_can_be_set_up_in_detail(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        result = await dialogs.add_agent(new_entry, SUBENTRY_AI_TASK)
        result = await dialogs.submit_agent(result, name="Reader", recommended=False)
        assert_form(result, "advanced")
        assert shown(result) == {CONF_MAX_TOKENS: DEFAULT_AI_TASK_TOKENS, CONF_TEMPERATURE: DEFAULT_TEMPERATURE}
        await dialogs.submit_agent(result, max_tokens=4000, temperature=0)
        made = agent(new_entry, SUBENTRY_AI_TASK)
        assert made.data == {CONF_RECOMMENDED: False, CONF_MAX_TOKENS: 4000, CONF_TEMPERATURE: 0}

    async def test_can_be_changed(self, dialogs: Dialogs, new_entry: MockConfigEntry) -> None:
        made = agent(new_entry, SUBENTRY_AI_TASK)
        result = await dialogs.change_agent(new_entry, made.subentry_id)
        assert shown(result) == {CONF_RECOMMENDED: True}
        result = await dialogs.submit_agent(result, recommended=False)
        assert_abort(await dialogs.submit_agent(result, max_tokens=4000, temperature=0), "reconfigure_successful")
        assert agent(new_entry, SUBENTRY_AI_TASK).data[CONF_MAX_TOKENS] == 4000
