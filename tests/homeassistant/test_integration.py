"""The integration as its users meet it: discovered, added at a press, chosen, spoken with; in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.conversation.scripted_endpoint import ScriptedEndpoint, Text, Wait, calls, says
from tests.homeassistant.browser import Answer, Dashboard, browse
from tests.homeassistant.house import EXPOSED, Furnisher
from tests.homeassistant.instance import HomeAssistant, require_environment
from tests.homeassistant.network import Host
from tests.homeassistant.satellite import until
from tests.homeassistant.sotto import Sotto
from tests.program import ROOT

DISCOVERY_S = 30.0
NAME = "sotto-upstairs"
LIGHT, LOCK = "light.kitchen_lights", "lock.front_door"


@dataclass(frozen=True)
class Household:
    """A Home Assistant on a host of its own, and Sotto with a scripted model on another."""

    home_assistant: HomeAssistant
    sotto: Sotto
    endpoint: ScriptedEndpoint


@pytest.fixture
def elsewhere(two_hosts: tuple[Host, Host], tmp_path: Path) -> Iterator[HomeAssistant]:
    """A furnished Home Assistant on the first host, which the test is on too."""
    require_environment()
    log = ROOT / "test-output" / "home-assistant-integration.log"
    log.unlink(missing_ok=True)
    instance = HomeAssistant(tmp_path / "home-assistant", log, interface=two_hosts[0].interface)
    instance.configure()
    with two_hosts[0].inside():
        instance.start()
        try:
            instance.onboard()
            instance.wait_for(*EXPOSED, LOCK)
            with instance.administrator() as admin:
                furnisher = Furnisher(admin)
                furnisher.furnish()
                furnisher.expose(LOCK)
            yield instance
        finally:
            instance.stop()


@pytest.fixture
async def household(elsewhere: HomeAssistant, two_hosts: tuple[Host, Host], tmp_path: Path) -> AsyncIterator[Household]:
    """The same, and Sotto on the other host, in front of a model that plays a script."""
    other = two_hosts[1]
    async with AsyncExitStack() as stack:
        with other.inside():
            endpoint = await stack.enter_async_context(ScriptedEndpoint())
        options = ("--llm-url", endpoint.url, "--zeroconf-name", NAME)
        sotto = Sotto(elsewhere, tmp_path, *options, http_uri="tcp://0.0.0.0:10601")
        try:
            await asyncio.to_thread(start_on, other, sotto)
            yield Household(elsewhere, sotto, endpoint)
        finally:
            await asyncio.to_thread(sotto.stop)
            (ROOT / "test-output" / "sotto-integration.log").write_text(sotto.log)


def start_on(host: Host, sotto: Sotto) -> None:
    """Start it there; what a thread of its own enters, it leaves to nobody."""
    with host.inside():
        sotto.start_alone(f"tcp://0.0.0.0:{sotto.port}")


def discovered(home_assistant: HomeAssistant) -> dict[str, Any] | None:
    """Return what the settings show as discovered, if it is there by now."""
    with home_assistant.administrator() as admin:
        flows = Furnisher(admin).call("config_entries/flow/progress")
    return next((flow for flow in flows if flow["handler"] == "sotto"), None)


async def test_discovered_added_at_a_press_chosen_and_spoken_with(household: Household, chromium: str) -> None:
    await asyncio.to_thread(until, lambda: discovered(household.home_assistant), DISCOVERY_S)
    async with browse(chromium, household.home_assistant) as dashboard:
        await add(dashboard)
        await choose_agent(dashboard)
        await dashboard.open_assist()
        await sees_an_answer_come(dashboard, household.endpoint)
        await switches_a_light(dashboard, household)
        await is_asked_before_a_door_is_unlocked(dashboard, household)


async def add(dashboard: Dashboard) -> None:
    """Press Add at what was discovered, and confirm it."""
    await dashboard.show("/config/integrations/dashboard")
    card = dashboard.page.locator("ha-config-flow-card", has_text=NAME).filter(has_text="Sotto").last
    await expect(card).to_be_visible()
    await dashboard.keep("integration-discovered")
    await card.get_by_role("button", name="Add").click()
    await dashboard.page.get_by_role("button", name="Submit").click()
    await expect(dashboard.page.get_by_text("Sotto server")).to_be_visible()
    await dashboard.page.get_by_role("button", name="Skip and finish").click()
    await dashboard.show("/config/integrations/integration/sotto")
    await expect(dashboard.page.locator("ha-config-entry-row").get_by_text(NAME, exact=True).first).to_be_visible()
    await dashboard.keep("integration-added")


async def choose_agent(dashboard: Dashboard) -> None:
    """Choose the agent for the assistant that Home Assistant comes with."""
    await dashboard.show("/config/voice-assistants/assistants")
    await dashboard.page.locator("assist-pref").get_by_text("Home Assistant", exact=True).first.click()
    form = dashboard.page.locator("dialog-voice-assistant-pipeline-detail")
    field = "ha-picker-field[aria-label^='Conversation agent']"
    await form.locator(field).click()
    await form.locator(f"ha-dropdown:has({field}) ha-dropdown-item").get_by_text("Sotto", exact=True).click()
    await expect(form.locator(field)).to_contain_text("Sotto")
    await dashboard.keep("integration-chosen")
    await form.get_by_role("button", name="Update").click()
    await expect(form).not_to_be_visible()


async def sees_an_answer_come(dashboard: Dashboard, endpoint: ScriptedEndpoint) -> None:
    """Read the first sentence of an answer while the model writes the second."""
    written = asyncio.Event()
    endpoint.plays([Text("Bread rises because of yeast. "), Text("Yeast "), Wait(written), Text("eats sugar.")])
    bubble = await dashboard.send("why does bread rise")
    await dashboard.shows(bubble, "Bread rises because of yeast. …")
    await dashboard.keep("integration-streaming")
    written.set()
    await dashboard.shows(bubble, "Bread rises because of yeast. Yeast eats sugar.")


async def switches_a_light(dashboard: Dashboard, household: Household) -> None:
    """Have a light switched by a sentence that no template covers."""
    assert await state(household, LIGHT) == "on"
    household.endpoint.plays(calls("HassTurnOff", name="Kitchen Lights"))
    said = await dashboard.ask("I am done cooking and would rather sit in the dark")
    assert said == Answer("Turned off the light")
    assert await state(household, LIGHT) == "off"


async def is_asked_before_a_door_is_unlocked(dashboard: Dashboard, household: Household) -> None:
    """Be asked, say something else, ask again, say yes."""
    household.endpoint.plays(calls("HassTurnOff", name="Front Door"))
    said = await dashboard.ask("my aunt stands outside, let her in")
    assert said == Answer("Shall I unlock the Front Door?")
    assert await state(household, LOCK) == "locked"
    await dashboard.keep("integration-asked-first")
    household.endpoint.plays(says("Your name is on the door bell."))
    await dashboard.ask("what does she want")
    household.endpoint.plays(says("Fine."))
    assert await dashboard.ask("yes") == Answer("Fine.")
    assert await state(household, LOCK) == "locked"
    household.endpoint.plays(calls("HassTurnOff", name="Front Door"))
    await dashboard.ask("let her in now")
    assert await dashboard.ask("yes please") == Answer("Unlocking")
    await asyncio.to_thread(until, lambda: read_state(household.home_assistant, LOCK) == "unlocked")
    await dashboard.keep("integration-unlocked")


async def state(household: Household, entity_id: str) -> str:
    """Return an entity's state."""
    return await asyncio.to_thread(read_state, household.home_assistant, entity_id)


def read_state(home_assistant: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    with home_assistant.administrator() as admin:
        return Furnisher(admin).state(entity_id)
