"""What the server tells of its model and of its last answer, as sensors."""

from __future__ import annotations

from typing import Any

from homeassistant.components.sensor import ATTR_OPTIONS
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.const import DOMAIN
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import pass_time, state_of, until_state

MODEL = "sensor.sotto_test_language_model"
STATE = "sensor.sotto_test_language_model_state"
DOCUMENTS = "sensor.sotto_test_documents"
PLACE = "sensor.sotto_test_language_model_computes_on"
FIRST_TOKEN = "sensor.sotto_test_time_to_first_token"
SPEED = "sensor.sotto_test_generation_speed"
REUSED = "sensor.sotto_test_prompt_evaluated_ahead"
REQUESTS = "sensor.sotto_test_requests_in_progress"

LATEST = {
    "first_token_s": 0.314,
    "tokens_per_s": 21.54,
    "prompt_tokens": 2000,
    "reused_tokens": 1970,
    "completion_tokens": 14,
}


def _model(**changes: Any) -> dict[str, Any]:
    return {
        "engine": "llama_cpp",
        "model": "qwen3-4b",
        "state": "ready",
        "detail": "CUDA, 29 of 29 layers",
        "context_tokens": 8192,
        "restarts": 0,
        "vision": False,
        **changes,
    }


@pytest.fixture
async def all_enabled(hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry) -> None:
    """Enable what is disabled at first, as a user does."""
    for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        entity_registry.async_update_entity(each.entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_the_model_is_shown_and_its_figures_are_for_those_who_want_them(
    entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    shown = {
        each.entity_id: not each.disabled
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if each.domain == "sensor"
    }
    assert shown == {
        STATE: True,
        MODEL: True,
        DOCUMENTS: True,
        PLACE: False,
        FIRST_TOKEN: False,
        SPEED: False,
        REUSED: False,
        REQUESTS: False,
    }


async def test_all_are_diagnostic_and_on_the_servers_device(
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    server: ScriptedServer,
) -> None:
    device = device_registry.async_get_device_by_identifier((DOMAIN, server.id), entry.entry_id)
    assert device is not None
    assert (device.name, device.sw_version) == (server.name, server.version)
    sensors = er.async_entries_for_device(entity_registry, device.id, include_disabled_entities=True)
    assert len(sensors) == 8
    assert {each.entity_category for each in sensors} == {EntityCategory.DIAGNOSTIC}
    assert all(each.unique_id.startswith(f"{server.id}-") for each in sensors)


@pytest.mark.usefixtures("all_enabled")
async def test_they_follow_what_the_server_tells(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.tell(model=_model(), latest=LATEST, running=1, waiting=2)
    await until_state(hass, REQUESTS, "3")
    assert {
        entity_id: state_of(hass, entity_id) for entity_id in (MODEL, STATE, PLACE, FIRST_TOKEN, SPEED, REUSED)
    } == {
        MODEL: "qwen3-4b",
        STATE: "ready",
        PLACE: "CUDA, 29 of 29 layers",
        FIRST_TOKEN: "0.314",
        SPEED: "21.54",
        REUSED: "98.5",
    }


@pytest.mark.usefixtures("all_enabled")
async def test_before_the_first_answer_its_figures_are_unknown(hass: HomeAssistant) -> None:
    assert {state_of(hass, entity_id) for entity_id in (FIRST_TOKEN, SPEED, REUSED)} == {STATE_UNKNOWN}
    assert state_of(hass, REQUESTS) == "0"


@pytest.mark.usefixtures("all_enabled")
async def test_a_server_without_a_model(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.tell(model=None)
    await until_state(hass, STATE, "none")
    assert {state_of(hass, entity_id) for entity_id in (MODEL, PLACE)} == {STATE_UNKNOWN}


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("model_state", ["loading", "asleep", "failed"])
async def test_only_a_ready_model_computes_somewhere(
    hass: HomeAssistant, server: ScriptedServer, model_state: str
) -> None:
    await server.followed()
    await server.tell(model=_model(state=model_state, detail="of the state"))
    await until_state(hass, STATE, model_state)
    assert state_of(hass, PLACE) == STATE_UNKNOWN


@pytest.mark.usefixtures("entry")
async def test_a_state_of_a_later_version_is_unknown_and_no_error(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.tell(model=_model(state="dreaming"))
    await until_state(hass, STATE, STATE_UNKNOWN)
    state = hass.states.get(STATE)
    assert state is not None
    assert state.attributes[ATTR_OPTIONS] == ["loading", "ready", "asleep", "failed", "none"]


@pytest.mark.usefixtures("all_enabled")
async def test_a_name_that_no_state_can_hold_is_cut(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.tell(model=_model(model="q" * 300, detail="d" * 300))
    await until_state(hass, MODEL, "q" * 255)
    assert state_of(hass, PLACE) == "d" * 255


@pytest.mark.usefixtures("entry")
async def test_they_are_unavailable_while_the_server_is_away(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.stop()
    await until_state(hass, MODEL, STATE_UNAVAILABLE)
    await server.start()
    await pass_time(hass, 1)
    await until_state(hass, MODEL, "parrot")


async def test_it_is_told_at_once_when_there_is_another_document(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer
) -> None:
    assert state_of(hass, DOCUMENTS) == "0"
    await server.followed()
    server.documents.put("Lease.md", b"Pay.")
    await server.tell()
    await until_state(hass, DOCUMENTS, "1")
