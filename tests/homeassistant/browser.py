"""A user's browser: headless Chromium with Home Assistant's real frontend, and the Assist dialog in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.homeassistant.instance import HomeAssistant
from tests.program import ROOT

SCREENSHOTS = ROOT / "test-output"
WIDTH_PX, HEIGHT_PX = 1000, 700
SHOWN_MS = 40_000
"""Within which the frontend shows what it was asked for, on a busy machine too."""

FLAGS = (
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the tests stay on loopback
)

DIALOG = "ha-voice-command-dialog"
THOUGHT = re.compile(r"[^…\s]\s*$")
"""While Home Assistant thinks, its bubble holds an ellipsis; and while an answer is streamed, it ends in one."""


def find_chromium() -> str:
    """Return the path of the machine's Chromium; empty where there is none."""
    found = subprocess.run([ROOT / "script" / "chromium", "--find"], check=True, capture_output=True, text=True)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the machine's Chromium; skips where there is none, and fails in CI."""
    found = find_chromium()
    if not found:
        reason = "needs Chromium; script/chromium installs it, or says how"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return found


@dataclass(frozen=True)
class Answer:
    """A bubble of Home Assistant's in the dialog; an error is red."""

    text: str
    is_error: bool = False


class Dashboard:
    """Home Assistant in a browser, with its owner logged in."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self._dialog = page.locator(DIALOG)

    async def show(self, path: str) -> None:
        """Go to a page of the frontend; not before it has gone back from a dialog that was closed."""
        await self.page.wait_for_function("!history.state?.dialog")
        await self.page.goto(self._url + path)
        await self.page.locator("home-assistant-main").wait_for()

    async def open_assist(self) -> None:
        """Open the Assist dialog by its key."""
        await self.show("/home/overview")
        await self.page.locator("hui-view").first.wait_for()
        await self.page.keyboard.press("a")
        await expect(self._dialog.locator(".message.hass")).to_be_visible()

    async def choose(self, assistant: str) -> None:
        """Choose an assistant in the dialog; it begins a new conversation."""
        chosen = self._dialog.locator("ha-dropdown ha-button")
        await chosen.click()
        await self._dialog.locator("ha-dropdown-item").get_by_text(assistant, exact=True).click()
        await expect(chosen).to_have_text(assistant)
        await expect(self._dialog.locator(".message")).to_have_count(1)

    async def send(self, text: str) -> int:
        """Type a sentence and send it; return the number of the bubble that the answer will have."""
        bubbles = self._dialog.locator(".message.hass")
        number = await bubbles.count()
        await self._dialog.locator("ha-assist-chat input").fill(text)
        await self.page.keyboard.press("Enter")
        await expect(bubbles).to_have_count(number + 1)
        return number

    async def answer(self, number: int) -> Answer:
        """Return what a bubble says, as soon as all of it is said."""
        bubble = self._dialog.locator(".message.hass").nth(number)
        said = bubble.locator("ha-markdown-element")
        await expect(said).to_have_text(THOUGHT)
        await bubble.scroll_into_view_if_needed()
        classes = await bubble.get_attribute("class") or ""
        return Answer(await said.inner_text(), is_error="error" in classes.split())

    async def shows(self, number: int, text: str) -> None:
        """Return when a bubble says just this."""
        said = self._dialog.locator(".message.hass").nth(number).locator("ha-markdown-element")
        await expect(said).to_have_text(text)

    async def ask(self, text: str) -> Answer:
        """Type a sentence, send it, and return the answer."""
        return await self.answer(await self.send(text))

    async def add_assistant(self, name: str, engine: str) -> None:
        """Add an assistant in the settings, with the engine of this name for each of its stages."""
        await self.show("/config/voice-assistants/assistants")
        await self.page.get_by_text("Add assistant", exact=True).click()
        form = self.page.locator("dialog-voice-assistant-pipeline-detail")
        await form.locator("assist-pipeline-detail-config input").first.fill(name)
        for stage in ("Conversation agent", "Speech-to-text", "Text-to-speech"):
            field = f"ha-picker-field[aria-label^='{stage}']"
            await form.locator(field).click()
            choices = form.locator(f"ha-dropdown:has({field}) ha-dropdown-item")
            await choices.get_by_text(engine, exact=True).click()
            await expect(form.locator(field)).to_contain_text(engine)
        await form.locator("ha-dropdown[slot=headerActionItems] ha-icon-button").click()
        await form.get_by_text("Add streaming wake word").click()
        wake = form.locator("assist-pipeline-detail-wakeword")
        await wake.locator("ha-entity-picker").click()
        await wake.locator("ha-combo-box-item").get_by_text(engine, exact=True).click()
        await wake.locator("ha-picker-field[aria-label^='Wake word']").wait_for()
        await form.get_by_role("button", name="Create").click()
        await expect(self.page.locator("assist-pref").get_by_text(name, exact=True)).to_be_visible()

    async def keep(self, name: str) -> None:
        """Keep a screenshot among the tests' output, when what moves has come to rest."""
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.page.evaluate("Promise.allSettled(document.getAnimations().map(each => each.finished))")
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


@asynccontextmanager
async def browse(chromium: str, home_assistant: HomeAssistant) -> AsyncIterator[Dashboard]:
    """Open a browser with a fresh profile, in English, whose user has logged in."""
    expect.set_options(timeout=SHOWN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield Dashboard(await _logged_in(browser, home_assistant), home_assistant.url)
        finally:
            await browser.close()


async def _logged_in(browser: Browser, home_assistant: HomeAssistant) -> Page:
    """Return a page that holds the token as the frontend keeps it once its user has logged in."""
    context = await browser.new_context(
        viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, locale="en-US", color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(SHOWN_MS)
    login = {
        "access_token": home_assistant.token,
        "token_type": "Bearer",
        "expires_in": 86_400,
        "expires": int(time() + 86_400) * 1000,
        "refresh_token": "",
        "hassUrl": home_assistant.url,
        "clientId": f"{home_assistant.url}/",
    }
    await context.add_init_script(f"localStorage.hassTokens = {json.dumps(json.dumps(login))}")
    return await context.new_page()
