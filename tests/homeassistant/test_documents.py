"""The household's documents in a real Home Assistant: given in the dashboard, asked by chat, by voice and by tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.conversation.scripted_endpoint import Received, Step, calls, says
from tests.homeassistant.browser import Dashboard, browse
from tests.homeassistant.pipeline import Assist
from tests.homeassistant.satellite import until
from tests.homeassistant.sound import decode, speech_s
from tests.homeassistant.test_integration_voice import Speaking, speaking
from tests.knowledge.household_files import SOURCES, make, make_all
from wyoming_servers.home.link import Link

__all__ = ["speaking"]

FOUND_S = 60.0
"""Within which what lies in the watched folder is found, and the gate is calibrated on it."""
MANUAL = "dishwasher-manual.pdf"
GLASSES = "why do my glasses come out with a white film"
SAID = "According to the dishwasher manual, page 7, the salt is used up, or the hardness is set too low."
SOURCE = "Halden DW 640 Dishwasher: User Manual, page 7"
E24 = "what does E24 mean on the dishwasher"
WIFI = "what's the wifi password for guests"


def quoting(words: str, answer: str) -> Callable[[Received], list[Step]]:
    """Return a model that answers if a passage with these words was quoted to it, and may call nothing."""

    def answered(received: Received) -> list[Step]:
        quoted = [line for line in received.said.splitlines() if line.startswith('["')]
        if not any(words in json.loads(line[1:-1]) for line in quoted):
            return says("Nothing was quoted.")
        assert received.body["tool_choice"] == "none"
        return says(answer)

    return answered


class Household:
    """Speaks with a household that has documents."""

    def __init__(self, speaking: Speaking) -> None:
        self._speaking = speaking
        self.home_assistant = speaking.home_assistant

    async def act(self, action: str, **data: Any) -> Any:
        """Call an action of Sotto's; return what it returns."""
        path = f"/api/services/sotto/{action}?return_response"
        return (await asyncio.to_thread(self.home_assistant.post, path, data))["service_response"]

    async def has(self, count: int) -> None:
        """Return when Home Assistant knows of so many documents."""
        await asyncio.to_thread(until, lambda: self._count() == str(count), FOUND_S)

    def _count(self) -> str:
        states = self.home_assistant._get("/api/states")
        return str(next(each["state"] for each in states if each["entity_id"].endswith("_documents")))

    async def hears(self, question: str) -> tuple[str, float]:
        """Ask, and listen; return what is spoken, and for how many seconds."""
        home_assistant, pipeline = self.home_assistant, self._speaking.assist._pipeline_id
        # A connection of its own: one on which nothing comes for a while is lost.
        async with Link(f"ws://127.0.0.1:{home_assistant.port}/api/websocket", home_assistant.token) as link:
            assist = Assist(home_assistant, link, pipeline)
            async with assist.run("intent", text=question) as run:
                await assist.finish(run)
                audio, _ = await assist.fetch(run.data["tts-end"]["tts_output"]["url"])
        assert run.answer == run.data["tts-start"]["tts_input"]
        return run.answer, speech_s(decode(audio))


async def test_a_manual_is_uploaded_in_the_dashboard_asked_about_by_chat_and_by_voice_and_taken_away(
    speaking: Speaking, tmp_path: Path, chromium: str
) -> None:
    household = Household(speaking)
    speaking.endpoint.otherwise = quoting("the salt is used up", SAID)
    manual = await asyncio.to_thread(make, SOURCES / f"{MANUAL}.md", tmp_path)
    async with browse(chromium, speaking.home_assistant) as dashboard:
        await upload(dashboard, manual)
        await household.has(1)
        await dashboard.open_assist()
        said = await dashboard.ask(GLASSES)
        assert said.text.split("\n\n") == [SAID, f"— {SOURCE}"]
        await dashboard.keep("documents-asked")
        spoken, seconds = await household.hears(GLASSES)
        assert spoken == SAID
        assert seconds > 3
        await dashboard.page.keyboard.press("Escape")
        await remove(dashboard, "Halden DW 640")
        await household.has(0)
    assert (await household.hears(GLASSES))[0] == "Nothing was quoted."


async def upload(dashboard: Dashboard, path: Path) -> None:
    """Give Sotto a file, as a user does."""
    await open_documents(dashboard, "Add a document")
    page = dashboard.page
    await page.locator("ha-selector-file input[type=file]").set_input_files(path)
    await expect(page.locator("ha-selector-file").get_by_text(path.name)).to_be_visible()
    await dashboard.keep("documents-upload")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Sotto has read")).to_be_visible()
    await dashboard.keep("documents-added")
    await page.get_by_role("button", name="Close").last.click()


async def remove(dashboard: Dashboard, title: str) -> None:
    """Have Sotto forget a document."""
    await open_documents(dashboard, "Remove documents")
    page = dashboard.page
    await page.get_by_role("checkbox", name=title).check()
    await dashboard.keep("documents-remove")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Sotto has forgotten")).to_be_visible()
    await page.get_by_role("button", name="Close").last.click()


async def open_documents(dashboard: Dashboard, choice: str) -> None:
    """Open "Documents" on the integration's page, and choose from its menu."""
    await dashboard.show("/config/integrations/integration/sotto")
    await dashboard.keep("documents-page")
    await dashboard.page.get_by_role("button", name="Documents").click()
    await dashboard.page.get_by_text(choice, exact=True).click()


@pytest.fixture
def filed(tmp_path: Path) -> int:
    """Put the household's files into the folder that a Sotto of this test will watch; return how many there are."""
    folder = tmp_path / "data" / "documents"
    folder.mkdir(parents=True)
    return len(make_all(folder))


async def test_what_lies_in_the_folder_is_found_and_another_agent_may_search_it(filed: int, speaking: Speaking) -> None:
    household = Household(speaking)
    await household.has(filed)
    speaking.endpoint.plays(quoting("plum-ladder-42", "According to the guest notes it is plum-ladder-42."))
    assert (await household.hears(WIFI))[0] == "According to the guest notes it is plum-ladder-42."
    found = await household.act("search_documents", query=E24, limit=3)
    assert "siphon" in found["passages"][0]["text"]

    def told(received: Received) -> list[Step]:
        assert "siphon" in received.results[0]
        return says("Clean the siphon.")

    speaking.endpoint.plays(calls("sotto__SearchDocuments", query="E24"), told)
    assert (await household.hears("would you please search through my documents for that other thing"))[0] == (
        "Clean the siphon."
    )


async def test_a_note_is_added_and_removed_by_an_automation(speaking: Speaking) -> None:
    household = Household(speaking)
    text = "# Guest notes\n\nThe wifi password for guests is plum-ladder-42.\n"
    added = await household.act("add_document", name="Guest notes", text=text)
    assert added["document"]["title"] == "Guest notes"
    await household.has(1)
    await asyncio.to_thread(
        speaking.home_assistant.post, "/api/services/sotto/remove_document", {"document": "Guest notes"}
    )
    await household.has(0)
