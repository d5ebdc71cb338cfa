"""Diagnostics, which people attach to public reports: what helps, and nothing that is private."""

from __future__ import annotations

import json
from typing import Any

from homeassistant.components import conversation
from homeassistant.const import CONF_PROMPT, CONF_TOKEN
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, floor_registry as fr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.sotto.const import SUBENTRY_CONVERSATION
from tests.integration.household import House
from tests.integration.scripted_answer import Fail, says
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import until, until_state

PROMPT = "Grandma Ilse lives here. The safe's code is 4711."
MODEL_STATE = "sensor.sotto_test_language_model_state"


@pytest.fixture
def download(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Any:
    """Return what downloads the diagnostics as the frontend does: the whole file, what Home Assistant adds included."""

    async def get(entry: MockConfigEntry) -> Any:
        assert await async_setup_component(hass, "diagnostics", {})
        await hass.async_block_till_done()
        response = await (await hass_client()).get(f"/api/diagnostics/config_entry/{entry.entry_id}")
        return await response.json()

    return get


def _instruct(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    (agent,) = entry.get_subentries_of_type(SUBENTRY_CONVERSATION)
    hass.config_entries.async_update_subentry(
        entry, agent, title="Ilse's butler", data={**agent.data, CONF_PROMPT: PROMPT}
    )


def _secrets(hass: HomeAssistant, house: House, server: ScriptedServer) -> set[str]:
    """Return the names, ids and secrets of the house, of its rooms and of its people."""
    areas, floors = ar.async_get(hass).async_list_areas(), fr.async_get(hass).async_list_floors()
    names = {name for area in areas for name in (area.name, *area.aliases)}
    names |= {name for floor in floors for name in (floor.name, *floor.aliases)}
    names |= {state.name for state in hass.states.async_all() if state.entity_id in house.things}
    said = {"Ilse", "4711", "butler", "how is the safe opened", "never to be told"}
    return names | {*house.things, "night lamp", "台灯", "127.0.0.1", server.token, server.id, server.name} | said


async def test_nothing_private_is_in_them(
    hass: HomeAssistant, house: House, new_entry: MockConfigEntry, server: ScriptedServer, download: Any
) -> None:
    _instruct(hass, new_entry)
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    server.plays(says("It is never to be told."))
    await conversation.async_converse(
        hass, "how is the safe opened", None, Context(), agent_id="conversation.ilse_s_butler"
    )
    assert server.model is not None
    await server.tell(model={**server.model, "state": "failed", "detail": "/home/ilse/llm is empty."})
    await until_state(hass, MODEL_STATE, "failed")
    told = json.dumps(await download(new_entry), ensure_ascii=False).lower()
    assert "model_failed" in told
    found = {secret for secret in _secrets(hass, house, server) if secret.lower() in told}
    assert found == set()
    await hass.config_entries.async_unload(new_entry.entry_id)


async def test_what_helps_is_in_them(
    hass: HomeAssistant, house: House, entry: MockConfigEntry, server: ScriptedServer, download: Any
) -> None:
    await server.followed()
    told = (await download(entry))["data"]
    conversation_agent, ai_task = told["subentries"]
    assert told["integration_version"] == "0.1.0"
    assert told["entry"] == {
        "state": "loaded",
        "reason": None,
        "version": "1.1",
        "data": {"url": f"http://**REDACTED**:{server.port}", "token": "**REDACTED**"},
        "options": {},
    }
    assert conversation_agent["type"] == "conversation"
    assert conversation_agent["data"]["llm_hass_api"] == ["assist"]
    assert ai_task["type"] == "ai_task_data"
    assert told["home"] == {"floors": 2, "areas": 5, "entities": 10, "device_areas": 11}
    status = told["server"].pop("status")
    assert told["server"] == {
        "reachable": True,
        "following": True,
        "knows_the_home": True,
        "last_error": [],
        "last_error_code": None,
    }
    assert status["version"] == "0.1.0"
    assert status["api"] == 1
    assert status["requests"] == {"running": 0, "waiting": 0}
    assert status["model"]["state"] == "ready"
    assert status["id"] == status["name"] == "**REDACTED**"


async def test_of_the_instructions_only_the_length_is_told(
    hass: HomeAssistant, new_entry: MockConfigEntry, download: Any
) -> None:
    _instruct(hass, new_entry)
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    agent = (await download(new_entry))["data"]["subentries"][0]
    assert agent["data"][CONF_PROMPT] == "**REDACTED**"
    assert agent["prompt_chars"] == len(PROMPT)
    await hass.config_entries.async_unload(new_entry.entry_id)


@pytest.mark.parametrize(
    ("engine", "detail", "told"),
    [
        ("llama_cpp", "CUDA, 29 of 29 layers", "CUDA, 29 of 29 layers"),
        ("llama_cpp", "/home/ilse/llm/a.gguf is no model.", "/home/**REDACTED**/llm/a.gguf is no model."),
        ("openai", "gpu-box:8000", "**REDACTED**"),
    ],
)
async def test_where_the_model_computes_is_told_unless_that_is_a_host(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    server: ScriptedServer,
    download: Any,
    engine: str,
    detail: str,
    told: str,
) -> None:
    await server.followed()
    assert server.model is not None
    await server.tell(model={**server.model, "engine": engine, "state": "failed", "detail": detail})
    await until_state(hass, MODEL_STATE, "failed")
    assert (await download(entry))["data"]["server"]["status"]["model"]["detail"] == told


async def test_a_text_that_a_later_version_adds_is_not_told(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer, download: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {**server.status, "loudest_room": "Kitchen", "rooms": [{"heard": "Good night"}], "floors": 3}
    monkeypatch.setattr(ScriptedServer, "status", later)
    await server.followed()
    await server.tell()
    await until(hass, lambda: "rooms" in entry.runtime_data.data.raw)
    status = (await download(entry))["data"]["server"]["status"]
    assert status["loudest_room"] == "**REDACTED**"
    assert status["rooms"] == [{"heard": "**REDACTED**"}]
    assert status["floors"] == 3


async def test_a_server_that_is_away(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer, download: Any
) -> None:
    await server.followed()
    await server.stop()
    await until_state(hass, MODEL_STATE, "unavailable")
    told = (await download(entry))["data"]["server"]
    assert (told["reachable"], told["following"], told["last_error"]) == (False, True, ["CannotConnectError"])


async def test_a_server_that_refuses_tells_by_which_code(
    hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer, download: Any
) -> None:
    server.instead["/api/status"] = Fail("limit-exceeded")
    await entry.runtime_data.async_refresh()
    told = (await download(entry))["data"]["server"]
    assert told["last_error"] == ["UpdateFailed", "RefusedError"]
    assert told["last_error_code"] == "limit-exceeded"


async def test_an_entry_that_could_not_be_set_up(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, download: Any
) -> None:
    hass.config_entries.async_update_entry(new_entry, data={**new_entry.data, CONF_TOKEN: "an-old-token"})
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    told = (await download(new_entry))["data"]
    assert told["entry"]["state"] == "setup_error"
    assert told["entry"]["reason"] == "invalid_token"
    assert told["server"] is None
    assert "an-old-token" not in json.dumps(told)
