"""What is wrong for longer than a moment is an issue, with its remedy; it goes when that is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.repairs import FlowType, repairs_flow_manager
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.client import Info, Model
from custom_components.sotto.const import API_VERSION, DOMAIN
from custom_components.sotto.issues import UNREACHABLE_S, Issue, judged, misfit_of
from tests.integration.scripted_server import ScriptedServer
from tests.integration.waiting import pass_time, until, until_state

MODEL = "sensor.sotto_test_language_model"


@pytest.fixture
def issues(hass: HomeAssistant, new_entry: MockConfigEntry) -> Callable[[], set[str]]:
    """Return what tells which issues there are now, Sotto's and any other's, but for those that are just history."""

    def there() -> set[str]:
        found = ir.async_get(hass).issues.values()
        return {each.issue_id.removesuffix(f"_{new_entry.entry_id}") for each in found if each.active}

    return there


def _issue(hass: HomeAssistant, entry: MockConfigEntry, issue: Issue) -> ir.IssueEntry:
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"{issue}_{entry.entry_id}")
    assert found is not None
    return found


async def _lose(hass: HomeAssistant, server: ScriptedServer) -> None:
    await server.followed()
    await server.stop()
    await until_state(hass, MODEL, "unavailable")


async def _unreachable(hass: HomeAssistant, entry: MockConfigEntry, server: ScriptedServer) -> None:
    await server.stop()
    await hass.config_entries.async_setup(entry.entry_id)
    await pass_time(hass, UNREACHABLE_S)


# What a server tells, and what that means


def _info(api: int) -> Info:
    return Info(id="i", name="n", version="9.9", api=api, token_needed=False, pairing=False)


def test_the_older_of_the_two_is_the_one_to_update() -> None:
    assert misfit_of(_info(API_VERSION)) is None
    assert misfit_of(_info(API_VERSION - 1)) is Issue.SERVER_TOO_OLD
    assert misfit_of(_info(API_VERSION + 1)) is Issue.SERVER_TOO_NEW


@given(st.none() | st.builds(Model, name=st.text(), state=st.text(), detail=st.text()))
def test_of_a_model_there_is_one_issue_at_most(model: Model | None) -> None:
    assert sum(judged(model).values()) <= 1


def test_a_model_that_loads_may_be_about_to_fail_again() -> None:
    assert judged(Model(name="m", state="loading", detail="")) == {Issue.NO_MODEL: False}


@pytest.mark.parametrize("state", ["ready", "asleep"])
def test_a_model_that_answers_is_no_issue(state: str) -> None:
    assert judged(Model(name="m", state=state, detail="")) == {Issue.NO_MODEL: False, Issue.MODEL_FAILED: False}


# The model


@pytest.mark.usefixtures("entry")
async def test_a_server_without_a_model(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await server.followed()
    model = server.model
    assert issues() == set()
    await server.tell(model=None)
    await until(hass, lambda: issues() == {"no_model"})
    issue = _issue(hass, new_entry, Issue.NO_MODEL)
    assert (issue.severity, issue.is_fixable) == (ir.IssueSeverity.WARNING, False)
    await server.tell(model=model)
    await until(hass, lambda: issues() == set())


@pytest.mark.usefixtures("entry")
async def test_a_model_that_failed_says_why(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await server.followed()
    assert server.model is not None
    failed = {**server.model, "state": "failed", "detail": "/models/a.gguf is no GGUF file. Choose another."}
    await server.tell(model=failed)
    await until(hass, lambda: issues() == {"model_failed"})
    issue = _issue(hass, new_entry, Issue.MODEL_FAILED)
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_placeholders == {
        "name": server.name,
        "url": server.url,
        "model": "parrot",
        "detail": failed["detail"],
    }


@pytest.mark.usefixtures("entry")
async def test_a_failed_model_that_is_tried_again_stays_an_issue_until_it_is_ready(
    hass: HomeAssistant, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await server.followed()
    model: dict[str, Any] = server.model or {}
    for state, expected in (("failed", {"model_failed"}), ("loading", {"model_failed"}), ("ready", set[str]())):
        await server.tell(model={**model, "state": state})
        await until_state(hass, "sensor.sotto_test_language_model_state", state)
        assert issues() == expected


async def test_a_server_that_had_no_model_when_home_assistant_started(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    server.model = None
    assert await hass.config_entries.async_setup(new_entry.entry_id)
    assert issues() == {"no_model"}
    await hass.config_entries.async_unload(new_entry.entry_id)


# A server that is away


@pytest.mark.usefixtures("entry")
async def test_a_server_that_is_away_is_an_issue_after_a_quarter_of_an_hour(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _lose(hass, server)
    await pass_time(hass, UNREACHABLE_S - 1)
    assert issues() == set()
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == {"unreachable"}
    issue = _issue(hass, new_entry, Issue.UNREACHABLE)
    assert (issue.severity, issue.is_fixable) == (ir.IssueSeverity.ERROR, True)
    await server.start()
    await pass_time(hass, 30)
    await until(hass, lambda: issues() == set())


@pytest.mark.usefixtures("entry")
async def test_a_restart_is_no_issue(
    hass: HomeAssistant, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _lose(hass, server)
    await server.start()
    await pass_time(hass, 1)
    await until_state(hass, MODEL, "parrot")
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == set()


async def test_one_that_was_away_when_home_assistant_started_has_the_same_time(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await server.stop()
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    assert new_entry.state is ConfigEntryState.SETUP_RETRY
    await pass_time(hass, UNREACHABLE_S - 1)
    assert issues() == set()
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == {"unreachable"}
    await server.start()
    assert await hass.config_entries.async_reload(new_entry.entry_id)
    assert issues() == set()
    await hass.config_entries.async_unload(new_entry.entry_id)


@pytest.mark.usefixtures("entry")
async def test_the_time_goes_on_when_the_entry_is_reloaded(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _lose(hass, server)
    waiting = hass.data["sotto_away"][new_entry.entry_id]
    assert not await hass.config_entries.async_reload(new_entry.entry_id)
    assert hass.data["sotto_away"][new_entry.entry_id] is waiting
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == {"unreachable"}


async def test_an_issue_of_before_the_restart_is_history_until_it_is_found_anew(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _unreachable(hass, new_entry, server)
    # What Home Assistant has of it after a start: that there was one, and whether it was ignored.
    registry = ir.async_get(hass)
    for key, issue in registry.issues.items():
        registry.issues[key] = replace(issue, active=False)
    assert not await hass.config_entries.async_reload(new_entry.entry_id)
    assert issues() == set()
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == {"unreachable"}


# The two do not fit


@pytest.mark.parametrize(
    ("api", "expected"), [(API_VERSION - 1, "server_too_old"), (API_VERSION + 1, "server_too_new")]
)
async def test_versions_that_do_not_fit_when_the_entry_is_set_up(
    hass: HomeAssistant,
    new_entry: MockConfigEntry,
    server: ScriptedServer,
    issues: Callable[[], set[str]],
    api: int,
    expected: str,
) -> None:
    server.api, server.version = api, "7.0.0"
    assert not await hass.config_entries.async_setup(new_entry.entry_id)
    assert issues() == {expected}
    assert new_entry.error_reason_translation_key == expected
    issue = _issue(hass, new_entry, Issue(expected))
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["version"] == "7.0.0"

    server.api, server.version = API_VERSION, "7.0.1"
    await pass_time(hass, 10)
    await until(hass, lambda: new_entry.state is ConfigEntryState.LOADED)
    assert issues() == set()
    await hass.config_entries.async_unload(new_entry.entry_id)


@pytest.mark.usefixtures("entry")
async def test_a_server_that_is_updated_to_what_the_integration_does_not_know(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _lose(hass, server)
    server.api, server.version = API_VERSION + 1, "9.0.0"
    await server.start()
    await pass_time(hass, 1)
    await until(hass, lambda: issues() == {"server_too_new"})
    await until(hass, lambda: new_entry.state is ConfigEntryState.SETUP_RETRY)


# The token


@pytest.mark.usefixtures("entry")
async def test_a_token_that_is_refused_is_home_assistants_own_issue_and_no_second_one(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _lose(hass, server)
    server.token = "another-token"
    await server.start()
    await pass_time(hass, 1)
    reauth = {f"config_entry_reauth_{DOMAIN}"}
    await until(hass, lambda: issues() == reauth)
    await pass_time(hass, 2)
    await server.asked(4, "/api/info")
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == reauth
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


# The end of an entry


async def test_an_entry_takes_its_issues_along(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _unreachable(hass, new_entry, server)
    assert issues() == {"unreachable"}
    await hass.config_entries.async_remove(new_entry.entry_id)
    assert issues() == set()


async def test_a_disabled_entry_has_none_and_gets_none(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _unreachable(hass, new_entry, server)
    await hass.config_entries.async_set_disabled_by(new_entry.entry_id, ConfigEntryDisabler.USER)
    assert issues() == set()
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == set()


async def test_nothing_is_left_of_an_entry_that_is_disabled_before_the_time_is_up(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await server.stop()
    await hass.config_entries.async_setup(new_entry.entry_id)
    await hass.config_entries.async_set_disabled_by(new_entry.entry_id, ConfigEntryDisabler.USER)
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == set()


# Mending


async def _fix(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Click on the issue, and then on: return what comes."""
    assert await async_setup_component(hass, "repairs", {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(DOMAIN, context={"issue_id": f"unreachable_{entry.entry_id}"}, data={})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "confirm")
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["url"] == entry.data[CONF_URL]
    return await manager.async_configure(form["flow_id"], {})


async def test_a_server_that_has_moved_is_mended_from_its_issue(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _unreachable(hass, new_entry, server)
    result = await _fix(hass, new_entry)
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_FLOW
    form = hass.config_entries.flow.async_get(flow_id)
    assert form["context"]["source"] == SOURCE_RECONFIGURE
    assert form["context"]["entry_id"] == new_entry.entry_id

    async with ScriptedServer(server_id=server.id) as moved:
        await hass.config_entries.flow.async_configure(flow_id, {CONF_URL: moved.url})
        await until(hass, lambda: new_entry.state is ConfigEntryState.LOADED)
        assert new_entry.data == {CONF_URL: moved.url, CONF_TOKEN: moved.token}
        assert issues() == set()
        await hass.config_entries.async_unload(new_entry.entry_id)


async def test_mending_that_did_not_help_brings_the_issue_back(
    hass: HomeAssistant, new_entry: MockConfigEntry, server: ScriptedServer, issues: Callable[[], set[str]]
) -> None:
    await _unreachable(hass, new_entry, server)
    result = await _fix(hass, new_entry)
    hass.config_entries.flow.async_abort(result["next_flow"][1])
    assert issues() == set()
    await hass.config_entries.async_reload(new_entry.entry_id)
    await pass_time(hass, UNREACHABLE_S)
    assert issues() == {"unreachable"}
